import type { Baseline } from '../../../domain/feature-store.ts'
import { MINUTE } from '../../../domain/time.ts'

/** A stretch of ten minutes: commercial messages in it, minutes that are over, and messages a minute that are usual. */
export interface Stretch {
  readonly count: number
  readonly minutes: number
  readonly usual: number
}

export interface ClimbThresholds {
  /** Times the usual rate that a climb leads to. */
  readonly climbRatio: number
  /** Standard deviation of the usual rate from one stretch to the next, as a share of it. */
  readonly climbSpread: number
  /** Log-likelihood ratio from which on it is a climb. */
  readonly climbEvidence: number
}

/** The newest stretches that speak most for a climb. */
export interface Climb {
  readonly count: number
  readonly minutes: number
  /** Messages that they may hold before it is a climb. */
  readonly limit: number
  readonly level: number
}

/** Minutes that the last hour must go back for its oldest stretch to stand in for a baseline. */
const MIN_MINUTES = 50
/** Share of the last hours' mean that is usual in any case: a rise that goes on has a part in that mean already. */
const RECENT_SHARE = 0.6
/** Share of the mean of the oldest twenty minutes that is usual in any case: ten quiet minutes are no baseline. */
const OLDEST_SHARE = 0.85
/**
 * Minutes after its first message for which a sender may still be on its way to its level. From then on a straight line
 * from nothing is no climb any more: within an hour it grows to less than two and a half times.
 */
const BEGINNING_MINUTES = 90

/** What the last hour is held against, messages a minute. */
export interface Reference {
  readonly mean: number
  readonly source: 'hour-of-day' | 'recent-hours' | 'trailing-hour'
  /** Of a sender that may still be on its way to its level: how it goes on. */
  readonly beginning?: Beginning
}

/** A straight line from the oldest stretch, so many before the newest. */
interface Beginning {
  readonly first: number
  readonly growth: number
  readonly oldest: number
}

/**
 * What to compare the last hour with: this hour of earlier days and a standard deviation; without any, the oldest ten
 * minutes of the hour, or most of the oldest twenty. For a sender that has only begun, what the second ten minutes had more
 * than the first, less a standard deviation of that difference, goes on in a straight line. Undefined for one that has
 * sent for less than `MIN_MINUTES`. `at`: end of what is judged, epoch ms.
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

/** Messages a minute that are usual in a stretch, the newest being 0. */
export function usualIn({ mean, beginning }: Reference, stretch: number): number {
  if (!beginning) return mean
  const { first, growth, oldest } = beginning
  return Math.max(mean, first + growth * (oldest - stretch))
}

/**
 * Cumulative sum of log-likelihood ratios over the stretches of the last hour, the newest first: the greatest sum over
 * the newest one, two, …, all of them (Page's CUSUM, its start limited to the hour). Counts are taken for negative
 * binomial around the usual rate, or around `climbRatio` times that: the rate of an honest sender varies too. No stretch
 * speaks for more than `climbRatio` times the usual, so that one spike is no climb.
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
    // What is over is no climb: the newest stretch must speak for one itself.
    if (i === 0 && sum <= 0) break
    if (sum > best.sum) best = { sum, stretches: i + 1 }
  }
  return best
}

/** Halvings of the interval in which the scale is looked for: a thousandth. */
const HALVINGS = 10

/**
 * How near the last hour is to a climb; undefined where not even twice its messages would be one. The level is the count
 * over the limit: by what share of the messages it would just be one.
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
