import type { FanoutReading } from '../../domain/feature-store.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { HOUR } from '../../domain/time.ts'
import { alikeAmong, countText, type FanoutText, isCounted, strangersIn, textsAt } from './fanout-texts.ts'
import {
  FANOUT,
  type FanoutDelta,
  type FanoutItem,
  fanoutEntity,
  fanoutsByWeek,
  type Heard,
  heardAt,
  hourOf,
  newestOf,
  type PairPlace,
  placeOfPair,
} from './fanouts.ts'
import { SHARDS, shardOf } from './layout.ts'

/** Pairs of number and recipient of one week. */
class Filter {
  readonly week: number
  /** Layers: the second has as many words as the first, and each later one as many as all before it. */
  readonly #layers: Uint32Array[] = []
  #words = 0
  #pairs = 0

  constructor(week: number) {
    this.week = week
  }

  makeRoom(before: Filter | undefined, more: number): void {
    const { firstWords, lastWords, pairsAWord, slack } = FANOUT
    const usual = Math.ceil(((before ? before.#pairs : 0) * slack) / pairsAWord)
    if (this.#words === 0) this.#addLayer(Math.min(lastWords, Math.max(firstWords, usual)))
    while (this.#words < Math.min(lastWords, (this.#pairs + more) / pairsAWord)) this.#addLayer(this.#words)
  }

  #addLayer(words: number): void {
    this.#layers.push(new Uint32Array(words))
    this.#words += words
  }

  has({ hash, mask }: PairPlace): boolean {
    return this.#layers.some((words) => (~words[hash % words.length]! & mask) === 0)
  }

  add({ hash, mask }: PairPlace): void {
    const words = this.#layers.at(-1)!
    words[hash % words.length]! |= mask
    this.#pairs++
  }
}

type Hours = Map<number, Map<string, FanoutText[]>>

/** Fan-outs in memory, counted like `count-fanouts.lua` with filters of the same size. */
export class MemoryFanouts {
  /** By shard and week. */
  readonly #filters = new Map<string, Filter>()
  readonly #numbers: Hours = new Map()
  readonly #series: Hours = new Map()
  #heard: Heard | undefined

  /** Called for each batch with the newest event time that two records support. */
  hear(eventTime: number): void {
    this.#heard = heardAt(this.#heard, Math.floor(eventTime / HOUR))
  }

  apply(deltas: ReadonlyMap<string, FanoutDelta>, counting: boolean, readings: FanoutReading[]): void {
    const shards = new Map<number, Map<string, FanoutDelta>>()
    for (const [key, delta] of deltas)
      getOrInsert(shards, shardOf(fanoutEntity(delta), SHARDS), () => new Map()).set(key, delta)
    for (const [shard, own] of shards)
      for (const [week, family] of fanoutsByWeek(own)) this.#count(shard, week, family, counting, readings)
  }

  #count(
    shard: number,
    week: number,
    family: readonly FanoutDelta[],
    counting: boolean,
    readings: FanoutReading[],
  ): void {
    const before = this.#filters.get(`${shard}/${week - 1}`)
    const fresh = family.reduce((n, { items }) => n + items.filter(({ weight }) => weight > 0).length, 0)
    const now = getOrInsert(this.#filters, `${shard}/${week}`, () => new Filter(week))
    if (counting && fresh > 0) now.makeRoom(before, fresh)
    for (const delta of family) {
      let reading: FanoutReading | undefined
      for (const item of delta.items) {
        const counts = counting && item.weight > 0
        if (counts) {
          const place = placeOfPair(delta.number, item.toToken)
          if (now.has(place) || before?.has(place)) continue
          now.add(place)
        }
        reading = this.#judge(delta, item, counts) ?? reading
      }
      if (reading) readings.push(reading)
    }
  }

  #judge(delta: FanoutDelta, item: FanoutItem, counts: boolean): FanoutReading | undefined {
    const { number } = delta
    const { signs, bucket, position, reportFrom, reportSeriesFrom } = item
    const own = this.#texts(this.#numbers, number, delta, counts)
    const text = counts ? countText(own, signs, bucket, FANOUT.numberTexts) : alikeAmong(own, signs)
    const strangers = text ? strangersIn(text, bucket) : 0
    let numbers = 0
    if (text && reportSeriesFrom !== Number.POSITIVE_INFINITY && strangers >= FANOUT.seriesStrangers) {
      const isNew = counts && !isCounted(text, bucket)
      const series = this.#texts(this.#series, delta.series, delta, isNew)
      if (isNew) text.countedAt = bucket
      const other = isNew ? countText(series, signs, bucket, FANOUT.seriesTexts) : alikeAmong(series, signs)
      numbers = other ? strangersIn(other, bucket) : 0
    }
    if (strangers < reportFrom && numbers < reportSeriesFrom) return undefined
    return { position, number, strangers, numbers, since: this.#heard!.since * HOUR }
  }

  /**
   * Texts in the hour of the number's last text in the batch, starting with those of the previous hour. `kept`: changes
   * to them are stored.
   */
  #texts(hours: Hours, name: string, delta: FanoutDelta, kept: boolean): FanoutText[] {
    const hour = hourOf(delta)
    const own = hours.get(hour)?.get(name)
    const known = own ?? hours.get(hour - 1)?.get(name) ?? []
    const texts = textsAt(known, newestOf(delta))
    if (!kept) return texts
    // The previous hour keeps its own copy: a later batch may belong to it.
    const changing = own ? texts : texts.map((text) => ({ ...text, counts: [...text.counts] }))
    getOrInsert(hours, hour, () => new Map()).set(name, changing)
    return changing
  }

  /** Drops data that no text from this event time on can use, ms. */
  forget(eventTime: number): void {
    const week = Math.floor((eventTime - FANOUT.filterTtl * 1000) / (7 * 24 * HOUR))
    for (const [key, filter] of this.#filters) if (filter.week <= week) this.#filters.delete(key)
    const hour = Math.floor((eventTime - FANOUT.textsTtl * 1000) / HOUR)
    for (const hours of [this.#numbers, this.#series])
      for (const known of hours.keys()) if (known < hour) hours.delete(known)
  }
}
