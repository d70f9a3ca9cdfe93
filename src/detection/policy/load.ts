import { createHash } from 'node:crypto'
import { type Code, isPortPrefix, parseTarget } from '../../domain/codes.ts'
import type { Problem } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { isMapping } from '../../domain/json.ts'
import { getOrInsert } from '../../domain/maps.ts'
import type { CodePolicy, Exemption, OwnRules, Policy } from '../../domain/policy.ts'
import { blankProblem, type OperatorDocument, readOperatorFile } from '../../settings/files/operator-file.ts'
import { type Checker, toProblems } from '../../settings/files/operator-schema.ts'
import { parseDuration, parseTime } from '../../settings/files/value-forms.ts'
import { canonicalTargetId } from '../../text/canonical-target.ts'
import { DEFAULT_POLICY } from './defaults.ts'
import { Timetable } from './periods.ts'
import type { CodeRules, ExemptionRule, PeriodRule, PolicyFile } from './policy-file.ts'
import { mergedFaults, policyChecker } from './schema.ts'
import { thresholdFaults } from './threshold-relations.ts'

export interface PolicyReading {
  /** Absent if there are problems. */
  readonly policy?: Policy
  readonly problems: readonly Problem[]
  /** Parsed content of the file alone, for a summary. */
  readonly own: PolicyFile
  readonly document?: OperatorDocument
}

/**
 * Reads a policy file over the shipped default, or the default alone, and reports all problems. `rules`: the operator's rules,
 * whose codes the policy may name.
 */
export function readPolicy(file?: string, rules?: OwnRules): PolicyReading {
  if (file === undefined) return combinePolicy(undefined, rules)
  const { document, problems } = readOperatorFile(file)
  return document ? combinePolicy(document, rules) : { problems, own: {} }
}

/** Cached checker of policy files, and the operator's codes it knows. */
let check: { readonly codes: string; readonly run: Checker } | undefined

function checkerFor(rules: OwnRules | undefined): Checker {
  const own = [...(rules?.codes.keys() ?? [])]
  const codes = own.join(' ')
  if (check?.codes !== codes) check = { codes, run: policyChecker(own) }
  return check.run
}

/** The policy from a parsed document; undefined: the shipped one. */
export function combinePolicy(document: OperatorDocument | undefined, rules?: OwnRules): PolicyReading {
  if (document?.isBlank) return { problems: [blankProblem(document, 'the shipped policy')], own: {} }
  if (document?.value === undefined)
    return { policy: effective(DEFAULT_POLICY, rules), problems: [], own: {}, ...given({ document }) }
  const problems = toProblems(document, checkerFor(rules)(document.value))
  if (problems.length > 0) return { problems, own: {} }
  const own = document.value as PolicyFile
  const ofKeys = merge(DEFAULT_POLICY, own) as PolicyFile
  const merged = { ...ofKeys, periods: periodsWith(own) }
  // The shipped periods set no threshold related to others.
  const faults = [...thresholdFaults({ ...merged, periods: own.periods ?? [] }), ...mergedFaults(merged)]
  if (faults.length > 0) return { problems: toProblems(document, faults), own }
  return { policy: effective(merged, rules), problems: [], own, document }
}

/** The shipped periods, except those redefined by the file, followed by those of the file. */
function periodsWith({ periods = [], codes = {} }: PolicyFile): readonly PeriodRule[] {
  const names = new Set(periods.map(({ name }) => name))
  const shipped = (DEFAULT_POLICY.periods ?? []).filter(({ name }) => !names.has(name))
  return [...shipped.map((period) => raised(period, codes)), ...periods]
}

/** Festival thresholds are higher than normal ones; a higher one set by the file is kept. */
function raised(period: PeriodRule, own: CodeRules): PeriodRule {
  const codes = Object.entries(period.codes).map(([code, rule]) => {
    const set = own[code as Code]?.thresholds ?? {}
    const thresholds = Object.entries(rule?.thresholds ?? {}).map(([name, value]) => {
      const mine = set[name]
      return [name, typeof mine === 'number' && mine > Number(value) ? mine : value]
    })
    return [code, { ...rule, thresholds: Object.fromEntries(thresholds) }]
  })
  return { ...period, codes: Object.fromEntries(codes) }
}

/** Merges mappings by key; other values are replaced. */
function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above
  const out: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) out[key] = key in below ? merge(below[key], value) : value
  return out
}

/** JSON with sorted keys: equal content gives equal text, regardless of order and comments. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isMapping(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

/** Policy of an operator's code without a rule in force: its open states end. */
const OF_NO_RULE: CodePolicy = { action: 'none', mode: 'shadow', weight: 0, thresholds: { hold: 300 } }

/** Builds the policy used by detectors and decisions from a complete file. */
function effective(rules: PolicyFile, own: OwnRules | undefined): Policy {
  const timetable = new Timetable(rules, own?.codes)
  const exemptions = new Exemptions(rules.exemptions)
  const tenants = new Map(
    Object.entries(rules.tenants ?? {}).map(([name, own]) => [name, new Exemptions(own.exemptions)]),
  )
  const { count = 3, recipients = 3, within = '10m' } = rules.escalate ?? {}
  return {
    hash: createHash('sha256').update(canonical(rules)).digest('hex').slice(0, 12),
    rules,
    ...given({ own, change: rules.change, requireChange: rules.requireChange }),
    mode: rules.mode ?? 'enforce',
    ...given({
      enforced: rules.enforce ? new Set(rules.enforce) : undefined,
      tenants: tenants.size > 0 ? new Set(tenants.keys()) : undefined,
    }),
    at: (ts, place) => timetable.at(ts, place),
    codePolicy: (code, ts, place) => timetable.at(ts, place).codes[code] ?? OF_NO_RULE,
    escalate: { count, recipients, within: parseDuration(within) ?? 0 },
    hasExemptions: [exemptions, ...tenants.values()].some(({ size }) => size > 0),
    exempt: (target, code, ts, tenant) =>
      exemptions.of(target, code, ts) ??
      (tenant === undefined ? undefined : tenants.get(tenant)?.of(target, code, ts)),
  }
}

/** Exemptions by target, and those of port prefixes in order. */
class Exemptions {
  readonly size: number
  readonly #byTarget = new Map<string, Exemption[]>()
  readonly #prefixes: readonly Exemption[]

  constructor(rules: readonly ExemptionRule[] = []) {
    const all = rules.map((rule) => {
      const { kind, id } = parseTarget(rule.target)!
      return { ...rule, target: `${kind}:${canonicalTargetId(kind, id)}`, until: parseTime(rule.until)! }
    })
    this.size = all.length
    this.#prefixes = all.filter(({ target }) => isPortPrefix(target))
    for (const one of all) getOrInsert(this.#byTarget, one.target, () => []).push(one)
  }

  of(target: string, code: Code, ts: number): Exemption | undefined {
    const holds = (e: Exemption) => ts < e.until && e.codes.includes(code)
    return (
      this.#byTarget.get(target)?.find(holds) ??
      this.#prefixes.find((e) => target.startsWith(e.target.slice(0, -1)) && holds(e))
    )
  }
}
