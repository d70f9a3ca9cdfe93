import type { Action } from './decision.ts'

/** What a finding can be about (contract, section 3). `sender` = `<signature>@<port>`. */
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

interface CodeEntry {
  /** File of `src/detectors` that emits it. */
  readonly family: string
  /** Targets the detector itself speaks of. */
  readonly targets: readonly TargetKind[]
  /** Targets to which repeated message findings escalate, in the order tried. */
  readonly escalates: readonly TargetKind[]
  readonly action: Action
}

const code = <F extends string>(
  family: F,
  targets: readonly TargetKind[],
  action: Action,
  escalates: readonly TargetKind[] = [],
): CodeEntry => ({ family, targets, escalates, action })

/** The one table of reason codes: who emits them, on what, and the action of the shipped policy. */
export const CODES = {
  TEXT_FRAUD: code('text-label', ['message'], 'review'),
  TEXT_ILLICIT: code('text-label', ['message'], 'review'),
  TEXT_MARKETING: code('text-label', ['message'], 'none'),
  TEXT_FINANCE: code('text-label', ['message'], 'none'),
  FORGED_BRAND: code('forged-brand', ['message'], 'block', ['domain', 'sender', 'campaign']),
  LOOKALIKE_SIGNATURE: code('lookalike', ['message'], 'block', ['domain', 'sender', 'campaign']),
  LOOKALIKE_DOMAIN: code('lookalike', ['message'], 'block', ['domain', 'sender', 'campaign']),
  AFTER_OPT_OUT: code('consent', ['message'], 'block'),
  SIGNATURE_MISSING: code('signature', ['message'], 'review'),
  SIGNATURE_UNFILED: code('signature', ['message'], 'review', ['sender']),
  SIGNATURE_WRONG_PORT: code('signature', ['message'], 'review', ['sender']),
  SCOPE_EXPANDED: code('scope', ['message'], 'review'),
  NO_CONSENT: code('consent', ['message'], 'review'),
  CONSENT_REASKED: code('consent', ['message'], 'review'),
  OPT_OUT_MISSING: code('manners', ['message'], 'observe'),
  QUIET_HOURS: code('manners', ['message'], 'observe'),
  OBFUSCATED_TEXT: code('obfuscation', ['message'], 'observe'),
  MARKETING_BURST: code('marketing-burst', ['signature'], 'throttle'),
  CAMPAIGN_BURST: code('campaign-burst', ['campaign'], 'review'),
  PORT_SUBLET: code('port-sublet', ['port'], 'review'),
  RECIPIENT_FLOOD: code('recipient-flood', ['recipient'], 'throttle'),
  COMPLAINT_SPIKE: code('complaint-spike', ['signature', 'port'], 'review'),
} as const satisfies Record<string, CodeEntry>

export type Code = keyof typeof CODES
export const CODE_NAMES = Object.keys(CODES) as Code[]

/** Codes that speak of one message; the others only of states. */
export function isMessageCode(name: Code): boolean {
  return (CODES[name].targets as readonly TargetKind[]).includes('message')
}
