import type { Baseline, MeanRate } from '../../domain/feature-store.ts'
import { BUCKET_MS, HOUR, MINUTE } from '../../domain/time.ts'
import { type Absences, absentMinutes } from './feed.ts'
import { BUCKETS_A_HOUR, BUCKETS_A_MINUTE, LIMITS } from './layout.ts'

/** Exponentially weighted mean and variance (West 1979, Finch 2009) of a rate per minute, and the number of values in it. */
export interface Stat {
  readonly mean: number
  readonly variance: number
  readonly n: number
}

const EMPTY: Stat = { mean: 0, variance: 0, n: 0 }

/** Baseline of one entity in memory; `count.lua` stores the same. */
export interface BaselineState {
  first: number
  /** The open UTC hour since the epoch, and its commercial count so far. */
  hour: number
  open: number
  /** By hour of the day. */
  readonly hours: (Stat | undefined)[]
  recent: Stat
  /** The partition it is counted from; 0 for several. */
  home: number
}

/** Availability of the input: its first event time, ms, and the absences of the whole input and of an entity's partition. */
export interface Seen {
  readonly since: number
  readonly own: Absences
  readonly whole: Absences
}

export function newBaseline(bucket: number, commercial: number, { own }: Seen): BaselineState {
  const hour = Math.floor(bucket / BUCKETS_A_HOUR)
  return { first: bucket, hour, open: commercial, hours: new Array(24), recent: EMPTY, home: own.home }
}

/**
 * Counts a bucket in the open hour; a bucket of a later hour closes the hours before it. Late buckets are not used for
 * training.
 */
export function train(state: BaselineState, bucket: number, commercial: number, seen: Seen): void {
  const hour = Math.floor(bucket / BUCKETS_A_HOUR)
  if (hour > state.hour) {
    const absences = state.home === seen.own.home ? seen.own : seen.whole
    closeHours(state, hour, seen.since, absences)
    state.home = absences.home
    state.hour = hour
    state.open = commercial
  } else if (hour === state.hour) state.open += commercial
  if (bucket < state.first) state.first = bucket
}

function closeHours(state: BaselineState, until: number, since: number, absences: Absences): void {
  for (let hour = Math.max(state.hour, until - LIMITS.foldHours); hour < until; hour++) {
    const unseen = Math.min(Math.max((since - hour * HOUR) / MINUTE, 0), 60)
    const covered = 60 - Math.max(unseen, absentMinutes(absences, hour * 60, hour * 60 + 60))
    if (covered <= LIMITS.coveredMinutes) continue
    const stat = state.hours[hour % 24] ?? EMPTY
    const rate = (hour === state.hour ? state.open : 0) / covered
    // The very first hour has nothing to be compared with, so it is not clipped.
    const known = stat.n > 0 || state.recent.n > 0
    const clip = LIMITS.clipFactor * Math.max(stat.mean, state.recent.mean) + LIMITS.clipFloor
    const x = known ? Math.min(rate, clip) : rate
    state.hours[hour % 24] = fold(stat, x, LIMITS.hourAlpha)
    state.recent = fold(state.recent, x, LIMITS.recentAlpha)
  }
}

function fold({ mean, variance, n }: Stat, x: number, alpha: number): Stat {
  if (n === 0) return { mean: x, variance: 0, n: 1 }
  const d = x - mean
  return { mean: mean + alpha * d, variance: (1 - alpha) * (variance + alpha * d * d), n: n + 1 }
}

/**
 * Statistics of this hour of the day on earlier days: if other partitions have already closed the hour itself, that
 * value is excluded. `hour` is the UTC hour since the epoch.
 */
export function hourBefore(state: BaselineState, hour: number): Stat | undefined {
  const stat = state.hours[hour % 24]
  return stat && state.hour > hour ? { ...stat, n: stat.n - 1 } : stat
}

/** The usual rate: at this hour on earlier days, or else over the last hours; undefined if unknown. */
export function usualRate(hour: Stat | undefined, recent: Stat): MeanRate | undefined {
  const stat = hour && hour.n > 0 ? hour : recent
  return stat.n > 0 ? { mean: stat.mean, sd: Math.sqrt(stat.variance) } : undefined
}

/**
 * The baseline data reported with a bucket. `earlier`: commercial counts of five ten-minute intervals, newest first,
 * the newest ending ten minutes before the end of the bucket's minute.
 */
export function describeBaseline(
  bucket: number,
  first: number,
  earlier: readonly number[],
  hour: Stat | undefined,
  recent: Stat,
  { since, own }: Omit<Seen, 'whole'>,
): Baseline {
  const minute = Math.floor(bucket / BUCKETS_A_MINUTE)
  const from = Math.max(Math.floor(first / BUCKETS_A_MINUTE), minute - 59)
  const existed = Math.max(minute - 10 - from + 1, 0)
  const minutes = Math.max(existed - absentMinutes(own, from, minute - 9), 0)
  const trailing = earlier.reduce((sum, count) => sum + count, 0)
  return {
    ...(hour && hour.n > 0 ? { hour: { mean: hour.mean, sd: Math.sqrt(hour.variance), days: hour.n } } : {}),
    ...(recent.n > 0
      ? { recent: { mean: recent.mean, sd: Math.sqrt(recent.variance), hours: recent.n } }
      : {}),
    trailing: { mean: minutes > 0 ? trailing / minutes : 0, minutes },
    earlier,
    firstSeen: first * BUCKET_MS,
    storeSince: since,
  }
}
