import type { Baseline } from '../../../domain/feature-store.ts'

export interface Expectation {
  /** Commercial messages per minute. */
  readonly mean: number
  readonly sd: number
  readonly source: 'hour-of-day' | 'recent-hours' | 'trailing-hour' | 'none'
  /** Too little history for ratios: the floor for new senders applies. */
  readonly fresh: boolean
}

/** Messages per minute below which the sender counts as having been silent. */
const SILENT = 1

/**
 * The best available baseline: this hour of earlier days, else the last hours, else the hour so far. After hours of silence the
 * last hours mean little: a sender that starts in the morning is judged as a new one, by the hour so far.
 *
 * `maxGrowth`: how many times the last hours the hour so far may count for.
 */
export function expectationOf(
  { hour, recent, trailing }: Baseline,
  { minTrailingMinutes, maxGrowth }: { readonly minTrailingMinutes: number; readonly maxGrowth: number },
): Expectation {
  const soFar = trailing.minutes >= minTrailingMinutes
  if (hour && hour.days >= 1) {
    return { mean: hour.mean, sd: hour.sd, source: 'hour-of-day', fresh: hour.mean < SILENT }
  }
  if (recent && recent.hours >= 1) {
    const fresh = recent.mean < SILENT
    if (fresh && soFar) {
      const mean = Math.max(recent.mean, trailing.mean)
      return { mean, sd: recent.sd, source: 'trailing-hour', fresh }
    }
    // The last hours lag behind a growing morning; a continuing burst must not become its own baseline.
    const grown = soFar ? Math.min(trailing.mean, maxGrowth * recent.mean) : 0
    return { mean: Math.max(recent.mean, grown), sd: recent.sd, source: 'recent-hours', fresh }
  }
  if (soFar) return { mean: trailing.mean, sd: 0, source: 'trailing-hour', fresh: trailing.mean < SILENT }
  return { mean: 0, sd: 0, source: 'none', fresh: true }
}
