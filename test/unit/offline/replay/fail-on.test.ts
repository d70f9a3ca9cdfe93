import { describe, expect, it } from 'vitest'
import { holds, parseFailOn } from '../../../../src/offline/replay/fail-on.ts'

const COUNTS = {
  compared: 1_000,
  changed: 7,
  degraded: 2,
  newly: { block: 1, throttle: 0, review: 4, observe: 0 },
  released: { block: 0, throttle: 2, review: 0, observe: 0 },
  byCode: { NO_CONSENT: { raised: 5, released: 0 } },
  states: { raised: ['a', 'b'], released: [] },
}

describe('--fail-on', () => {
  it.each([
    ['newly.block > 0.1%', false, 0.1],
    ['newly.block >= 0.1%', true, 0.1],
    ['newly.block>0', true, 1],
    ['newly.block > 0.09%', true, 0.1],
    ['newly > 4', true, 5],
    ['released = 2', true, 2],
    ['released.throttle == 2', true, 2],
    ['changed < 1%', true, 0.7],
    ['degraded <= 1', false, 2],
    ['byCode.NO_CONSENT.raised > 4', true, 5],
    ['byCode.TEXT_FRAUD.released > 0', false, 0],
    ['states.raised > 1', true, 2],
  ])('%s', (text, expected, value) => {
    const found = holds(parseFailOn(text), COUNTS)
    expect(found.holds).toBe(expected)
    expect(found.value).toBeCloseTo(value, 9)
  })

  it('holds of nothing compared in percent never', () => {
    expect(holds(parseFailOn('newly.block >= 0%'), { ...COUNTS, compared: 0 }).holds).toBe(false)
  })

  it.each([
    ['newly.blok > 1', /did you mean newly\.block\?/],
    ['byCode.NO_CONSET.raised > 1', /did you mean byCode\.NO_CONSENT\.raised\?/],
    ['newly.block', /is not of the form/],
    ['newly.block > many', /is not of the form/],
    ['newly.block > -1', /is not of the form/],
  ])('refuses %s', (text, message) => {
    expect(() => parseFailOn(text)).toThrow(message)
  })
})
