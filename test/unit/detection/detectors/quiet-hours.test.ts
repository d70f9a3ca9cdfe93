import { describe, expect, it } from 'vitest'
import { quietHours } from '../../../../src/detection/detectors/quiet-hours.ts'
import { findingIn, NOON, shippedContext } from '../../../helpers/detector-fixtures.ts'

describe('QUIET_HOURS', () => {
  const at = (hour: number, minute = 0) => NOON + ((hour - 12) * 60 + minute) * 60_000
  const wrapping = { spans: new Map([['marketing' as const, { from: 21 * 60, to: 8 * 60 }]]), zone: 480 }
  const quiet = (ts: number, label: 'marketing' | 'notice' = 'marketing') =>
    findingIn(
      quietHours,
      '双11大促全场五折，退订回T',
      { label, ts },
      { ...shippedContext(), quietHours: wrapping },
    )

  it('fires from the first minute to the last of a span that wraps midnight', () => {
    expect(quiet(at(21))?.evidence).toEqual({ label: 'marketing', localTime: '21:00', quiet: '21:00-08:00' })
    expect(quiet(at(3))).toMatchObject({ code: 'QUIET_HOURS' })
    expect(quiet(at(7, 59))).toBeDefined()
  })
  it('asks no clock for an empty span', () => {
    const empty = { spans: new Map([['marketing' as const, { from: 60, to: 60 }]]), zone: 480 }
    const context = { ...shippedContext(), quietHours: empty }
    expect(findingIn(quietHours, '', { label: 'marketing', ts: at(1) }, context)).toBeUndefined()
  })
  it('not outside, not for notices, not when switched off', () => {
    expect(quiet(at(20, 59))).toBeUndefined()
    expect(quiet(at(8))).toBeUndefined()
    expect(quiet(at(3), 'notice')).toBeUndefined()
    const off = { ...shippedContext(), quietHours: { spans: new Map(), zone: 480 } }
    expect(findingIn(quietHours, '双11大促，退订回T', { label: 'marketing', ts: at(3) }, off)).toBeUndefined()
  })
})
