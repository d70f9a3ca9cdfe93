import type { MeanRate, RateReading } from '../../domain/feature-store.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { BUCKET_MS, HOUR } from '../../domain/time.ts'
import {
  type BaselineState,
  describeBaseline,
  hourBefore,
  newBaseline,
  type Seen,
  train,
  usualRate,
} from './baseline.ts'
import type { RateDelta } from './deltas.ts'
import type { Feed } from './feed.ts'
import { BUCKETS_A_HOUR, BUCKETS_A_MINUTE, RATE_MINUTES } from './layout.ts'

/** One entity: 21 counts per minute, which are commercial, notice and fraud of the minute and then of its six buckets. */
interface RateState {
  newest: number
  readonly minutes: Map<number, number[]>
}

const minuteOf = (bucket: number): number => Math.floor(bucket / BUCKETS_A_MINUTE)
const slotOf = (bucket: number): number => 3 + 3 * (bucket % BUCKETS_A_MINUTE)

/** Rates in memory, as stored by `count.lua`. */
export class MemoryRates {
  readonly #entities = new Map<string, RateState>()
  readonly #baselines = new Map<string, BaselineState>()

  readonly #feed: Feed

  constructor(feed: Feed) {
    this.#feed = feed
  }

  /** Counts (if `counting`) or only reads the buckets of the delta, and appends the readings. `since`: first event time, ms. */
  apply(delta: RateDelta, counting: boolean, since: number, readings: RateReading[]): void {
    const { entity, buckets, reportFrom } = delta
    const feed = this.#feed
    const seen = { since, own: feed.absences(delta.from), whole: feed.absences(undefined) }
    let state = this.#entities.get(entity)
    let read: number | undefined
    for (let at = 0; at < buckets.length; at += 4) {
      const bucket = buckets[at]!
      const counts = buckets.slice(at + 1, at + 4) as [number, number, number]
      const kept = state === undefined || minuteOf(bucket) > minuteOf(state.newest) - RATE_MINUTES
      if (!kept) continue
      if (counting && counts[0] + counts[1] + counts[2] > 0) {
        if (state === undefined) {
          state = { newest: bucket, minutes: new Map() }
          this.#entities.set(entity, state)
        }
        add(state, bucket, counts)
        if (delta.baseline) {
          const baseline = this.#baselines.get(entity)
          if (baseline) train(baseline, bucket, counts[0], seen)
          else this.#baselines.set(entity, newBaseline(bucket, counts[0], seen))
        }
      }
      if (state === undefined || reportFrom === Number.POSITIVE_INFINITY || bucket > state.newest) continue
      read = bucket
      this.#read(delta, state, bucket, seen, readings)
    }
    // Late buckets are also part of the windows that end with the newest bucket.
    if (state && read !== undefined && read !== state.newest)
      this.#read(delta, state, state.newest, seen, readings)
  }

  #read(delta: RateDelta, state: RateState, bucket: number, seen: Seen, readings: RateReading[]): void {
    const { m1, m10, h1, earlier } = windows(state, bucket)
    if (m10[0] + m10[2] < delta.reportFrom) return
    const known = delta.baseline ? this.#baselines.get(delta.entity) : undefined
    const hour = known && hourBefore(known, Math.floor(bucket / BUCKETS_A_HOUR))
    readings.push({
      entity: delta.entity,
      bucketEnd: (bucket + 1) * BUCKET_MS,
      windows: { m1, m10, h1 },
      ...(known
        ? { baseline: describeBaseline(bucket, known.first, earlier, hour, known.recent, seen) }
        : {}),
      incomplete: false,
    })
  }

  usual(entity: string, ts: number): MeanRate | undefined {
    const state = this.#baselines.get(entity)
    return state && usualRate(hourBefore(state, Math.floor(ts / HOUR)), state.recent)
  }

  totals(entity: string): [number, number, number] {
    const sum: [number, number, number] = [0, 0, 0]
    const state = this.#entities.get(entity)
    for (const counts of state?.minutes.values() ?? []) addTo(sum, counts, 0)
    return sum
  }

  /** Drops entities without data after these event times, ms. */
  forget(ratesBefore: number, baselinesBefore: number): void {
    for (const [entity, { newest }] of this.#entities) {
      if (newest * BUCKET_MS < ratesBefore) this.#entities.delete(entity)
    }
    for (const [entity, { hour }] of this.#baselines) {
      if (hour * HOUR < baselinesBefore) this.#baselines.delete(entity)
    }
  }
}

function add(state: RateState, bucket: number, added: readonly [number, number, number]): void {
  if (bucket > state.newest) {
    const oldest = minuteOf(bucket) - RATE_MINUTES
    if (minuteOf(bucket) > minuteOf(state.newest)) {
      for (const minute of state.minutes.keys()) if (minute <= oldest) state.minutes.delete(minute)
    }
    state.newest = bucket
  }
  const counts = getOrInsert(state.minutes, minuteOf(bucket), () => new Array<number>(21).fill(0))
  const slot = slotOf(bucket)
  for (let g = 0; g < 3; g++) {
    counts[g]! += added[g]!
    counts[slot + g]! += added[g]!
  }
}

function addTo(sum: [number, number, number], counts: readonly number[], at: number): void {
  sum[0] += counts[at]!
  sum[1] += counts[at + 1]!
  sum[2] += counts[at + 2]!
}

/** The windows that end with a bucket: 6 buckets, 60 buckets, and the 59 minutes before its minute plus that minute up to it. */
function windows(state: RateState, bucket: number) {
  const m1: [number, number, number] = [0, 0, 0]
  const m10: [number, number, number] = [0, 0, 0]
  const h1: [number, number, number] = [0, 0, 0]
  const earlier = [0, 0, 0, 0, 0]
  const minute = minuteOf(bucket)
  for (const [m, counts] of state.minutes) {
    const d = minute - m
    if (d < 0 || d >= RATE_MINUTES) continue
    if (d >= 10) earlier[Math.floor(d / 10) - 1]! += counts[0]!
    if (d > 1 && d !== 10) {
      addTo(h1, counts, 0)
      if (d < 10) addTo(m10, counts, 0)
      continue
    }
    for (let b = m * BUCKETS_A_MINUTE; b < (m + 1) * BUCKETS_A_MINUTE && b <= bucket; b++) {
      const slot = slotOf(b)
      addTo(h1, counts, slot)
      if (b > bucket - 60) addTo(m10, counts, slot)
      if (b > bucket - 6) addTo(m1, counts, slot)
    }
  }
  return { m1, m10, h1, earlier }
}
