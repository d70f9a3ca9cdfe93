import { describe, expect, it } from 'vitest'
import { marketingBurst } from '../../../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { Baseline, RateReading } from '../../../../src/domain/feature-store.ts'
import { DAY, signalContext, T } from '../../../helpers/signal-context.ts'

function reading(
  perMinute: number,
  baseline: Partial<Baseline>,
  more: Partial<RateReading> = {},
): RateReading {
  const windows = { m1: [perMinute, 0, 0], m10: [perMinute, 0, 0], h1: [perMinute, 0, 0] } as const
  return {
    entity: 'signature:某商城',
    bucketEnd: T,
    windows,
    incomplete: false,
    baseline: {
      trailing: { mean: 0, minutes: 0 },
      earlier: [0, 0, 0, 0, 0],
      firstSeen: T - 3 * DAY,
      storeSince: T - 9 * DAY,
      ...baseline,
    },
    ...more,
  }
}
const usual = (mean: number, days = 3) => ({ hour: { mean, sd: mean / 10, days } })
const burst = (r: RateReading) => marketingBurst.onRate!(r, signalContext)

describe('MARKETING_BURST', () => {
  it('is raised by ten times the baseline within a minute, and throttles an old sender', () => {
    const signal = burst(reading(200, usual(20)))
    expect(signal).toMatchObject({ over: true, target: { kind: 'signature', id: '某商城' }, at: T })
    expect(signal!.cap).toBeUndefined()
    expect(signal!.evidence).toMatchObject({
      window: '1m',
      count: 200,
      baseline: 20,
      baselineSource: 'hour-of-day',
    })
    expect(signal!.match).toEqual({ signature: '某商城', labels: ['marketing', 'finance'] })
  })

  it('is for review only while the sender has less than a day of history', () => {
    expect(burst(reading(200, { ...usual(20), firstSeen: T - 3_600_000 }))!.cap).toBe('review')
  })

  it('is none at three times the baseline, at a usual evening level, or for a small sender', () => {
    expect(burst(reading(60, usual(20)))?.over ?? false).toBe(false)
    expect(burst(reading(1000, usual(900)))?.over ?? false).toBe(false)
    expect(burst(reading(50, usual(2)))?.over ?? false).toBe(false)
  })

  it('takes the last hours, then the hour so far, where the hour of the day has no history', () => {
    expect(burst(reading(300, { recent: { mean: 20, sd: 2, hours: 5 } }))!.evidence.baselineSource).toBe(
      'recent-hours',
    )
    expect(burst(reading(300, { trailing: { mean: 20, minutes: 20 } }))!.evidence.baselineSource).toBe(
      'trailing-hour',
    )
  })

  it('is raised from nothing, but not for senders that were there when counting began', () => {
    expect(burst(reading(400, { firstSeen: T - 60_000 }))!.over).toBe(true)
    expect(burst(reading(400, { firstSeen: T - 60_000, storeSince: T - 120_000 }))?.over ?? false).toBe(false)
  })

  it('allows what a declared campaign allows', () => {
    const more = { entity: 'signature:大促商城' }
    expect(burst(reading(15_000, usual(20), more))?.over ?? false).toBe(false)
    expect(burst(reading(21_000, usual(20), more))!.over).toBe(true)
  })

  it('leaves room for how counts scatter around a declared rate, and holds nothing within it', () => {
    const more = { entity: 'signature:大促商城' }
    expect(burst(reading(20_400, usual(20), more))).toMatchObject({ over: false })
    expect(burst(reading(19_000, usual(20), more))).toBeUndefined()
  })

  it('only holds an open state below the limit, and says nothing once the minute is calm', () => {
    expect(burst(reading(90, usual(20)))).toMatchObject({ over: false })
    const calm = { windows: { m1: [20, 0, 0], m10: [3000, 0, 0], h1: [9000, 0, 0] } as const }
    expect(burst(reading(20, usual(20), calm))).toBeUndefined()
  })

  it('judges hours without history by the last hours: traffic falls quickly in the evening', () => {
    const falling = { windows: { m1: [40, 0, 0], m10: [400, 0, 0], h1: [3600, 0, 0] } as const }
    const baseline = { ...usual(15), recent: { mean: 70, sd: 10, hours: 48 } }
    expect(burst(reading(0, baseline, { ...falling, bucketEnd: T + 60_000 }))?.over ?? false).toBe(false)
    expect(burst(reading(0, baseline, { ...falling, bucketEnd: T + 3_540_000 }))!.evidence.window).toBe('1h')
  })

  it('judges nothing on a window that is missing a part', () => {
    expect(burst(reading(900, usual(20), { incomplete: true }))).toBeUndefined()
  })
})
