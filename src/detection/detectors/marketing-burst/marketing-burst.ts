import { SIGNATURE, signatureName } from '../../../domain/counted-name.ts'
import type { RateObservation, RateReading } from '../../../domain/feature-store.ts'
import { COMMERCIAL } from '../../../domain/labels.ts'
import type { Registry } from '../../../domain/registry.ts'
import { SharedLists } from '../../../domain/shared-lists.ts'
import { HOUR, MINUTE } from '../../../domain/time.ts'
import { evidenceWords } from '../../rules/chinese.generated.ts'
import { defineStateCode } from '../code-spec.ts'
import * as fields from '../evidence-fields.ts'
import { type Expectation, expectationOf } from './baseline.ts'
import { type Climb, climbOf, type Reference, type Stretch, usualBefore, usualIn } from './climb.ts'
import { COMMERCIAL_INDEX, fromNothing, scattered, startedWithin } from './from-nothing.ts'
import { relation, type Thresholds, thresholds } from './thresholds.ts'

const NONE: readonly never[] = []

interface Window {
  readonly name: '1m' | '10m' | '1h'
  readonly minutes: number
  readonly count: (reading: RateReading) => number
  readonly floor: (thresholds: Thresholds) => number
  readonly ratio: (thresholds: Thresholds) => number
}

/** From shortest to longest; all end with the judged bucket. */
const WINDOWS: readonly Window[] = [
  {
    name: '1m',
    minutes: 1,
    count: ({ windows }) => windows.m1[COMMERCIAL_INDEX],
    floor: ({ floor1m }) => floor1m,
    ratio: ({ ratio1m }) => ratio1m,
  },
  {
    name: '10m',
    minutes: 10,
    count: ({ windows }) => windows.m10[COMMERCIAL_INDEX],
    floor: ({ floor10m }) => floor10m,
    ratio: ({ ratio10m }) => ratio10m,
  },
  {
    name: '1h',
    minutes: 60,
    count: ({ windows }) => windows.h1[COMMERCIAL_INDEX],
    floor: ({ floor1h }) => floor1h,
    ratio: ({ ratio1h }) => ratio1h,
  },
]

const CHINESE_WINDOWS = evidenceWords.values.window

/**
 * A longer window counts only while the next shorter one is high too, so that a burst is not reported for another hour after its
 * end. A rise below the ratio of every window is found by a cumulative sum over the last hour. A signature without a baseline is
 * judged by the floor for new ones; one already present when counting began is given time to build a baseline.
 */
export const marketingBurst = defineStateCode({
  code: 'MARKETING_BURST',
  order: 180,
  confirms: 'commercial',
  leavesUsualRate: true,
  targets: ['signature'],
  action: 'throttle',
  weight: 0.6,
  limit: { perMinute: 600 },
  thresholds,
  relation,
  evidence: {
    window: fields.oneOf(['1m', '10m', '1h', 'climb'], 'the window judged: 1m, 10m, 1h, climb'),
    minutes: fields.chinese('分钟数', fields.optional(fields.amount('minutes of the climb'))),
    count: fields.count('commercial messages in it'),
    limit: fields.amount('messages that it may hold'),
    baseline: fields.chinese('平时（每分钟）', fields.amount('usual messages a minute')),
    baselineSource: fields.oneOf(
      ['hour-of-day', 'recent-hours', 'trailing-hour', 'none'],
      'hour-of-day, recent-hours, trailing-hour or none',
    ),
    campaignAllowance: fields.chinese(
      '申报额度（每分钟）',
      fields.optional(fields.amount('messages a minute of a declared campaign')),
    ),
  },
  summary: 'marketing far above the sender’s usual rate',
  called: { 'zh-CN': '营销突发' },
  fires:
    "A signature's commercial rate in 1 minute, 10 minutes or 1 hour exceeds its baseline (the same hour of earlier days; before that, the last hours) and its declared campaign, or [climbs](detection.md#slow-climbs) within an hour to about `climbRatio` times the usual. A signature [never seen before](detection.md#bursts-from-nothing): `startFloor10m` messages at `startFloor1m` a minute.",
  tune: 'Declare campaigns in the registry, or give periods such as Double Eleven other ratios. Raise the start floors if new shops begin with a mailing, `climbSpread` if honest senders are irregular, `climbEvidence` to report fewer climbs.',
  sentences: {
    en: ({ window, minutes = 0, count, baseline, baselineSource, limit }, { number }) =>
      window === 'climb'
        ? `${count} commercial messages in the last ${number(minutes)} minutes, a slow climb; usual are ${number(baseline)} a minute, ${limit} are allowed.`
        : baselineSource === 'none'
          ? `${count} commercial messages in ${window} without any history; ${limit} are allowed.`
          : `${count} commercial messages in ${window}; usual are ${number(baseline)} a minute, ${limit} are allowed.`,
    'zh-CN': ({ window, minutes = 0, count, baseline, baselineSource, limit }, { number }) =>
      window === 'climb'
        ? `商业短信发送量缓慢爬升，近 ${number(minutes)} 分钟内 ${count} 条，平时每分钟 ${number(baseline)} 条，上限 ${limit} 条。`
        : baselineSource === 'none'
          ? `${CHINESE_WINDOWS[window]}内发送商业短信 ${count} 条，无历史数据，上限 ${limit} 条。`
          : `${CHINESE_WINDOWS[window]}内发送商业短信 ${count} 条，平时每分钟 ${number(baseline)} 条，上限 ${limit} 条。`,
  },
}).raisedBy({
  rates({ message }, _context, policy) {
    if (!message.signature || !message.commercial) return NONE
    const { floor1m, startFloor10m, keepRatio } = policy.thresholds
    const entity = signatureName(message.signature.name)
    const reportFrom = Math.min(floor1m, startFloor10m) * keepRatio
    const last = observed.last(entity)
    if (last[0]?.reportFrom === reportFrom) return last
    return observed.share(entity, [{ entity, group: 'commercial', baseline: true, reportFrom }])
  },
  onRate(reading, { registry }, policy) {
    const { baseline, bucketEnd } = reading
    if (!baseline || reading.incomplete || !reading.entity.startsWith(SIGNATURE)) return undefined
    const name = reading.entity.slice(SIGNATURE.length)
    const t = policy.thresholds
    const expected = expectationOf(baseline, t)
    const allowance = declaredAllowance(name, bucketEnd, registry)
    const window = worstWindow(reading, expected, allowance, t)
    const start = fromNothing(reading, allowance, t)
    const worst = worse(
      start && start.level > (window?.level ?? 0) ? start : window,
      expected.fresh ? undefined : climbLevel(reading, name, registry, t),
    )
    if (!worst || worst.level < t.keepRatio) return undefined
    const young = bucketEnd - baseline.firstSeen < t.youngHours * HOUR
    return {
      target: { kind: 'signature', id: name },
      at: bucketEnd,
      over: worst.level >= 1,
      level: worst.level,
      score: Math.min(1, 0.5 + 0.1 * worst.level),
      ...(young ? { cap: 'review' as const } : {}),
      match: { signature: name, labels: COMMERCIAL },
      evidence: {
        window: worst.window,
        count: worst.count,
        limit: Math.round(worst.limit),
        ...(worst.minutes === undefined ? {} : { minutes: Math.round(worst.minutes * 10) / 10 }),
        baseline: Math.round((worst.usual ?? expected.mean) * 10) / 10,
        baselineSource: worst.source ?? expected.source,
        ...(allowance > 0 ? { campaignAllowance: allowance } : {}),
      },
    }
  },
})

const observed = new SharedLists<RateObservation>()

interface WindowLevel extends Omit<Climb, 'minutes'> {
  readonly window: Window['name'] | 'climb'
  /** Only for a climb. */
  readonly minutes?: number
  /** Usual messages per minute before a climb, and their source. */
  readonly usual?: number
  readonly source?: Reference['source']
}

/** The window furthest above its limit; `allowance`: messages per minute of a declared campaign. */
function worstWindow(
  reading: RateReading,
  expected: Expectation,
  allowance: number,
  t: Thresholds,
): WindowLevel | undefined {
  const isWarmup = expected.source === 'none' && startedWithin(reading.baseline!, t.warmup)
  const newFloor = (over: number) => (isWarmup ? t.warmupFloor1m * over : t.newFloor1m * over ** 0.5)
  const hourly = { ...expected, mean: hourlyMean(reading, expected) }

  let worst: WindowLevel | undefined
  let shorterRate = Number.POSITIVE_INFINITY
  for (const window of WINDOWS) {
    const { name, minutes } = window
    const count = window.count(reading)
    const own = limitOf(window, name === '1h' ? hourly : expected, t)
    const declared = allowance * minutes
    const allowed = scattered(declared, t)
    const limit = Math.max(expected.fresh ? newFloor(minutes) : own, own, allowed)
    const stillHigh = shorterRate * minutes >= limit * t.keepRatio
    shorterRate = count / minutes
    if (!stillHigh) break
    // Declared traffic keeps no state open.
    if (count <= declared) continue
    if (!worst || count / limit > worst.level) worst = { level: count / limit, window: name, count, limit }
  }
  return worst
}

/** Usual messages per minute over the hour that ends with the bucket. */
function hourlyMean({ baseline, bucketEnd }: RateReading, { mean, source }: Expectation): number {
  const { recent, trailing } = baseline!
  // Without a baseline for this hour of the day, steady growth over the hour is not a burst: shops open in the morning.
  if (source !== 'hour-of-day') return Math.max(mean, trailing.mean)
  // The part before the current hour of the day belongs to the preceding hours: evenings fall quickly.
  const before = 1 - (bucketEnd % HOUR) / HOUR
  return mean + before * Math.max((recent?.mean ?? 0) - mean, 0)
}

/** A window over its limit takes precedence over a climb; otherwise the one closer to its limit wins. */
function worse(window: WindowLevel | undefined, climb: WindowLevel | undefined): WindowLevel | undefined {
  if (!window || !climb) return window ?? climb
  return window.level < 1 && climb.level > window.level ? climb : window
}

/** How close the last hour is to a slow climb. */
function climbLevel(
  { windows, baseline, bucketEnd }: RateReading,
  name: string,
  registry: Registry,
  t: Thresholds,
): WindowLevel | undefined {
  const inTenMinutes = windows.m10[COMMERCIAL_INDEX]
  if (inTenMinutes < t.floor10m * t.keepRatio) return undefined
  const before = usualBefore(baseline!, bucketEnd)
  if (before === undefined) return undefined
  const { earlier } = baseline!
  const minuteEnd = Math.ceil(bucketEnd / MINUTE) * MINUTE
  const hourStart = Math.floor((bucketEnd - 1) / HOUR) * HOUR
  const over = 10 - (minuteEnd - bucketEnd) / MINUTE
  const last = earlier.reduce((rest, count) => rest - count, windows.h1[COMMERCIAL_INDEX])
  const atLeast = t.floor10m / (10 * t.climbRatio)
  const stretches = [last, ...earlier].map((count, i): Stretch => {
    const end = minuteEnd - 10 * i * MINUTE
    const declared = Math.max(
      declaredAllowance(name, end - 1, registry),
      declaredAllowance(name, end - 10 * MINUTE, registry),
    )
    // Stretches before the current hour of the day are also compared with the last hours, which may have been busy.
    const earlierHour = baseline!.hour && end - 10 * MINUTE < hourStart ? (baseline!.recent?.mean ?? 0) : 0
    return {
      count,
      minutes: i === 0 ? over : 10,
      usual: Math.max(usualIn(before, i), atLeast, declared, earlierHour),
    }
  })
  const climb = climbOf(stretches, t)
  if (!climb || windows.m1[COMMERCIAL_INDEX] < (t.keepRatio * climb.count) / climb.minutes) return undefined
  const level = Math.min(climb.level, inTenMinutes / t.floor10m)
  return { ...climb, level, window: 'climb', usual: before.mean, source: before.source }
}

function limitOf(window: Window, { mean, sd }: Expectation, t: Thresholds): number {
  const usual = mean * window.minutes
  const spread = Math.max(sd * window.minutes, Math.sqrt(usual))
  return Math.max(window.floor(t), window.ratio(t) * usual, usual + t.sigmas * spread)
}

/** Messages per minute currently allowed to the signature by a declared campaign; 0 without one. */
function declaredAllowance(name: string, ts: number, registry: Registry): number {
  const campaigns = registry.signature(name)?.campaigns ?? []
  return campaigns.reduce((most, c) => (c.from <= ts && ts < c.to ? Math.max(most, c.perMinute) : most), 0)
}
