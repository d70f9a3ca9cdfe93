import { CODE_NAMES, type Code } from '../domain/codes.ts'
import type { CodePolicy, Threshold } from '../domain/policy.ts'
import { parseTime } from '../operator/value-forms.ts'
import type { CodeRule, CodeRules, PeriodRule, PolicyFile } from './schema.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type CodePolicies = Readonly<Record<Code, CodePolicy>>

/** A stretch of event time in which the same periods are active, and the judgements in it by carrier. */
interface Segment {
  readonly from: number
  readonly to: number
  readonly active: readonly PeriodRule[]
  readonly byCarrier: Map<string, CodePolicies>
}

const NO_CARRIER = ''

/**
 * Judgements by code, event time and carrier: base, then the carrier's, then the periods'. Each combination is worked
 * out once; a lookup costs a comparison with the last segment and two property reads.
 */
export class Judgements {
  readonly #policy: PolicyFile
  readonly #carriers: ReadonlySet<string>
  readonly #segments: readonly Segment[]
  #last: Segment

  /** `policy` is complete: every code with every field. */
  constructor(policy: PolicyFile) {
    this.#policy = policy
    this.#carriers = new Set(Object.keys(policy.carriers ?? {}))
    this.#segments = segmentsOf(policy.periods ?? [])
    this.#last = this.#segments[0]!
  }

  judge(code: Code, ts: number, carrier: string | undefined): CodePolicy {
    let segment = this.#last
    if (ts < segment.from || ts >= segment.to) {
      segment = this.#find(ts)
      this.#last = segment
    }
    // A carrier without rules of its own shares the base: the cache is bounded by the policy file.
    const key = carrier !== undefined && this.#carriers.has(carrier) ? carrier : NO_CARRIER
    let policies = segment.byCarrier.get(key)
    if (policies === undefined) {
      policies = this.#build(segment, key)
      segment.byCarrier.set(key, policies)
    }
    return policies[code]
  }

  #find(ts: number): Segment {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#segments[middle]!.from <= ts) low = middle
      else high = middle - 1
    }
    return this.#segments[low]!
  }

  #build(segment: Segment, carrier: string): CodePolicies {
    const own = this.#policy.carriers?.[carrier]
    const layers: CodeRules[] = [
      this.#policy.codes ?? {},
      own?.codes ?? {},
      ...segment.active.map((p) => p.codes),
    ]
    const shadow = this.#policy.mode === 'shadow' || own?.mode === 'shadow'
    return Object.fromEntries(
      CODE_NAMES.map((code) => [code, judgement(layers, code, shadow)]),
    ) as CodePolicies
  }
}

function judgement(layers: readonly CodeRules[], code: Code, shadow: boolean): CodePolicy {
  const rule: Mutable<CodeRule> = {}
  const thresholds: Record<string, Threshold> = {}
  for (const layer of layers) {
    Object.assign(rule, layer[code])
    Object.assign(thresholds, layer[code]?.thresholds)
  }
  const { action, mode, weight, limit } = rule
  if (action === undefined || mode === undefined || weight === undefined) {
    throw new TypeError(`policy: ${code} is incomplete`)
  }
  return Object.freeze({
    action,
    mode: shadow ? 'shadow' : mode,
    weight,
    thresholds: Object.freeze(thresholds),
    ...(limit ? { limit } : {}),
  })
}

function segmentsOf(periods: readonly PeriodRule[]): Segment[] {
  const spans = periods.map((rule) => ({ rule, from: parseTime(rule.from)!, to: parseTime(rule.to)! }))
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const starts = [Number.NEGATIVE_INFINITY, ...edges]
  return starts.map((from, index) => ({
    from,
    to: starts[index + 1] ?? Number.POSITIVE_INFINITY,
    active: spans.filter((span) => span.from <= from && from < span.to).map((span) => span.rule),
    byCarrier: new Map(),
  }))
}
