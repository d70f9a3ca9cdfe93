import { expect, it } from 'vitest'
import { unreadOf } from '../../faults/place.ts'

const at = (partition: number, offset: number) => ({
  ...{ partition, offset, timestamp: 0, key: null, value: null, headers: {} },
})

it('counts the offsets that a reader did not see', () => {
  expect(unreadOf([])).toBe(0)
  expect(unreadOf([at(0, 0), at(0, 1), at(1, 0)])).toBe(0)
  expect(unreadOf([at(0, 0), at(0, 4), at(1, 1)])).toBe(4)
})
