import type { Code } from '../../domain/codes.ts'
import { addTo } from '../../domain/maps.ts'
import { MINUTE } from '../../domain/time.ts'
import { named, type Sender, shopsOf } from './cast.ts'
import { linksOf, type PlannedMessage, type Plant, type PlantedEvent, signed, unfiledName } from './plants.ts'
import type { Random } from './random.ts'
import { fill, type SlotValues } from './texts.ts'
import { PLANTED, type PlantedFamily, WAYS_OUT } from './texts-planted.ts'

/** First subscriber rank reserved for plants; ordinary traffic stays below it. */
const RESERVED = 1_000_000

/** Period of event time, epoch ms. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Shared by the planted events of a day: senders, and recipients that ordinary traffic does not use. */
export class PlantingContext {
  readonly cast: readonly Sender[]
  readonly random: Random
  /** Local midnight of the day. */
  readonly midnight: number
  readonly shops: readonly Sender[]
  /** Shops created by events. */
  readonly newShops: Sender[] = []
  readonly #names = new Set<string>()
  #recipient = RESERVED
  #prefix = 20_000

  constructor(cast: readonly Sender[], start: number, random: Random) {
    this.cast = cast
    this.random = random
    this.midnight =
      start - ((((start + 8 * 60 * MINUTE) % (1440 * MINUTE)) + 1440 * MINUTE) % (1440 * MINUTE))
    this.shops = shopsOf(cast)
  }

  /** Time of day in hours; `9.5` is half past nine. */
  at(hour: number): number {
    return this.midnight + Math.round(hour * 60) * MINUTE
  }

  span(hour: number, minutes: number): Span {
    return { from: this.at(hour), to: this.at(hour) + minutes * MINUTE }
  }

  named(signature: string): Sender {
    return named(this.cast, signature)
  }

  recipients(count: number): string[] {
    return Array.from({ length: count }, () => `170${String(this.#recipient++).padStart(8, '0')}`)
  }

  /** Creates a shop with its own filing that sends only in events. */
  newShop(more: Partial<Sender> = {}): Sender {
    const prefix = `1069${this.#prefix++}`
    const shop: Sender = {
      signature: this.unfiledName(),
      prefix,
      ports: [`${prefix}001`],
      sp: 'SP1099',
      scope: ['notice', 'marketing'],
      says: [['localMarketing', 1]],
      weight: 0,
      ...more,
    }
    this.newShops.push(shop)
    return shop
  }

  /** A shop name that no other sender has. */
  unfiledName(): string {
    for (;;) {
      const name = unfiledName(this.cast, this.random)
      if (this.#names.has(name)) continue
      this.#names.add(name)
      return name
    }
  }

  /** Evenly spaced times with some jitter, in order. */
  times({ from, to }: Span, count: number): number[] {
    const step = (to - from) / count
    return Array.from({ length: count }, (_, i) => Math.floor(from + (i + this.random.next() * 0.8) * step))
  }
}

/** A text of the family without signature; commercial ones end with an opt-out. */
export function textOf(
  family: PlantedFamily,
  random: Random,
  ts: number,
  values: SlotValues & { readonly wayOut?: boolean } = {},
): string {
  const { label, texts } = PLANTED[family]
  const text = fill(random.pick(texts), random, ts, values)
  return label === 'marketing' && values.wayOut !== false ? text + random.pick(WAYS_OUT) : text
}

export function message(
  sender: Sender,
  family: PlantedFamily,
  random: Random,
  own: { readonly ts: number; readonly to: string; readonly event: string; readonly codes?: readonly Code[] },
): PlannedMessage {
  const text = textOf(family, random, own.ts, linksOf(sender))
  return {
    ...own,
    from: random.pick(sender.ports),
    text: signed(sender.signature, text),
    label: PLANTED[family].label,
  }
}

/** A plant with a fixed list of messages. */
export function scripted(drafts: readonly PlannedMessage[], more: Partial<Plant> = {}): Plant {
  const byMinute = new Map<number, PlannedMessage[]>()
  for (const draft of drafts) {
    const minute = Math.floor(draft.ts / MINUTE)
    addTo(byMinute, minute, draft)
  }
  const times = drafts.map((draft) => draft.ts)
  const truth = more.truth ?? []
  return {
    truth,
    from: Math.min(...times, ...truth.map((event) => event.from)),
    to: Math.max(...times.map((ts) => ts + 1), ...truth.map((event) => event.to)),
    ...more,
    drafts: (minute) => byMinute.get(Math.floor(minute / MINUTE)) ?? [],
  }
}

/** The shipped policy raises a state for three messages to three recipients within ten minutes. */
export const ESCALATES = 3

/** A plant whose messages raise a state of this code, unless `more` says otherwise. */
export function escalating(
  drafts: readonly PlannedMessage[],
  code: Code,
  target: PlantedEvent['target'],
  span: Span,
  more: Partial<PlantedEvent> = { needs: ESCALATES },
): Plant {
  const { event = code } = drafts[0]!
  return scripted(drafts, { truth: [{ event, code, target, ...span, ...more }] })
}
