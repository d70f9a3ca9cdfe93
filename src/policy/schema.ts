import { CODE_NAMES, type Code, TARGET_KINDS } from '../domain/codes.ts'
import { ACTIONS, type Action, type Mode } from '../domain/decision.ts'
import { LABELS, type Label } from '../domain/labels.ts'
import type { Threshold } from '../domain/policy.ts'
import { type Checker, compileSchema, type Fault } from '../operator/operator-schema.ts'
import { parseTime } from '../operator/value-forms.ts'

/** What a policy file may say of one code; what it leaves out is inherited. */
export interface CodeRule {
  readonly action?: Action
  readonly mode?: Mode
  readonly weight?: number
  readonly thresholds?: Readonly<Record<string, Threshold>>
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

export interface ExemptionRule {
  readonly target: string
  readonly codes: readonly Code[]
  readonly until: string
  readonly by: string
  readonly why: string
}

/** A policy file as written (contract, section 5). */
export interface PolicyFile {
  readonly mode?: Mode
  readonly codes?: CodeRules
  readonly periods?: readonly PeriodRule[]
  readonly quietHours?: QuietHoursRule
  readonly escalate?: { readonly count?: number; readonly recipients?: number; readonly within?: string }
  readonly exemptions?: readonly ExemptionRule[]
  readonly carriers?: Readonly<Record<string, CarrierRule>>
}

const MODES = ['enforce', 'shadow']
const share = { type: 'number', minimum: 0, maximum: 1 }
const whole = { type: 'integer', minimum: 1, maximum: 1_000_000_000 }
const seconds = { type: 'integer', minimum: 1, maximum: 15_552_000 }

/** Bounds of thresholds by name; a number of any other name is 0 or more. A state holds at least 5 minutes. */
const BOUNDS: Readonly<Record<string, object>> = {
  minScore: share,
  minSimilarity: { type: 'number', minimum: 0.5, maximum: 1 },
  minShare: share,
  keepRatio: share,
  confidence: { type: 'number', minimum: 0.5, exclusiveMaximum: 1 },
  hold: { type: 'integer', minimum: 300, maximum: 86_400 },
  window: seconds,
  minGap: { type: 'integer', minimum: 0, maximum: 86_400 },
  minPorts: { type: 'integer', minimum: 2, maximum: 32 },
  minSignatures: { type: 'integer', minimum: 2, maximum: 32 },
  minMessages: whole,
  minComplaints: whole,
  minFolded: whole,
  otp10m: whole,
  commercial1h: whole,
  commercial24h: whole,
}

function thresholdSchema(name: string, example: Threshold): object {
  if (typeof example === 'number') return BOUNDS[name] ?? { type: 'number', minimum: 0 }
  if (typeof example === 'boolean') return { type: 'boolean' }
  if (typeof example === 'string') return { type: 'string', minLength: 1 }
  return { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true }
}

function strict(properties: Readonly<Record<string, object>>, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required }
}

function codeSchema(rule: CodeRule): object {
  const thresholds = Object.entries(rule.thresholds ?? {})
  return strict({
    action: { type: 'string', enum: ACTIONS },
    mode: { type: 'string', enum: MODES },
    weight: share,
    thresholds: strict(
      Object.fromEntries(thresholds.map(([name, value]) => [name, thresholdSchema(name, value)])),
    ),
    limit: { ...strict({ perMinute: whole }, ['perMinute']), type: ['object', 'null'] },
  })
}

/**
 * The check of policy files. The shipped policy says which codes have which thresholds, and of which type: a name that
 * it does not have is an error.
 */
export function policyChecker(shipped: PolicyFile): Checker {
  const codes = { $ref: '#/$defs/codes' }
  const codeTable = strict(
    Object.fromEntries(CODE_NAMES.map((code) => [code, codeSchema(shipped.codes?.[code] ?? {})])),
  )
  const line = { type: 'string', minLength: 1, maxLength: 200 }
  const span = { type: ['string', 'null'], format: 'span' }
  const quietHours = strict({
    ...Object.fromEntries(LABELS.map((label) => [label, span])),
    zone: { type: 'string', format: 'zone' },
  })
  const time = { type: 'string', format: 'time' }
  const period = strict({ name: line, from: time, to: time, codes }, ['name', 'from', 'to', 'codes'])
  const exemption = strict(
    {
      target: line,
      codes: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: CODE_NAMES } },
      until: time,
      by: line,
      why: line,
    },
    ['target', 'codes', 'until', 'by', 'why'],
  )
  const mode = { type: 'string', enum: MODES }
  const root = strict({
    mode,
    codes,
    periods: { type: 'array', items: period },
    quietHours,
    escalate: strict({ count: whole, recipients: whole, within: { type: 'string', format: 'duration' } }),
    exemptions: { type: 'array', items: exemption },
    carriers: { type: 'object', additionalProperties: strict({ mode, codes, quietHours }) },
  })
  const check = compileSchema({ ...root, $defs: { codes: codeTable } })
  return (value) => {
    const faults = check(value)
    return faults.length > 0 ? faults : relations(value as PolicyFile)
  }
}

/** What no schema says: how values stand to each other. */
function relations(policy: PolicyFile): Fault[] {
  const faults: Fault[] = []
  const names = new Set<string>()
  for (const [index, { name, from, to }] of (policy.periods ?? []).entries()) {
    if (names.has(name))
      faults.push({ path: ['periods', index, 'name'], message: `"${name}" is used twice: rename one` })
    names.add(name)
    if (parseTime(to)! <= parseTime(from)!) {
      faults.push({ path: ['periods', index, 'to'], message: `is not after from (${from})` })
    }
  }
  for (const [index, { target }] of (policy.exemptions ?? []).entries()) {
    const colon = target.indexOf(':')
    const known = (TARGET_KINDS as readonly string[]).includes(target.slice(0, Math.max(colon, 0)))
    if (!known || colon === target.length - 1) {
      const message = `"${target}" is no target (allowed: <kind>:<id>, kind one of ${TARGET_KINDS.join(', ')})`
      faults.push({ path: ['exemptions', index, 'target'], message })
    }
  }
  return faults
}
