import { describe, expect, it } from 'vitest'
import { maskedId, mergeExports } from '../../../src/complaints/merge.ts'

const complaint = (
  id: string,
  from: string,
  over: { ts?: number; receivedAt?: number; answeredAt?: number } = {},
) => {
  const { ts = 1, ...times } = over
  return { record: { id, ts, from, source: '12321' }, ...times }
}

describe('exports of one command', () => {
  it.each([
    [
      'other complaints',
      [complaint('a', '1')],
      [complaint('b', '1')],
      [complaint('a', '1'), complaint('b', '1')],
      [],
    ],
    ['the same again', [complaint('a', '1')], [complaint('a', '1')], [complaint('a', '1')], []],
    [
      'answered since',
      [complaint('a', '1', { receivedAt: 5 })],
      [complaint('a', '1', { ts: 2, answeredAt: 9 })],
      [complaint('a', '1', { receivedAt: 5, answeredAt: 9 })],
      [],
    ],
    [
      'another complaint of that id',
      [complaint('a', '1')],
      [complaint('a', '2', { answeredAt: 9 })],
      [complaint('a', '1')],
      ['a'],
    ],
  ])('a later file with %s', (_, first, later, complaints, conflicting) => {
    expect(mergeExports([first, later])).toEqual({ complaints, conflicting })
  })

  it.each([
    ['12321-20261111000017', '12321-****0017'],
    ['12321-A1', '12321-****'],
    ['20261111000017', '****0017'],
  ])('shows of the id %s no more than %s', (id, shown) => {
    expect(maskedId(id)).toBe(shown)
  })
})
