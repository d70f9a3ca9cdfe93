import type { Baseline } from '../../../domain/feature-store.ts'

/** What a signature's commercial traffic is expected to be. */
export interface Expectation {
  /** Commercial messages a minute. */
  readonly mean: number
  readonly sd: number
  readonly source: 'hour-of-day' | 'recent-hours' | 'trailing-hour' | 'none'
  /** Too little history for ratios: the floor for new senders holds. */
  readonly fresh: boolean
}

/** Messages a minute below which the history is that of a sender who was silent. */
const SILENT = 1

/**
 * The best baseline there is: this hour of earlier days, else the last hours, else the hour so far. After hours of
 * silence the last hours say little: a sender that opens in the morning is judged as a new one, by what the hour so
 * far has shown.
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
    // The last hours lag behind a morning that fills up; a burst that goes on must not become its own baseline.
    const grown = soFar ? Math.min(trailing.mean, maxGrowth * recent.mean) : 0
    return { mean: Math.max(recent.mean, grown), sd: recent.sd, source: 'recent-hours', fresh }
  }
  if (soFar) return { mean: trailing.mean, sd: 0, source: 'trailing-hour', fresh: trailing.mean < SILENT }
  return { mean: 0, sd: 0, source: 'none', fresh: true }
}
