// Written by `npm run docs` from the modules of the codes in src/detection/detectors; do not edit.

/** The names of all reason codes, in the order in which the reasons of a message are listed. */
export const CODE_NAMES = [
  'FORGED_BRAND',
  'LOOKALIKE_SIGNATURE',
  'LOOKALIKE_DOMAIN',
  'TEXT_FRAUD',
  'TEXT_ILLICIT',
  'TEXT_FINANCE',
  'TEXT_MARKETING',
  'SIGNATURE_MISSING',
  'SIGNATURE_UNFILED',
  'SIGNATURE_WRONG_PORT',
  'SCOPE_EXPANDED',
  'NO_CONSENT',
  'AFTER_OPT_OUT',
  'CONSENT_REASKED',
  'OPT_OUT_MISSING',
  'QUIET_HOURS',
  'OBFUSCATED_TEXT',
  'MARKETING_BURST',
  'CAMPAIGN_BURST',
  'PORT_SUBLET',
  'PRIVATE_FANOUT',
  'RECIPIENT_FLOOD',
  'COMPLAINT_SPIKE',
  'MANUAL_BLOCK',
] as const
