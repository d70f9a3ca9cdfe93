import type { Baseline } from '../../../domain/feature-store.ts'
import { MINUTE } from '../../../domain/time.ts'

/** A ten-minute stretch: commercial messages in it, elapsed minutes, and the usual messages per minute. */
export interface Stretch {
  readonly count: number
  readonly minutes: number
  readonly usual: number
}

export interface ClimbThresholds {
  /** Rate after a climb as a multiple of the usual rate. */
  readonly climbRatio: number
  /** Standard deviation of the usual rate between stretches, relative to the rate. */
  readonly climbSpread: number
  /** Log-likelihood ratio from which it is a climb. */
  readonly climbEvidence: number
}

/** The run of newest stretches with the strongest evidence of a climb. */
export interface Climb {
  readonly count: number
  readonly minutes: number
  /** Messages they may contain before it is a climb. */
  readonly limit: number
  readonly level: number
}

/** Minimum minutes of history for the oldest stretch to serve as a baseline. */
const MIN_MINUTES = 50
/** Share of the last hours' mean that always counts as usual: a continuing rise is already part of that mean. */
const RECENT_SHARE = 0.6
/** Share of the mean of the oldest twenty minutes that always counts as usual: ten quiet minutes are not a baseline. */
const OLDEST_SHARE = 0.85
/**
 * Minutes after its first message during which a sender may still be ramping up. Afterwards a linear ramp from zero is no longer
 * a climb: within an hour it grows by less than a factor of 2.5.
 */
const BEGINNING_MINUTES = 90

/** Reference for the last hour, messages per minute. */
export interface Reference {
  readonly mean: number
  readonly source: 'hour-of-day' | 'recent-hours' | 'trailing-hour'
  /** For a sender that may still be ramping up: the extrapolated ramp. */
  readonly beginning?: Beginning
}

/** A line through the oldest stretch, `oldest` stretches before the newest. */
interface Beginning {
  readonly first: number
  readonly growth: number
  readonly oldest: number
}

/**
 * The reference for the last hour: this hour of earlier days plus a standard deviation; without any, the oldest ten minutes of
 * the hour, or most of the oldest twenty. For a new sender, the growth from the first to the second ten minutes, minus a standard
 * deviation of that difference, is extrapolated linearly. Undefined for one that has sent for less than `MIN_MINUTES`. `at`: end
 * of the judged period, epoch ms.
 */
export function usualBefore(
  { hour, recent, trailing, earlier, firstSeen }: Baseline,
  at: number,
): Reference | undefined {
  const atLeast = RECENT_SHARE * (recent?.mean ?? 0)
  if (hour && hour.days >= 1) return greater(hour.mean + hour.sd, 'hour-of-day', atLeast)
  const minutes = trailing.minutes + 10
  if (minutes < MIN_MINUTES) return undefined
  const oldest = Math.floor(minutes / 10) - 1
  const [second, first] = [earlier[oldest - 2]!, earlier[oldest - 1]!]
  const own = Math.max(first, (OLDEST_SHARE * (first + second)) / 2) / 10
  const reference = greater(own, 'trailing-hour', atLeast)
  const growth = (second - first - Math.sqrt(first + second)) / 10
  if (growth <= 0 || at - firstSeen >= BEGINNING_MINUTES * MINUTE) return reference
  return { ...reference, beginning: { first: first / 10, growth, oldest } }
}

function greater(own: number, source: Reference['source'], atLeast: number): Reference {
  return own >= atLeast ? { mean: own, source } : { mean: atLeast, source: 'recent-hours' }
}

/** Usual messages per minute in a stretch, 0 being the newest. */
export function usualIn({ mean, beginning }: Reference, stretch: number): number {
  if (!beginning) return mean
  const { first, growth, oldest } = beginning
  return Math.max(mean, first + growth * (oldest - stretch))
}

/**
 * Cumulative sum of log-likelihood ratios over the stretches of the last hour, newest first: the maximum over the newest one,
 * two, …, all of them (Page's CUSUM, its start limited to the hour). Counts are assumed negative binomial around the usual rate,
 * or around `climbRatio` times that, as the rate of honest senders varies too. Each stretch counts for at most `climbRatio` times
 * the usual, so that a single spike is not a climb.
 */
export function cumulativeSum(
  stretches: readonly Stretch[],
  { climbRatio, climbSpread }: ClimbThresholds,
  scale = 1,
): { readonly sum: number; readonly stretches: number } {
  const shape = 1 / (climbSpread * climbSpread)
  const gain = Math.log(climbRatio)
  let best = { sum: 0, stretches: 0 }
  let sum = 0
  for (const [i, { count, minutes, usual }] of stretches.entries()) {
    const mean = usual * minutes
    const seen = Math.min(count * scale, climbRatio * mean)
    sum += seen * gain - (seen + shape) * Math.log((shape + climbRatio * mean) / (shape + mean))
    // A climb must still be going on: the newest stretch must support it.
    if (i === 0 && sum <= 0) break
    if (sum > best.sum) best = { sum, stretches: i + 1 }
  }
  return best
}

/** Bisection steps for the scale: precision of a thousandth. */
const HALVINGS = 10

/**
 * How close the last hour is to a climb; undefined if even twice its messages would not be one. The level is the count relative
 * to the limit, the smallest scaled count that would be a climb.
 */
export function climbOf(stretches: readonly Stretch[], thresholds: ClimbThresholds): Climb | undefined {
  const { climbEvidence } = thresholds
  const isClimb = (scale: number) => cumulativeSum(stretches, thresholds, scale).sum >= climbEvidence
  let [low, high] = [0, 2]
  if (!isClimb(high)) return undefined
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (isClimb(middle)) high = middle
    else low = middle
  }
  const { stretches: taken } = cumulativeSum(stretches, thresholds, Math.max(1, high))
  let count = 0
  let minutes = 0
  for (const stretch of stretches.slice(0, taken)) {
    count += stretch.count
    minutes += stretch.minutes
  }
  return { count, minutes, limit: count * high, level: 1 / high }
}
