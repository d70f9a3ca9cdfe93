import type { Change } from '../../domain/change.ts'
import type { Code } from '../../domain/codes.ts'
import type { Action, Mode } from '../../domain/decision.ts'
import type { Label } from '../../domain/labels.ts'
import type { Thresholds } from '../../domain/policy.ts'

/** What a policy file may say of one code; what it leaves out is inherited. */
export interface CodeRule {
  readonly action?: Action
  readonly mode?: Mode
  readonly weight?: number
  readonly thresholds?: Thresholds
  readonly limit?: { readonly perMinute: number } | null
}

export type CodeRules = Readonly<Partial<Record<Code, CodeRule>>>

export interface PeriodRule {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly codes: CodeRules
}

export type QuietHoursRule = Readonly<Partial<Record<Label, string | null>>> & { readonly zone?: string }

export interface CarrierRule {
  readonly mode?: Mode
  readonly codes?: CodeRules
  readonly quietHours?: QuietHoursRule
}

export interface TenantRule extends CarrierRule {
  readonly exemptions?: readonly ExemptionRule[]
}

export interface ExemptionRule {
  readonly target: string
  readonly codes: readonly Code[]
  readonly until: string
  readonly by: string
  readonly why: string
}

/** A policy file as written. */
export interface PolicyFile {
  /** Who made it what it is, and why. */
  readonly change?: Change
  /** The policy and the registry must name their change. */
  readonly requireChange?: boolean
  readonly mode?: Mode
  /** With `mode: shadow`: codes that it does not put in shadow. */
  readonly enforce?: readonly Code[]
  readonly codes?: CodeRules
  readonly periods?: readonly PeriodRule[]
  readonly quietHours?: QuietHoursRule
  readonly escalate?: { readonly count?: number; readonly recipients?: number; readonly within?: string }
  readonly exemptions?: readonly ExemptionRule[]
  readonly carriers?: Readonly<Record<string, CarrierRule>>
  readonly tenants?: Readonly<Record<string, TenantRule>>
}
