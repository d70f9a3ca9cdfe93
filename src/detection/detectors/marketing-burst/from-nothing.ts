import type { Baseline, RateReading } from '../../../domain/feature-store.ts'
import { HOUR, MINUTE, SECOND } from '../../../domain/time.ts'
import type { Thresholds } from './thresholds.ts'

/** Place of the commercial messages, and of notices, in the counts of a window. */
export const COMMERCIAL_INDEX = 0
const NOTICE_INDEX = 1
/** Messages in an hour with which a new sender may have tried its port. */
const TRIALS = 6

/** How near a signature without any history is to a burst. */
interface Start {
  readonly window: '1m' | '10m'
  readonly count: number
  readonly limit: number
  readonly level: number
}

/** Whether the signature was first seen within so many seconds after counting began. */
export function startedWithin({ firstSeen, storeSince }: Baseline, seconds: number): boolean {
  return firstSeen - storeSince < seconds * SECOND
}

/**
 * A signature that nothing is known of sends at once: what it has sent in ten minutes is held against one floor, what it
 * sends a minute against another, so that neither a batch nor a shop that begins slowly is one. Who was silent for the
 * first minutes after counting began was not there before at such a rate. Notices of which the model takes some for
 * advertising are left out: most of what it sends must be advertising.
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

/** Whether what the signature sent before the last ten minutes is next to nothing, and not because it is night. */
function isUnknown({ windows, baseline, bucketEnd }: RateReading, t: Thresholds): boolean {
  const { hour, recent, firstSeen } = baseline!
  if (bucketEnd - firstSeen <= 10 * MINUTE) return true
  const { m10, h1 } = windows
  const [ten, before] = [m10[COMMERCIAL_INDEX], h1[COMMERCIAL_INDEX] - m10[COMMERCIAL_INDEX]]
  if (hour || before >= TRIALS || bucketEnd - firstSeen >= t.youngHours * HOUR) return false
  // The hour that is just over may hold all of the last ten minutes.
  return (recent?.mean ?? 0) - ten / 60 < TRIALS / 60
}

/** What a declared rate of messages may come to: it is a mean, and counts scatter around it. */
export function scattered(declared: number, { sigmas }: Thresholds): number {
  return declared + sigmas * Math.sqrt(declared)
}
