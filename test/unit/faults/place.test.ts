import { expect, it } from 'vitest'
import { placesOf, unreadOf } from '../../faults/place.ts'

const at = (partition: number, offset: number) => ({
  ...{ partition, offset, timestamp: 0, key: null, value: null, headers: {} },
})

it('counts the offsets that a reader did not see', () => {
  expect(unreadOf([])).toBe(0)
  expect(unreadOf([at(0, 0), at(0, 1), at(1, 0)])).toBe(0)
  expect(unreadOf([at(0, 0), at(0, 4), at(1, 1)])).toBe(4)
})

it('counts a dead letter of a batch for each of its records', () => {
  const input = [0, 1, 2, 3].map((offset) => ({ partition: 0, offset, id: undefined }))
  const headers = { 'sigwatch-partition': '0', 'sigwatch-offset': '1', 'sigwatch-last-offset': '2' }
  const letter = { ...at(0, 0), headers }
  expect(placesOf(input, [], [letter], []).missing).toEqual(['0/0', '0/3'])
})
