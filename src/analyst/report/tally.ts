import { FORGERY_CODES } from '../../detection/detectors/all.ts'
import type { Alert, AlertReason } from '../../domain/alert.ts'
import { ACTIONS, type Action, type Target } from '../../domain/decision.ts'
import { increment } from '../../domain/maps.ts'
import { HOUR } from '../../domain/time.ts'
import { hostsOf } from '../archive/alert-hosts.ts'
import { withoutSenders } from '../archive/mobiles.ts'

/** A time range, epoch ms; `to` is exclusive. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** A state that was open in the range. */
export interface StateSpan {
  readonly id: string
  readonly target: Target
  readonly action: Action
  readonly reason: AlertReason
  readonly raised: number | undefined
  readonly cleared: number | undefined
}

export interface ForgedBrand {
  readonly brand: string
  alerts: number
  readonly domains: Map<string, number>
}

/** Actions shown in charts, strongest first. */
export const SHOWN_ACTIONS = [...ACTIONS].reverse().filter((action) => action !== 'none')

/** Possible widths of a bar in the chart, ms. */
const SLOTS = [HOUR / 60, HOUR / 6, HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR]
const MOST_BARS = 62
const CASES = 10

/**
 * Aggregates the alerts of a range one by one, with the mobiles of senders masked. Memory is bounded except for names and open
 * states.
 */
export class Tally {
  readonly range: Range
  /** Width of a bar, ms. */
  readonly slot: number
  /** Number of enforced raised alerts by bar and action. */
  readonly bars: Partial<Record<Action, number>>[]
  readonly actions: Partial<Record<Action, number>> = {}
  readonly codes = new Map<string, number>()
  readonly senders = new Map<string, { alerts: number; readonly codes: Map<string, number> }>()
  readonly brands = new Map<string, ForgedBrand>()
  readonly states = new Map<string, StateSpan>()
  /** The most severe message alerts, one per sender, code and domain. */
  readonly cases = new Map<string, Alert>()
  raised = 0
  shadow = 0

  constructor(range: Range) {
    this.range = range
    const span = range.to - range.from
    this.slot = SLOTS.find((width) => span / width <= MOST_BARS) ?? span / MOST_BARS
    this.bars = Array.from({ length: Math.ceil(span / this.slot) }, () => ({}))
  }

  add(event: Alert): void {
    const ts = Date.parse(event.time)
    if (!(ts >= this.range.from && ts < this.range.to)) return
    const alert = withoutSenders(event)
    const { data } = alert
    if (data.mode === 'shadow') {
      if (alert.type === 'sigwatch.alert.raised') this.shadow++
      return
    }
    if (data.state) this.#state(alert, ts)
    if (alert.type !== 'sigwatch.alert.raised') return
    this.raised++
    const bar = this.bars[Math.floor((ts - this.range.from) / this.slot)]!
    bar[data.action] = (bar[data.action] ?? 0) + 1
    this.actions[data.action] = (this.actions[data.action] ?? 0) + 1
    for (const { code } of data.reasons) increment(this.codes, code)
    this.#sender(alert)
    this.#brand(alert)
    if (data.target.kind === 'message') this.#case(alert)
  }

  #state({ type, data }: Alert, ts: number): void {
    const { state, target, reasons, action } = data
    const known = this.states.get(`${state!.id}/${state!.episode}`)
    this.states.set(`${state!.id}/${state!.episode}`, {
      id: state!.id,
      target,
      action: type === 'sigwatch.alert.cleared' ? (known?.action ?? action) : action,
      reason: reasons[0]!,
      raised: type === 'sigwatch.alert.raised' ? (known?.raised ?? ts) : known?.raised,
      cleared: type === 'sigwatch.alert.cleared' ? ts : undefined,
    })
  }

  #sender({ data: { message, reasons } }: Alert): void {
    if (!message) return
    const name = `${message.signature ?? '–'} @ ${message.from}`
    const sender = this.senders.get(name) ?? { alerts: 0, codes: new Map() }
    sender.alerts++
    for (const { code } of reasons) increment(sender.codes, code)
    this.senders.set(name, sender)
  }

  #brand({ data: { reasons, contacts, target } }: Alert): void {
    for (const { code, evidence } of reasons) {
      const { brand: name } = evidence as { brand?: unknown }
      if (typeof name !== 'string' || !FORGERY_CODES.includes(code)) continue
      const brand = this.brands.get(name) ?? { brand: name, alerts: 0, domains: new Map() }
      brand.alerts++
      for (const host of hostsOf(contacts?.urls ?? [])) increment(brand.domains, host)
      if (target.kind === 'domain' && !contacts) increment(brand.domains, target.id)
      this.brands.set(name, brand)
      return
    }
  }

  #case(alert: Alert): void {
    const { message, reasons, contacts } = alert.data
    const key = [message?.signature, message?.from, reasons[0]!.code, ...hostsOf(contacts?.urls ?? [])].join(
      '/',
    )
    const known = this.cases.get(key)
    if (!known || known.data.score < alert.data.score) this.cases.set(key, alert)
    if (this.cases.size <= 4 * CASES) return
    const kept = new Set(this.gravest())
    for (const [name, one] of this.cases) if (!kept.has(one)) this.cases.delete(name)
  }

  /** The cases to show, most severe first. */
  gravest(): Alert[] {
    const gravity = ({ data }: Alert) => ACTIONS.indexOf(data.action) + data.score
    return [...this.cases.values()].sort((a, b) => gravity(b) - gravity(a)).slice(0, CASES)
  }
}

/** The entries with the highest counts. */
export function top<T>(entries: Iterable<T>, most: number, by: (entry: T) => number): T[] {
  return [...entries].sort((a, b) => by(b) - by(a)).slice(0, most)
}
