import type { Change } from './change.ts'
import type { Code, OwnCode } from './codes.ts'
import type { Action, Mode } from './decision.ts'
import type { Label } from './labels.ts'

/** Thresholds by name, as declared with their types in the module of the code. */
export type Thresholds = Readonly<Record<string, number | boolean>>

export interface CodePolicy<T extends Thresholds = Thresholds> {
  readonly action: Action
  readonly mode: Mode
  /** Weight of the finding's score in the total score: 1 − Π(1 − weight × score). */
  readonly weight: number
  readonly thresholds: T
  readonly limit?: { readonly perMinute: number }
}

export interface QuietHours {
  /** Time span of the day by label, minutes from midnight; may wrap. */
  readonly spans: ReadonlyMap<Label, { readonly from: number; readonly to: number }>
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

export interface PolicyPlace {
  readonly carrier?: string
  readonly tenant?: string
}

export interface PolicyAt {
  readonly codes: Readonly<Record<Code, CodePolicy>>
  readonly quietHours: QuietHours
}

/** Whether the mode of the whole policy puts a code in shadow, regardless of the code's own mode. */
export function isShadowed({ mode, enforced }: Pick<Policy, 'mode' | 'enforced'>, code: Code): boolean {
  return mode === 'shadow' && enforced?.has(code) !== true
}

export interface OwnRules {
  readonly hash: string
  readonly content: unknown
  readonly change?: Change
  /** Default policy of each of its codes, used if the policy has no rule for it, in file order. */
  readonly codes: ReadonlyMap<OwnCode, CodePolicy>
}

/** The policy in force, defaults filled in. */
export interface Policy {
  readonly hash: string
  /** Its rules with defaults filled in, which the hash covers. */
  readonly rules: unknown
  readonly own?: OwnRules
  readonly change?: Change
  /** Whether policy and registry files must state their change. */
  readonly requireChange?: boolean
  readonly mode: Mode
  /** Codes enforced although the policy is in shadow; absent: none. */
  readonly enforced?: ReadonlySet<Code>
  /** The policy at an event time (epoch ms) for a place; the same object for the same place. */
  at(ts: number, place?: PolicyPlace): PolicyAt
  /**
   * The policy of a code: base, overridden by the rules of the carrier, the tenant and the periods. A code without a rule in
   * force has the action `none`.
   */
  codePolicy(code: Code, ts: number, place?: PolicyPlace): CodePolicy
  readonly escalate: Escalation
  readonly hasExemptions: boolean
  /** `tenant`: includes exemptions of the tenant. */
  exempt(target: string, code: Code, ts: number, tenant?: string): Exemption | undefined
  /** Tenants with rules of their own; absent: none. */
  readonly tenants?: ReadonlySet<string>
}
