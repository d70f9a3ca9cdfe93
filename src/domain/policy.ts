import type { Change } from './change.ts'
import type { Code, OwnCode } from './codes.ts'
import type { Action, Mode } from './decision.ts'
import type { Label } from './labels.ts'

/** What detectors compare with, by name. The module of a code says which it has, and of what type. */
export type Thresholds = Readonly<Record<string, number | boolean>>

/** How one code is judged: all thresholds of a detector come from here. */
export interface CodePolicy<T extends Thresholds = Thresholds> {
  readonly action: Action
  readonly mode: Mode
  /** Weight of the finding's score in the score of the whole: 1 − Π(1 − weight × score). */
  readonly weight: number
  readonly thresholds: T
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

/** Where a message belongs, as far as the policy tells messages apart. */
export interface PolicyPlace {
  readonly carrier?: string
  readonly tenant?: string
}

/** What holds at one event time in one place. */
export interface PolicyAt {
  readonly codes: Readonly<Record<Code, CodePolicy>>
  readonly quietHours: QuietHours
}

/** Whether the mode of the whole policy puts a code in shadow, whatever its own mode is. */
export function isShadowed({ mode, enforced }: Pick<Policy, 'mode' | 'enforced'>, code: Code): boolean {
  return mode === 'shadow' && enforced?.has(code) !== true
}

/** The rules of an operator in force. */
export interface OwnRules {
  readonly hash: string
  /** What the file says: what the hash stands for. */
  readonly content: unknown
  readonly change?: Change
  /** How each of its codes is judged where the policy has no rule for it, in the order of the file. */
  readonly codes: ReadonlyMap<OwnCode, CodePolicy>
}

/** The policy in force, defaults filled in. */
export interface Policy {
  readonly hash: string
  /** Its rules, defaults filled in: what the hash stands for. */
  readonly rules: unknown
  /** The rules of the operator that hold with it; absent: there are none. */
  readonly own?: OwnRules
  readonly change?: Change
  /** Policy and registry must name their change. */
  readonly requireChange?: boolean
  readonly mode: Mode
  /** Codes that are not in shadow although the policy is; absent: none. */
  readonly enforced?: ReadonlySet<Code>
  /** Everything that holds at an event time (epoch ms) in a place; the same object for the same place. */
  at(ts: number, place?: PolicyPlace): PolicyAt
  /**
   * What the policy says of a code: base, then the rules of the carrier, of the tenant and of the periods. A code of no rule
   * in force asks for nothing.
   */
  codePolicy(code: Code, ts: number, place?: PolicyPlace): CodePolicy
  readonly escalate: Escalation
  readonly hasExemptions: boolean
  /** `tenant`: its own exemptions hold too. */
  exempt(target: string, code: Code, ts: number, tenant?: string): Exemption | undefined
  /** Tenants with rules of their own; absent: none. */
  readonly tenants?: ReadonlySet<string>
}
