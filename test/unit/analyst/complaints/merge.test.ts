import { describe, expect, it } from 'vitest'
import { mergeExports } from '../../../../src/analyst/complaints/merge.ts'

interface Over {
  readonly ts?: number
  readonly text?: string
  readonly category?: string
  readonly receivedAt?: number
  readonly answeredAt?: number
  readonly place?: string
}

const complaint = (id: string, from: string, over: Over = {}) => {
  const { ts = 1, place = 'one.csv:2', text, category, ...times } = over
  const said = { ...(text && { text }), ...(category && { category }) }
  return { record: { id, ts, from, ...said, source: '12321' }, ...times, place }
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
      'the same number written otherwise',
      [complaint('a', '10690001')],
      [complaint('a', '+86 10690001', { answeredAt: 9, place: 'two.csv:2' })],
      [complaint('a', '10690001', { answeredAt: 9 })],
      [],
    ],
    [
      'another category and a column more',
      [complaint('a', '1', { category: '诈骗' })],
      [complaint('a', '1', { category: '商业营销', text: 'x', answeredAt: 9 })],
      [complaint('a', '1', { category: '诈骗', answeredAt: 9 })],
      [],
    ],
    [
      'another complaint of that id',
      [complaint('a', '1')],
      [complaint('a', '2', { answeredAt: 9, place: 'two.csv:7' })],
      [complaint('a', '1')],
      [complaint('a', '2', { answeredAt: 9, place: 'two.csv:7' })],
    ],
  ])('a later file with %s', (_, first, later, complaints, conflicting) => {
    expect(mergeExports([first, later])).toEqual({ complaints, conflicting })
  })
})
