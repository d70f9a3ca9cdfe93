import type { FanoutObservation, Observations } from '../../domain/feature-store.ts'
import { hash32 } from '../../domain/hash32.ts'
import { addTo, getOrInsert } from '../../domain/maps.ts'
import type { Position } from '../../domain/message.ts'
import { DAY_SECONDS, HOUR, MINUTE } from '../../domain/time.ts'

/** Every number that decides how fan-outs are counted, for both adapters and `count-fanouts.lua`. */
export const FANOUT = {
  /** Buckets of five minutes that make up the hour: thirteen hold every hour whole. */
  buckets: 13,
  /** Signs of 64 that alike texts may differ in: 96% of any two personal texts differ in more, copies with every third word changed mostly in fewer. */
  alike: 22,
  /** Texts that are told apart of one number, and of the numbers of a series. */
  numberTexts: 2,
  seriesTexts: 8,
  /** Strangers from which on a number counts for its series: many people write the same to one. */
  seriesStrangers: 2,
  /** Words of 32 bits of a filter, at least, and from which on it does not grow; pairs that a word is for. */
  firstWords: 1024,
  lastWords: 4_194_304,
  pairsAWord: 3,
  /** How many times the pairs of a week the filter of the next one is for. */
  slack: 1.25,
  /** Hours without a record after which what is remembered has a gap. */
  gapHours: 24,
  /** Seconds that a filter is kept: for its week and the one after it. */
  filterTtl: 15 * DAY_SECONDS,
  /** Seconds that what numbers wrote is kept: for its hour and the one after it. */
  textsTtl: 9000,
} as const

const BUCKET = 5 * MINUTE
const BUCKETS_AN_HOUR = HOUR / BUCKET
/** Recipients are remembered by the week in which a number wrote to them, and through the next one. */
const WEEK = 7 * 24 * HOUR
/** Small hashes a shard that numbers are spread over: two million an hour stay in Redis's compact encoding. */
const SLOTS = 64

/** A text to somebody, as a shard counts it. */
export interface FanoutItem extends Omit<FanoutObservation, 'number' | 'series'> {
  readonly position: Position
  /** Event time over five minutes. */
  readonly bucket: number
  /** 0: it was counted before. */
  readonly weight: number
}

/** What a batch adds to one number within one week. */
export interface FanoutDelta {
  readonly number: string
  readonly series: string
  /** Event time over a week. */
  readonly week: number
  readonly items: FanoutItem[]
}

/** Name under which the numbers of a series are sharded: together, as they are compared with one another. */
export function fanoutEntity({ series }: Pick<FanoutObservation, 'series'>): string {
  return `fanout:${series}`
}

/** Adds a text to those of its number and week. */
export function addFanout(
  deltas: Map<string, FanoutDelta>,
  { number, series, ...text }: FanoutObservation,
  { position, ts }: Pick<Observations, 'position' | 'ts'>,
  weight: number,
): void {
  const week = Math.floor(ts / WEEK)
  const delta = getOrInsert(deltas, `${week}/${number}`, () => ({ number, series, week, items: [] }))
  delta.items.push({ ...text, position, bucket: Math.floor(ts / BUCKET), weight })
}

/** Event time until which a text is of use to a filter, ms. */
export function fanoutUntil(ts: number): number {
  return ts + WEEK
}

/** Where a pair of number and recipient lies in a layer of a filter: its word, modulo their number, and its bits in it. */
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

/** Of which five minutes the last text of a number in the batch is. */
export function newestOf({ items }: FanoutDelta): number {
  return items.reduce((most, { bucket }) => Math.max(most, bucket), 0)
}

/** The hour of the last text of a number in the batch. */
export function hourOf(delta: FanoutDelta): number {
  return Math.floor(newestOf(delta) / BUCKETS_AN_HOUR)
}

/** Numbers by the week of their filter. */
export function fanoutsByWeek(deltas: ReadonlyMap<string, FanoutDelta>): ReadonlyMap<number, FanoutDelta[]> {
  const weeks = new Map<number, FanoutDelta[]>()
  for (const delta of deltas.values()) addTo(weeks, delta.week, delta)
  return weeks
}

/*
 * Names of keys in a shard. `id` tells token keys apart: under another one everybody would be a stranger.
 */

/** Of a filter: its words (`w`) and facts (`f`) follow. */
export function filterKey(id: string, week: number): string {
  return `k:${id}:${week}:`
}
export const FILTER_PARTS = ['w', 'f'] as const

/** Of what numbers wrote within an hour; `hash`: of the number. */
export function textsKey(id: string, hour: number, hash: number): string {
  return `h:${id}:${hour}:${(hash >>> 6) % SLOTS}`
}

/** Of what the numbers of a series wrote. */
export function seriesKey(id: string, hour: number): string {
  return `g:${id}:${hour}`
}

/** Since when, in hours of event time, recipients are remembered without a gap; `newest`: the last hour with a record. */
export interface Heard {
  readonly since: number
  readonly newest: number
}

/**
 * After a record of an hour. A history begins with the next whole hour; it begins over after a gap, and where it lies ahead:
 * a clock was. No host's clock takes part, so a backlog of a week that is read at the start is a week of history.
 */
export function heardAt(heard: Heard | undefined, hour: number): Heard {
  if (!heard || hour - heard.newest > FANOUT.gapHours || heard.since - hour > FANOUT.gapHours)
    return { since: hour + 1, newest: hour }
  return hour > heard.newest ? { since: heard.since, newest: hour } : heard
}
