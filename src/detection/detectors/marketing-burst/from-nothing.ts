import type { Baseline, RateReading } from '../../../domain/feature-store.ts'
import { HOUR, MINUTE, SECOND } from '../../../domain/time.ts'
import type { Thresholds } from './thresholds.ts'

/** Indices of commercial messages and of notices in window counts. */
export const COMMERCIAL_INDEX = 0
const NOTICE_INDEX = 1
/** Messages per hour that may be a new sender's tests of its port. */
const TRIALS = 6

/** How close a signature without history is to a burst. */
interface Start {
  readonly window: '1m' | '10m'
  readonly count: number
  readonly limit: number
  readonly level: number
}

/** Whether the signature was first seen within this many seconds after counting began. */
export function startedWithin({ firstSeen, storeSince }: Baseline, seconds: number): boolean {
  return firstSeen - storeSince < seconds * SECOND
}

/**
 * Burst of an unknown signature: its ten-minute and one-minute counts each have a floor, so that neither a batch nor
 * a slowly starting shop is a burst. Not applied to signatures first seen shortly after counting began, which may
 * have sent at such a rate before. Most of the traffic must be advertising, so that misread notices do not count.
 */
export function fromNothing(reading: RateReading, allowance: number, t: Thresholds): Start | undefined {
  const { m1, m10 } = reading.windows
  const count = m10[COMMERCIAL_INDEX]
  if (count < m10[NOTICE_INDEX] || !isUnknown(reading, t)) return undefined
  if (startedWithin(reading.baseline!, t.startSilence)) return undefined
  const inMinute = { count: m1[COMMERCIAL_INDEX], limit: Math.max(t.startFloor1m, scattered(allowance, t)) }
  const inTen = { count, limit: t.startFloor10m }
  const [minute, ten] = [inMinute.count / inMinute.limit, count / inTen.limit]
  return minute < ten ? { ...inMinute, level: minute, window: '1m' } : { ...inTen, level: ten, window: '10m' }
}

/** Whether the signature sent next to nothing before the last ten minutes, and not because of the night. */
function isUnknown({ windows, baseline, bucketEnd }: RateReading, t: Thresholds): boolean {
  const { hour, recent, firstSeen } = baseline!
  if (bucketEnd - firstSeen <= 10 * MINUTE) return true
  const { m10, h1 } = windows
  const [ten, before] = [m10[COMMERCIAL_INDEX], h1[COMMERCIAL_INDEX] - m10[COMMERCIAL_INDEX]]
  if (hour || before >= TRIALS || bucketEnd - firstSeen >= t.youngHours * HOUR) return false
  // The hour that just ended may contain all of the last ten minutes.
  return (recent?.mean ?? 0) - ten / 60 < TRIALS / 60
}

/** Upper bound of counts for a declared rate: the rate is a mean that counts scatter around. */
export function scattered(declared: number, { sigmas }: Thresholds): number {
  return declared + sigmas * Math.sqrt(declared)
}
