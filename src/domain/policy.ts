import type { Code } from './codes.ts'
import type { Action, Mode } from './decision.ts'
import type { Label } from './labels.ts'

export type Threshold = number | boolean | string | readonly string[]

/** How one code is judged: all thresholds of a detector come from here. */
export interface CodePolicy {
  readonly action: Action
  readonly mode: Mode
  /** Weight of the finding's score in the score of the whole: 1 − Π(1 − weight × score). */
  readonly weight: number
  readonly thresholds: Readonly<Record<string, Threshold>>
  readonly limit?: { readonly perMinute: number }
}

export interface QuietHours {
  /** Label to a span of the day, minutes from midnight; may wrap. */
  readonly spans: ReadonlyMap<Label, { readonly from: number; readonly to: number }>
  /** Offset from UTC in minutes. */
  readonly zone: number
}

export interface Exemption {
  /** `<kind>:<id>` */
  readonly target: string
  readonly codes: readonly Code[]
  /** Epoch ms. */
  readonly until: number
  readonly by: string
  readonly why: string
}

export interface Escalation {
  readonly count: number
  readonly recipients: number
  /** ms */
  readonly within: number
}

/** The policy in force (contract, section 5), defaults filled in. */
export interface Policy {
  readonly hash: string
  readonly mode: Mode
  /** The judgement of a code at an event time for a carrier: base, then the carrier's, then the periods'. */
  judge(code: Code, ts: number, carrier?: string): CodePolicy
  quietHours(carrier?: string): QuietHours
  readonly escalate: Escalation
  exempt(target: string, code: Code, ts: number): Exemption | undefined
}
