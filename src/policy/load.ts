import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { InvalidInput, type Problem } from '../domain/errors.ts'
import { LABELS, type Label } from '../domain/labels.ts'
import type { Exemption, Policy, QuietHours } from '../domain/policy.ts'
import { type OperatorDocument, parseOperatorText, readOperatorFile } from '../operator/operator-file.ts'
import { type Checker, toProblems } from '../operator/operator-schema.ts'
import { parseDuration, parseSpan, parseTime, parseZone } from '../operator/value-forms.ts'
import { Judgements } from './periods.ts'
import { type PolicyFile, policyChecker, type QuietHoursRule } from './schema.ts'

/** The policy that is shipped: the default of everything. */
export const SHIPPED_POLICY = fileURLToPath(new URL('../../config/policy.yaml', import.meta.url))

export interface PolicyReading {
  /** Absent when there are problems. */
  readonly policy?: Policy
  readonly problems: readonly Problem[]
  /** What the file itself says, for a summary. */
  readonly own: PolicyFile
}

/** Reads a policy file over the shipped default, or the shipped default alone, and says all that is wrong with it. */
export function readPolicy(file?: string): PolicyReading {
  if (file === undefined) return combine(undefined)
  const { document, problems } = readOperatorFile(file)
  return document ? combine(document) : { problems, own: {} }
}

/** The same for text at hand; `name` stands for the file in problems. */
export function parsePolicy(name: string, text: string): PolicyReading {
  const { document, problems } = parseOperatorText(name, text)
  return document ? combine(document) : { problems, own: {} }
}

/** The policy in force, or an InvalidInput with everything that is wrong. */
export function loadPolicy(file?: string): Policy {
  const { policy, problems } = readPolicy(file)
  if (!policy) throw new InvalidInput('POLICY_INVALID', problems)
  return policy
}

interface Shipped {
  readonly base: PolicyFile
  readonly check: Checker
}
let shippedPolicy: Shipped | undefined

/** The shipped policy and the check that follows from it: the file is part of the program and does not change. */
function shipped(): Shipped {
  if (shippedPolicy) return shippedPolicy
  const { document, problems } = readOperatorFile(SHIPPED_POLICY)
  if (!document) throw new InvalidInput('POLICY_INVALID', problems)
  const base = document.value as PolicyFile
  const check = policyChecker(base)
  const faulty = toProblems(document, check(base))
  if (faulty.length > 0) throw new InvalidInput('POLICY_INVALID', faulty)
  shippedPolicy = { base, check }
  return shippedPolicy
}

function combine(document: OperatorDocument | undefined): PolicyReading {
  const { base, check } = shipped()
  if (document?.value === undefined) return { policy: effective(base), problems: [], own: {} }

  const problems = toProblems(document, check(document.value))
  if (problems.length > 0) return { problems, own: {} }
  const own = document.value as PolicyFile
  const merged = merge(base, own) as PolicyFile
  const { count = 1, recipients = 1 } = merged.escalate ?? {}
  if (recipients > count) {
    const message = `${recipients} recipients cannot be reached by ${count} messages: recipients must not exceed count`
    return { problems: toProblems(document, [{ path: ['escalate', 'recipients'], message }]), own }
  }
  return { policy: effective(merged), problems: [], own }
}

/** Mappings are merged key by key; anything else replaces. */
function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above
  const out: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) out[key] = key in below ? merge(below[key], value) : value
  return out
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON with sorted keys: the same content has the same text, whatever its order and comments were. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isMapping(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

/** A complete policy as detectors and decisions see it. */
function effective(rules: PolicyFile): Policy {
  const judgements = new Judgements(rules)
  const base = quietHoursOf(rules.quietHours ?? {})
  const byCarrier = new Map<string, QuietHours>()
  for (const [carrier, rule] of Object.entries(rules.carriers ?? {})) {
    byCarrier.set(carrier, quietHoursOf({ ...rules.quietHours, ...rule.quietHours }))
  }
  const exemptions = exemptionsOf(rules)
  const { count = 3, recipients = 3, within = '10m' } = rules.escalate ?? {}
  return {
    hash: createHash('sha256').update(canonical(rules)).digest('hex').slice(0, 12),
    mode: rules.mode ?? 'enforce',
    judge: (code, ts, carrier) => judgements.judge(code, ts, carrier),
    quietHours: (carrier) => (carrier === undefined ? base : (byCarrier.get(carrier) ?? base)),
    escalate: { count, recipients, within: parseDuration(within) ?? 0 },
    exempt: (target, code, ts) => exemptions.get(target)?.find((e) => ts < e.until && e.codes.includes(code)),
  }
}

function quietHoursOf(rule: QuietHoursRule): QuietHours {
  const spans = new Map<Label, { from: number; to: number }>()
  for (const label of LABELS) {
    const text = rule[label]
    const span = typeof text === 'string' ? parseSpan(text) : undefined
    if (span) spans.set(label, span)
  }
  return { spans, zone: parseZone(rule.zone ?? '+08:00') ?? 0 }
}

function exemptionsOf(rules: PolicyFile): ReadonlyMap<string, readonly Exemption[]> {
  const byTarget = new Map<string, Exemption[]>()
  for (const rule of rules.exemptions ?? []) {
    const found = byTarget.get(rule.target) ?? []
    found.push({ ...rule, until: parseTime(rule.until)! })
    byTarget.set(rule.target, found)
  }
  return byTarget
}
