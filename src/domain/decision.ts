import type { Code, TargetKind } from './codes.ts'
import type { Label } from './labels.ts'

/** From weakest to strongest. `none` raises nothing. */
export const ACTIONS = ['none', 'observe', 'review', 'throttle', 'block'] as const
export type Action = (typeof ACTIONS)[number]
export type Mode = 'enforce' | 'shadow'
export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** The stronger of two actions. */
export function stronger(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) >= ACTIONS.indexOf(b) ? a : b
}

/** The weaker of two actions. */
export function weaker(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) <= ACTIONS.indexOf(b) ? a : b
}

/** Whether an action is `least` or stronger. */
export function reaches(action: Action, least: Action): boolean {
  return ACTIONS.indexOf(action) >= ACTIONS.indexOf(least)
}

/** The strongest action of the reasons; `none` without any. */
export function strongest(reasons: readonly { readonly action: Action }[]): Action {
  return reasons.reduce<Action>((action, reason) => stronger(action, reason.action), 'none')
}

/** The weaker of the policy's action and a finding's cap. */
export function cappedAction(action: Action, cap: Action | undefined): Action {
  return cap !== undefined && ACTIONS.indexOf(cap) < ACTIONS.indexOf(action) ? cap : action
}

export interface Target {
  readonly kind: TargetKind
  readonly id: string
}

/** `<signature>@<port>`, `-` without a signature. */
export function senderId(signature: string | undefined, port: string): string {
  return `${signature ?? '-'}@${port}`
}

export type Evidence = Readonly<Record<string, unknown>>

/** What a detector emits: a symbol with a score from 0 to 1 and its evidence. Policy decides what follows from it. */
export interface Finding {
  readonly code: Code
  /** How sure, 0 to 1. */
  readonly score: number
  /** Its fields are those of the code's module. */
  readonly evidence: Evidence
  /** Id of the brand that a message pretends to come from. */
  readonly brand?: string
  /** Weaker than the policy's action where the evidence is not certain enough for it. */
  readonly cap?: Action
  /** A message finding that names a foreign domain: what escalation blocks first. */
  readonly domain?: string
  /** Where repeated findings lead, in the order tried, when not where those of its code do. */
  readonly escalates?: readonly ('domain' | 'sender' | 'campaign')[]
}

/** What a detector of rates emits: a finding about a target that is over its limit, or still near it. */
export interface Signal extends Finding {
  readonly target: Target
  /** Event time, epoch ms: end of the bucket that was judged. */
  readonly at: number
  /** Over the limit: raises. False: only holds a state that is open (hysteresis). */
  readonly over: boolean
  /** How strong, in units of the limit: an open state is updated when this grows. */
  readonly level: number
  readonly match: Match
  /** Of a campaign: further bands that are the same campaign. */
  readonly aliases?: readonly string[]
}

/** A conjunction by which a blocking service selects messages. */
export interface Match {
  readonly signature?: string
  readonly ports?: readonly string[]
  readonly exceptPorts?: readonly string[]
  readonly domains?: readonly string[]
  readonly campaign?: string
  readonly toToken?: string
  readonly labels?: readonly Label[]
  /** MinHash band of texts that are alike. */
  readonly template?: string
  /** Id of a brand that texts claim to come from. */
  readonly 'brand-claim'?: string
}

/** A finding after policy: what it costs and whether it counts. */
export interface Reason {
  readonly code: Code
  readonly score: number
  readonly action: Action
  readonly mode: Mode
  readonly weight: number
  readonly evidence: Evidence
}
