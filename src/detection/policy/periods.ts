import { CODE_NAMES, type Code, type OwnCode } from '../../domain/codes.ts'
import { given } from '../../domain/given.ts'
import { LABELS, type Label } from '../../domain/labels.ts'
import type { CodePolicy, PolicyAt, PolicyPlace, QuietHours } from '../../domain/policy.ts'
import { parseSpan, parseTime, parseZone } from '../../settings/files/value-forms.ts'
import type { CodeRule, CodeRules, PeriodRule, PolicyFile, QuietHoursRule } from './policy-file.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A span of event time with the same active periods, and the resulting policies by carrier and tenant. */
interface Segment {
  readonly from: number
  readonly to: number
  readonly active: readonly PeriodRule[]
  readonly byPlace: Map<string, PolicyAt>
}

/** Key for messages whose carrier and tenant have no rules of their own. */
const ANYWHERE = '\n'
const NOWHERE: PolicyPlace = {}

/**
 * The policy by event time, carrier and tenant: base, overridden by the rules of the carrier, the tenant and the periods. Each
 * combination is computed once; a lookup costs a comparison with the last segment and a property read.
 */
export class Timetable {
  readonly #policy: PolicyFile
  readonly #own: ReadonlyMap<OwnCode, CodePolicy>
  readonly #carriers: ReadonlySet<string>
  readonly #tenants: ReadonlySet<string>
  readonly #segments: readonly Segment[]
  #last: Segment

  /** `policy` is complete: all codes with all fields. `own`: defaults for operator's codes that it does not mention. */
  constructor(policy: PolicyFile, own: ReadonlyMap<OwnCode, CodePolicy> = new Map()) {
    this.#policy = policy
    this.#own = own
    this.#carriers = new Set(Object.keys(policy.carriers ?? {}))
    this.#tenants = new Set(Object.keys(policy.tenants ?? {}))
    this.#segments = segmentsOf(policy.periods ?? [])
    this.#last = this.#segments[0]!
  }

  at(ts: number, place = NOWHERE): PolicyAt {
    let segment = this.#last
    if (ts < segment.from || ts >= segment.to) {
      segment = this.#find(ts)
      this.#last = segment
    }
    const key = this.#keyOf(place)
    let found = segment.byPlace.get(key)
    if (found === undefined) {
      found = this.#build(segment, place)
      segment.byPlace.set(key, found)
    }
    return found
  }

  /** A carrier or tenant without rules of its own shares the base: the cache is bounded by the policy file. */
  #keyOf({ carrier, tenant }: PolicyPlace): string {
    const ofCarrier = carrier !== undefined && this.#carriers.has(carrier)
    const ofTenant = tenant !== undefined && this.#tenants.has(tenant)
    return ofCarrier || ofTenant ? `${ofCarrier ? carrier : ''}\n${ofTenant ? tenant : ''}` : ANYWHERE
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

  #build(segment: Segment, { carrier = '', tenant = '' }: PolicyPlace): PolicyAt {
    const { carriers = {}, tenants = {} } = this.#policy
    const own = [
      ...(Object.hasOwn(carriers, carrier) ? [carriers[carrier]!] : []),
      ...(Object.hasOwn(tenants, tenant) ? [tenants[tenant]!] : []),
    ]
    const layers: CodeRules[] = [
      Object.fromEntries(this.#own),
      this.#policy.codes ?? {},
      ...own.map(({ codes = {} }) => codes),
      ...segment.active.map((p) => p.codes),
    ]
    const { mode, enforce = [] } = this.#policy
    const isShadow = (code: Code) =>
      own.some((rule) => rule.mode === 'shadow') || (mode === 'shadow' && !enforce.includes(code))
    // Without a prototype V8 keeps it as a dictionary: lookups by a varying code take a third of the time.
    const codes: Record<string, CodePolicy> = Object.create(null)
    for (const code of [...CODE_NAMES, ...this.#own.keys()])
      codes[code] = judgement(layers, code, isShadow(code))
    const quietHours = Object.assign({}, this.#policy.quietHours, ...own.map((rule) => rule.quietHours))
    return { codes: codes as PolicyAt['codes'], quietHours: quietHoursOf(quietHours) }
  }
}

function judgement(layers: readonly CodeRules[], code: Code, shadow: boolean): CodePolicy {
  const rule: Mutable<CodeRule> = {}
  const thresholds: Record<string, number | boolean> = {}
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
    ...given({ limit: limit || undefined }),
  })
}

/** Segments in order, without gaps over all time. */
export function segmentsOf(periods: readonly PeriodRule[]): Segment[] {
  const spans = periods.map((rule) => ({ rule, from: parseTime(rule.from)!, to: parseTime(rule.to)! }))
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const starts = [Number.NEGATIVE_INFINITY, ...edges]
  return starts.map((from, index) => ({
    from,
    to: starts[index + 1] ?? Number.POSITIVE_INFINITY,
    active: spans.filter((span) => span.from <= from && from < span.to).map((span) => span.rule),
    byPlace: new Map(),
  }))
}

/** `rule`: merged over the default, so that it has a zone. */
function quietHoursOf(rule: QuietHoursRule): QuietHours {
  const spans = new Map<Label, { from: number; to: number }>()
  for (const label of LABELS) {
    const text = rule[label]
    const span = typeof text === 'string' ? parseSpan(text) : undefined
    if (span) spans.set(label, span)
  }
  return { spans, zone: parseZone(rule.zone!)! }
}
