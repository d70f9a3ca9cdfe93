import type { Change } from '../../domain/change.ts'
import type { Code } from '../../domain/codes.ts'
import type { Action, Mode } from '../../domain/decision.ts'
import type { Label } from '../../domain/labels.ts'
import type { Thresholds } from '../../domain/policy.ts'

/** Policy of one code in a file; omitted members are inherited. */
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

export interface PolicyFile {
  readonly change?: Change
  /** Whether the policy and registry files must state their change. */
  readonly requireChange?: boolean
  readonly mode?: Mode
  /** With `mode: shadow`: codes that are still enforced. */
  readonly enforce?: readonly Code[]
  readonly codes?: CodeRules
  readonly periods?: readonly PeriodRule[]
  readonly quietHours?: QuietHoursRule
  readonly escalate?: { readonly count?: number; readonly recipients?: number; readonly within?: string }
  readonly exemptions?: readonly ExemptionRule[]
  readonly carriers?: Readonly<Record<string, CarrierRule>>
  readonly tenants?: Readonly<Record<string, TenantRule>>
}
