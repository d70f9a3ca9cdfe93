import { describe, expect, it } from 'vitest'
import { type Compared, differenceOf } from '../../../../src/offline/replay/difference.ts'

const PASS: Compared = { id: 'm', action: 'pass', label: 'notice', reasons: [], states: [] }

describe('differenceOf', () => {
  it('finds none between verdicts that say the same, in whatever order', () => {
    const a: Compared = { ...PASS, reasons: ['TEXT_FRAUD', 'NO_CONSENT'], states: ['s', 't'] }
    const b: Compared = { ...PASS, reasons: ['NO_CONSENT', 'TEXT_FRAUD'], states: ['t', 's'] }
    expect(differenceOf(a, b)).toBeUndefined()
  })

  it('names the stronger action that is new, and the one that became weaker', () => {
    const block: Compared = { ...PASS, action: 'block' }
    const review: Compared = { ...PASS, action: 'review' }
    expect(differenceOf(review, block)).toMatchObject({ newly: 'block' })
    expect(differenceOf(review, block)?.released).toBeUndefined()
    expect(differenceOf(block, review)).toMatchObject({ released: 'block' })
    expect(differenceOf(block, PASS)).toMatchObject({ released: 'block' })
    expect(differenceOf(PASS, { ...PASS, action: 'observe' })).toMatchObject({ newly: 'observe' })
  })

  it('sees another label, reasons and states under the same action', () => {
    const other: Compared = { ...PASS, label: 'fraud', reasons: ['TEXT_FRAUD'], states: ['s'] }
    expect(differenceOf(PASS, other)).toEqual({
      labelChanged: true,
      reasons: { raised: ['TEXT_FRAUD'], released: [] },
      states: { raised: ['s'], released: [] },
    })
    expect(differenceOf(other, PASS)).toMatchObject({
      reasons: { raised: [], released: ['TEXT_FRAUD'] },
      states: { raised: [], released: ['s'] },
    })
  })

  it('asks of a late verdict no more than it could say', () => {
    const late: Compared = { ...PASS, action: 'observe', late: true, reasons: ['TEXT_FRAUD'] }
    const now: Compared = { ...late, action: 'block', states: ['s'] }
    expect(differenceOf(late, now)).toBeUndefined()
    expect(differenceOf(late, { ...now, states: [] })).toBeUndefined()
    expect(differenceOf({ ...late, action: 'pass' }, { ...now, states: [] })).toMatchObject({
      newly: 'observe',
    })
    expect(differenceOf(late, { ...now, reasons: [] })).toBeDefined()
  })
})
