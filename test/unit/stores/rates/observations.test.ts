import { describe, expect, it } from 'vitest'
import type { TrafficGroup } from '../../../../src/domain/labels.ts'
import { checkBatch, firstEventTime } from '../../../../src/stores/rates/observations.ts'
import { observation, T0 as T } from '../../../helpers/feature-fixtures.ts'

const rate = (entity: string, group: TrafficGroup = 'commercial', baseline = false, reportFrom = 1) => ({
  entity,
  group,
  baseline,
  reportFrom,
})

describe('checkBatch', () => {
  it.each([
    ['offset', observation(-1, T)],
    ['offset', observation(0.5, T)],
    ['partition', observation(0, T, { position: { topic: 't', partition: -1, offset: 0 } })],
    ['ts', observation(0, Number.NaN)],
    ['ts', observation(0, 5)],
    ['group', observation(0, T, { rates: [rate('e', 'spam' as TrafficGroup)] })],
    ['reportFrom', observation(0, T, { rates: [rate('e', 'fraud', false, Number.NaN)] })],
    [
      'window',
      observation(0, T, { members: [{ entity: 'e', member: 'm', window: 0, reportFrom: 1, minCount: 1 }] }),
    ],
    ['window', observation(0, T, { tallies: [{ kind: 'k', id: 'i', window: 1.5, reportFrom: 1 }] })],
  ])('refuses a wrong %s', (what, wrong) => {
    expect(() => checkBatch([observation(0, T), wrong])).toThrow(what)
  })
  it('takes what a message may have', () => {
    expect(() =>
      checkBatch([observation(0, T), observation(1, T, { rates: [rate('e', 'fraud', true, Infinity)] })]),
    ).not.toThrow()
  })
})

describe('firstEventTime', () => {
  it('is the start of the first bucket, whatever one wild timestamp says', () => {
    const times = [T + 12_345, T + 3_000, T + 20_000, Date.UTC(2003, 0, 1)]
    expect(firstEventTime(times.map((ts, i) => observation(i, ts)))).toBe(T)
  })
})
