/** What a finding can be about. `sender` = `<signature>@<port>`. */
export const TARGET_KINDS = [
  'message',
  'signature',
  'port',
  'sender',
  'campaign',
  'domain',
  'recipient',
] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

/** A target as `<kind>:<id>`; undefined when it is none. */
export function parseTarget(text: string): { readonly kind: TargetKind; readonly id: string } | undefined {
  const colon = text.indexOf(':')
  const kind = TARGET_KINDS.find((known) => known === text.slice(0, Math.max(colon, 0)))
  const id = text.slice(colon + 1)
  return kind === undefined || id === '' ? undefined : { kind, id }
}

/**
 * The names of all reason codes, in the order in which the reasons of a message are listed. What a code means is said
 * by its module in `src/detectors`.
 */
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
  'RECIPIENT_FLOOD',
  'COMPLAINT_SPIKE',
] as const
export type Code = (typeof CODE_NAMES)[number]
