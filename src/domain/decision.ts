import type { Code, TargetKind } from './codes.ts'
import type { Label } from './labels.ts'

/** From weakest to strongest. `none` raises nothing. */
export const ACTIONS = ['none', 'observe', 'review', 'throttle', 'block'] as const
export type Action = (typeof ACTIONS)[number]
export type Mode = 'enforce' | 'shadow'
export type Severity = 'low' | 'medium' | 'high' | 'critical'

export function stronger(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) >= ACTIONS.indexOf(b) ? a : b
}

export function weaker(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) <= ACTIONS.indexOf(b) ? a : b
}

/** Whether an action is `least` or stronger. */
export function reaches(action: Action, least: Action): boolean {
  return ACTIONS.indexOf(action) >= ACTIONS.indexOf(least)
}

/** The strongest action of the reasons; `none` if there are none. */
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

/** Output of a detector: a symbol with a score from 0 to 1 and its evidence. The policy decides the consequences. */
export interface Finding {
  readonly code: Code
  /** Confidence, 0 to 1. */
  readonly score: number
  /** Fields as declared in the code's module. */
  readonly evidence: Evidence
  /** Id of the brand that the message impersonates. */
  readonly brand?: string
  /** Upper bound on the policy's action, for evidence too uncertain for that action. */
  readonly cap?: Action
  /** Foreign domain named by a message finding: the first thing escalation blocks. */
  readonly domain?: string
  /** Escalation targets of repeated findings in the order tried, if they differ from those of the code. */
  readonly escalates?: readonly ('domain' | 'sender' | 'campaign')[]
}

/** Output of a rate detector: a finding about a target that is over its limit, or still near it. */
export interface Signal extends Finding {
  readonly target: Target
  /** End of the judged bucket, event time, epoch ms. */
  readonly at: number
  /** True: over the limit, raises a state. False: only keeps an open state open (hysteresis). */
  readonly over: boolean
  /** Strength in units of the limit; an open state is updated when it grows. */
  readonly level: number
  readonly match: Match
  /** For a campaign: further bands of the same campaign. */
  readonly aliases?: readonly string[]
}

/** A conjunction of conditions for a blocking service to select messages. */
export interface Match {
  readonly signature?: string
  readonly ports?: readonly string[]
  readonly exceptPorts?: readonly string[]
  readonly domains?: readonly string[]
  readonly campaign?: string
  readonly toToken?: string
  readonly labels?: readonly Label[]
  /** MinHash band shared by similar texts. */
  readonly template?: string
  /** Id of a brand that texts claim to come from. */
  readonly 'brand-claim'?: string
}

export interface Reason {
  readonly code: Code
  readonly score: number
  readonly action: Action
  readonly mode: Mode
  readonly weight: number
  readonly evidence: Evidence
}
