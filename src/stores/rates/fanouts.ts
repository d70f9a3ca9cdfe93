import type { FanoutObservation, Observations } from '../../domain/feature-store.ts'
import { hash32 } from '../../domain/hash32.ts'
import { addTo, getOrInsert } from '../../domain/maps.ts'
import type { Position } from '../../domain/message.ts'
import { DAY_SECONDS, HOUR, MINUTE } from '../../domain/time.ts'

/** All parameters of fan-out counting, for both adapters and `count-fanouts.lua`. */
export const FANOUT = {
  /** Five-minute buckets per hour: thirteen cover any hour completely. */
  buckets: 13,
  /**
   * Maximum number of differing signs (of 64) between similar texts: 96% of all pairs of personal texts differ in more,
   * copies with every third word changed mostly in fewer.
   */
  alike: 22,
  numberTexts: 2,
  seriesTexts: 8,
  /** Number of strangers from which a number counts for its series: many people write the same text to one. */
  seriesStrangers: 2,
  /** Minimum and maximum size of a filter in 32-bit words, and the pairs per word it is sized for. */
  firstWords: 1024,
  lastWords: 4_194_304,
  pairsAWord: 3,
  /** Size of a week's filter, as a multiple of the pairs of the previous week. */
  slack: 1.25,
  /** Hours without a record that count as a gap in the history. */
  gapHours: 24,
  /** TTL of a filter, seconds: its week and the following one. */
  filterTtl: 15 * DAY_SECONDS,
  /** TTL of the texts of numbers, seconds: their hour and the following one. */
  textsTtl: 9000,
} as const

const BUCKET = 5 * MINUTE
const BUCKETS_AN_HOUR = HOUR / BUCKET
/** Recipients are remembered by the week in which a number wrote to them, and through the following one. */
const WEEK = 7 * 24 * HOUR
/** Small hashes per shard for numbers: up to two million per hour stay in Redis's compact encoding. */
const SLOTS = 64

export interface FanoutItem extends Omit<FanoutObservation, 'number' | 'series'> {
  readonly position: Position
  /** Event time in units of five minutes. */
  readonly bucket: number
  /** 0 if it was counted before. */
  readonly weight: number
}

/** The counts of a batch for one number within one week. */
export interface FanoutDelta {
  readonly number: string
  readonly series: string
  /** Event time in units of a week. */
  readonly week: number
  readonly items: FanoutItem[]
}

/** Sharding key of the numbers of a series: they share a shard, as they are compared with one another. */
export function fanoutEntity({ series }: Pick<FanoutObservation, 'series'>): string {
  return `fanout:${series}`
}

export function addFanout(
  deltas: Map<string, FanoutDelta>,
  { number, series, toToken, signs, reportFrom, reportSeriesFrom }: FanoutObservation,
  { position, ts }: Pick<Observations, 'position' | 'ts'>,
  weight: number,
): void {
  const week = Math.floor(ts / WEEK)
  const delta = getOrInsert(deltas, `${week}/${number}`, () => ({ number, series, week, items: [] }))
  const bucket = Math.floor(ts / BUCKET)
  delta.items.push({ toToken, signs, reportFrom, reportSeriesFrom, position, bucket, weight })
}

/** Event time until which a text matters to a filter, ms. */
export function fanoutUntil(ts: number): number {
  return ts + WEEK
}

/** Position of a pair of number and recipient in a filter layer: its word (modulo their number) and bits. */
export interface PairPlace {
  readonly hash: number
  readonly mask: number
}

export function placeOfPair(number: string, toToken: string): PairPlace {
  const pair = `${number}>${toToken}`
  const bits = hash32(pair, 0x9747b28c)
  const mask = (1 << bits) | (1 << (bits >>> 5)) | (1 << (bits >>> 10)) | (1 << (bits >>> 15))
  return { hash: hash32(pair), mask: mask >>> 0 }
}

/** The five-minute bucket of the last text of a number in the batch. */
export function newestOf({ items }: FanoutDelta): number {
  return items.reduce((most, { bucket }) => Math.max(most, bucket), 0)
}

export function hourOf(delta: FanoutDelta): number {
  return Math.floor(newestOf(delta) / BUCKETS_AN_HOUR)
}

export function fanoutsByWeek(deltas: ReadonlyMap<string, FanoutDelta>): ReadonlyMap<number, FanoutDelta[]> {
  const weeks = new Map<number, FanoutDelta[]>()
  for (const delta of deltas.values()) addTo(weeks, delta.week, delta)
  return weeks
}

/*
 * Names of keys in a shard. `id` tells token keys apart: under another one everybody would be a stranger.
 */

/** Prefix of a filter's keys: words (`w`) and facts (`f`). */
export function filterKey(id: string, week: number): string {
  return `k:${id}:${week}:`
}
export const FILTER_PARTS = ['w', 'f'] as const

/** Key of the texts of numbers within an hour; `hash` is that of the number. */
export function textsKey(id: string, hour: number, hash: number): string {
  return `h:${id}:${hour}:${(hash >>> 6) % SLOTS}`
}

export function seriesKey(id: string, hour: number): string {
  return `g:${id}:${hour}`
}

/** Hours of event time since which recipients are remembered without a gap; `newest` is the last hour with a record. */
export interface Heard {
  readonly since: number
  readonly newest: number
}

/**
 * Updates the history after a record. It begins with the next whole hour, and restarts after a gap or if it is ahead
 * because of a wrong clock. No host clock is involved, so a backlog of a week that is read at the start is a week of
 * history.
 */
export function heardAt(heard: Heard | undefined, hour: number): Heard {
  if (!heard || hour - heard.newest > FANOUT.gapHours || heard.since - hour > FANOUT.gapHours)
    return { since: hour + 1, newest: hour }
  return hour > heard.newest ? { since: heard.since, newest: hour } : heard
}
