import { expect, it } from 'vitest'
import { given } from '../../../src/domain/given.ts'
import { addTo, getOrInsert } from '../../../src/domain/maps.ts'

it('makes the value of a key once', () => {
  const map = new Map<string, number[]>()
  const first = getOrInsert(map, 'a', () => [1])
  expect(getOrInsert(map, 'a', () => [2])).toBe(first)
  expect([...map]).toEqual([['a', [1]]])
})

it('adds to the list of a key', () => {
  const lists = new Map<string, number[]>()
  for (const n of [1, 2, 3]) addTo(lists, n % 2 === 0 ? 'even' : 'odd', n)
  expect(Object.fromEntries(lists)).toEqual({ odd: [1, 3], even: [2] })
})

it('leaves out what is undefined, and that alone', () => {
  expect(Object.entries(given({ a: undefined, b: null, c: 0, d: '' }))).toEqual([
    ['b', null],
    ['c', 0],
    ['d', ''],
  ])
})
