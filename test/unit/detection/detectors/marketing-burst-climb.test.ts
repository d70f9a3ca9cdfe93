import { describe, expect, it } from 'vitest'
import {
  climbOf,
  cumulativeSum,
  usualBefore,
  usualIn,
} from '../../../../src/detection/detectors/marketing-burst/climb.ts'
import { marketingBurst } from '../../../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { Baseline, RateReading } from '../../../../src/domain/feature-store.ts'
import { DAY, signalContext, T } from '../../../helpers/signal-context.ts'

const thresholds = { climbRatio: 4, climbSpread: 0.5, climbEvidence: 8 }
const stretches = (usual: number, ...perMinute: readonly number[]) =>
  perMinute.map((rate) => ({ count: 10 * rate, minutes: 10, usual }))

describe('the cumulative sum of a climb', () => {
  it('takes the newest stretches that speak most for it', () => {
    const { sum, stretches: taken } = cumulativeSum(stretches(30, 105, 90, 66, 42, 30, 30), thresholds)
    expect(taken).toBe(3)
    expect(sum).toBeCloseTo(9.37, 2)
  })

  it('stays at nothing for a rate that is usual or up to 1.8 times that', () => {
    expect(cumulativeSum(stretches(30, 30, 30, 30, 30, 30, 30), thresholds).sum).toBe(0)
    expect(cumulativeSum(stretches(30, 54, 54, 54, 54, 54, 54), thresholds).sum).toBe(0)
  })

  it('does not treat a single stretch, however high, or one that is over, as a climb', () => {
    expect(climbOf(stretches(30, 3000, 30, 30, 30, 30, 30), thresholds)!.level).toBeLessThan(0.6)
    expect(cumulativeSum(stretches(30, 30, 120, 120, 120, 120, 120), thresholds).sum).toBe(0)
  })

  it('has a level of one where the sum is the evidence that is asked for', () => {
    const climb = climbOf(stretches(30, 120, 100, 80, 60, 40, 30), thresholds)!
    const scaled = stretches(30, 120, 100, 80, 60, 40, 30).map((s) => ({
      ...s,
      count: s.count / climb.level,
    }))
    expect(cumulativeSum(scaled, thresholds).sum).toBeCloseTo(8, 1)
    expect(climb.count / climb.limit).toBeCloseTo(climb.level, 6)
  })
})

describe('what was usual before a climb', () => {
  const known: Baseline = {
    hour: { mean: 30, sd: 3, days: 4 },
    recent: { mean: 20, sd: 5, hours: 48 },
    trailing: { mean: 70, minutes: 50 },
    earlier: [100, 80, 60, 40, 200],
    firstSeen: T - 4 * DAY,
    storeSince: T - 9 * DAY,
  }
  const { hour: _, ...unknown } = known

  it('is this hour of earlier days, or most of the last hours where they are higher', () => {
    expect(usualBefore(known, T)).toEqual({ mean: 33, source: 'hour-of-day' })
    const busy = { ...known, recent: { mean: 90, sd: 9, hours: 48 } }
    expect(usualBefore(busy, T)).toEqual({ mean: 54, source: 'recent-hours' })
  })

  it('is the oldest part of the hour without earlier days', () => {
    expect(usualBefore(unknown, T)).toEqual({ mean: 20, source: 'trailing-hour' })
    expect(usualBefore({ ...unknown, trailing: { mean: 70, minutes: 40 } }, T)).toEqual({
      mean: 12,
      source: 'recent-hours',
    })
    const calm = { ...unknown, earlier: [100, 100, 100, 300, 100] }
    expect(usualBefore(calm, T)!.mean).toBe(17)
    expect(usualBefore({ ...unknown, trailing: { mean: 70, minutes: 39 } }, T)).toBeUndefined()
  })

  it('goes on as it began for the first hour and a half of a sender, and is level where its beginning was', () => {
    const { recent: __, ...hourless } = unknown
    const young = { ...hourless, firstSeen: T - 89 * 60_000 }
    const usual = (earlier: readonly number[]) => {
      const before = usualBefore({ ...young, earlier }, T)!
      return [0, 1, 2, 3, 4, 5].map((stretch) => usualIn(before, stretch))
    }
    const rising = usual([1000, 800, 600, 400, 200])
    expect(rising).toEqual([...rising].sort((a, b) => b - a))
    expect(rising[0]).toBeGreaterThan(95)
    expect(rising[5]).toBe(25.5)
    expect(usual([1000, 800, 600, 210, 200])).toEqual([20, 20, 20, 20, 20, 20])
    const since = { ...young, earlier: [1000, 800, 600, 400, 200], firstSeen: T - 90 * 60_000 }
    expect(usualBefore(since, T)).toEqual({ mean: 25.5, source: 'trailing-hour' })
  })
})

describe('MARKETING_BURST on a slow climb', () => {
  const reading = (tens: readonly number[], more: Partial<Baseline> = {}, name = '某商城'): RateReading => ({
    entity: `signature:${name}`,
    bucketEnd: T,
    windows: {
      m1: [tens[0]! / 10, 0, 0],
      m10: [tens[0]!, 0, 0],
      h1: [tens.reduce((a, b) => a + b, 0), 0, 0],
    },
    incomplete: false,
    baseline: {
      hour: { mean: 30, sd: 2, days: 4 },
      trailing: { mean: tens.slice(1).reduce((a, b) => a + b, 0) / 50, minutes: 50 },
      earlier: tens.slice(1),
      firstSeen: T - 4 * DAY,
      storeSince: T - 9 * DAY,
      ...more,
    },
  })
  const climbing = [1180, 1050, 850, 600, 420, 310]
  const on = (r: RateReading) => marketingBurst.onRate!(r, signalContext)

  it('is raised where no window leaves its baseline', () => {
    const signal = on(reading(climbing))!
    expect(signal).toMatchObject({ over: true, target: { kind: 'signature', id: '某商城' } })
    expect(signal.cap).toBeUndefined()
    expect(signal.evidence).toMatchObject({
      window: 'climb',
      minutes: 40,
      count: 3680,
      baseline: 32,
      baselineSource: 'hour-of-day',
    })
    expect(signal.evidence.limit).toBeLessThan(3680)
  })

  it('is none within a declared campaign, at twice the usual, below the volume that counts, or when it is over', () => {
    expect(on(reading(climbing, {}, '大促商城'))?.over ?? false).toBe(false)
    expect(on(reading([600, 610, 590, 600, 605, 600]))?.over ?? false).toBe(false)
    const small = { hour: { mean: 3, sd: 1, days: 4 } }
    expect(on(reading([118, 105, 85, 60, 42, 31], small))?.over ?? false).toBe(false)
    const quiet = { ...reading(climbing).windows, m1: [20, 0, 0] as const }
    expect(on({ ...reading(climbing), windows: quiet })?.over ?? false).toBe(false)
  })

  const { hour: __, ...young } = reading(climbing).baseline!
  const firstSeen = T - 70 * 60_000

  it('is raised for a sender that came lately, once it has been level, and says what it was compared with', () => {
    const signal = on({
      ...reading([1180, 1050, 850, 600, 310, 300]),
      baseline: { ...young, earlier: [1050, 850, 600, 310, 300], firstSeen },
    })!
    expect(signal).toMatchObject({ over: true, cap: 'review' })
    expect(signal.evidence).toMatchObject({ window: 'climb', baseline: 30, baselineSource: 'trailing-hour' })
  })

  it('is none for a sender that is still on its way to its level', () => {
    for (const tens of [
      [1180, 1050, 850, 600, 420, 210],
      [500, 450, 360, 270, 180, 90],
      [600, 600, 600, 500, 300, 100],
    ]) {
      const found = on({ ...reading(tens), baseline: { ...young, earlier: tens.slice(1), firstSeen } })
      expect(found?.over ?? false, String(tens)).toBe(false)
    }
  })
})
