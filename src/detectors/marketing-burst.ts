import type { Signal } from '../domain/decision.ts'
import { type RateDetector, type SignalContext, threshold } from '../domain/detector.ts'
import { COMMERCIAL } from '../domain/labels.ts'
import type { CodePolicy } from '../domain/policy.ts'
import type { Baseline, RateReading } from '../domain/ports.ts'

const HOUR = 3_600_000
const SIGNATURE = 'signature:'
const COMMERCIAL_INDEX = 0
const WINDOWS = [
  { name: '1m', minutes: 1, read: (r: RateReading) => r.windows.m1[COMMERCIAL_INDEX] },
  { name: '10m', minutes: 10, read: (r: RateReading) => r.windows.m10[COMMERCIAL_INDEX] },
  { name: '1h', minutes: 60, read: (r: RateReading) => r.windows.h1[COMMERCIAL_INDEX] },
] as const

/** How many times the last hours the hour so far may count for. */
const MAX_GROWTH = 5

interface Expectation {
  /** Commercial messages a minute. */
  readonly mean: number
  readonly sd: number
  readonly source: 'hour-of-day' | 'recent-hours' | 'trailing-hour' | 'none'
  /** Too little history for ratios: the floor for new senders holds. */
  readonly fresh: boolean
}

/**
 * The best baseline there is: this hour of earlier days, else the last hours, else the hour so far. After hours of
 * silence the last hours say little: a sender that opens in the morning is judged as a new one, by what the hour so
 * far has shown.
 */
function expectation(baseline: Baseline, minTrailingMinutes: number): Expectation {
  const { hour, recent, trailing } = baseline
  const soFar = trailing.minutes >= minTrailingMinutes
  if (hour && hour.days >= 1)
    return { mean: hour.mean, sd: hour.sd, source: 'hour-of-day', fresh: hour.mean < 1 }
  if (recent && recent.hours >= 1) {
    if (recent.mean < 1 && soFar) {
      return {
        mean: Math.max(recent.mean, trailing.mean),
        sd: recent.sd,
        source: 'trailing-hour',
        fresh: true,
      }
    }
    // The last hours lag behind a morning that fills up; a burst that goes on must not become its own baseline.
    const grown = soFar ? Math.min(trailing.mean, MAX_GROWTH * recent.mean) : 0
    return {
      mean: Math.max(recent.mean, grown),
      sd: recent.sd,
      source: 'recent-hours',
      fresh: recent.mean < 1,
    }
  }
  if (soFar) return { mean: trailing.mean, sd: 0, source: 'trailing-hour', fresh: trailing.mean < 1 }
  return { mean: 0, sd: 0, source: 'none', fresh: true }
}

/** Commercial messages that the window may hold before it is a burst. */
function windowLimit(name: string, minutes: number, expected: Expectation, policy: CodePolicy): number {
  const t = (key: string) => threshold(policy, key)
  const spread = Math.max(expected.sd * minutes, Math.sqrt(expected.mean * minutes))
  return Math.max(
    t(`floor${name}`),
    t(`ratio${name}`) * expected.mean * minutes,
    expected.mean * minutes + t('sigmas') * spread,
  )
}

/**
 * MARKETING_BURST: a signature's commercial rate leaves its baseline and its declared campaign.
 *
 * Three windows end with the bucket that is judged. A longer window counts only while the next shorter one is high as
 * well, so that a burst that is over is not seen for another hour. A signature without a baseline is judged by the
 * floor for new ones, and one that was there when counting began is given time to have one.
 * Evidence: `window`, `count`, `limit`, `baseline` (a minute), `baselineSource`, `campaignAllowance` (a minute).
 */
function judgeRate(reading: RateReading, context: SignalContext): Signal | undefined {
  const { baseline, bucketEnd } = reading
  if (!baseline || reading.incomplete || !reading.entity.startsWith(SIGNATURE)) return undefined
  const name = reading.entity.slice(SIGNATURE.length)
  const policy = context.judge('MARKETING_BURST', bucketEnd)
  const expected = expectation(baseline, threshold(policy, 'minTrailingMinutes'))
  const allowance = declaredAllowance(name, bucketEnd, context)
  const wasThere = baseline.firstSeen - baseline.storeSince < threshold(policy, 'warmup') * 1000
  const newFloor = threshold(policy, expected.source === 'none' && wasThere ? 'warmupFloor1m' : 'newFloor1m')

  // Without an hour of the day to compare with, what the hour has grown to steadily is no burst: shops open in the morning.
  const grown =
    expected.source === 'hour-of-day' ? expected.mean : Math.max(expected.mean, baseline.trailing.mean)
  const hourly = { ...expected, mean: grown }

  let best: { level: number; window: string; count: number; limit: number } | undefined
  let shorterRate = Number.POSITIVE_INFINITY
  for (const { name: window, minutes, read } of WINDOWS) {
    const count = read(reading)
    const own = windowLimit(window, minutes, window === '1h' ? hourly : expected, policy)
    const limit = Math.max(expected.fresh ? newFloor * minutes ** 0.5 : own, own, allowance * minutes)
    const stillHigh = shorterRate * minutes >= limit * threshold(policy, 'keepRatio')
    shorterRate = count / minutes
    if (!stillHigh) break
    if (!best || count / limit > best.level) best = { level: count / limit, window, count, limit }
  }
  if (!best || best.level < threshold(policy, 'keepRatio')) return undefined
  const young = bucketEnd - baseline.firstSeen < threshold(policy, 'youngHours') * HOUR
  return {
    code: 'MARKETING_BURST',
    target: { kind: 'signature', id: name },
    at: bucketEnd,
    over: best.level >= 1,
    level: best.level,
    score: Math.min(1, 0.5 + 0.1 * best.level),
    ...(young ? { cap: 'review' as const } : {}),
    ...(policy.limit ? { limit: policy.limit } : {}),
    match: { signature: name, labels: COMMERCIAL },
    evidence: {
      window: best.window,
      count: best.count,
      limit: Math.round(best.limit),
      baseline: Math.round(expected.mean * 10) / 10,
      baselineSource: expected.source,
      ...(allowance > 0 ? { campaignAllowance: allowance } : {}),
    },
  }
}

/** Messages a minute that a declared campaign allows the signature now; 0 without one. */
function declaredAllowance(name: string, ts: number, context: SignalContext): number {
  const campaigns = context.registry.signature(name)?.campaigns ?? []
  return campaigns.reduce((most, c) => (c.from <= ts && ts < c.to ? Math.max(most, c.perMinute) : most), 0)
}

export const marketingBurst: RateDetector = {
  rates: ({ message }, context) => {
    if (!message.signature || !message.commercial) return []
    const policy = context.judge('MARKETING_BURST', message.ts)
    const reportFrom = threshold(policy, 'floor1m') * threshold(policy, 'keepRatio')
    return [
      { entity: `${SIGNATURE}${message.signature.name}`, group: 'commercial', baseline: true, reportFrom },
    ]
  },
  onRate: judgeRate,
}
