import { describe, expect, it } from 'vitest'
import { UncountedBuckets } from '../../../../src/stores/rates/uncounted-buckets.ts'

const T0 = Date.UTC(2026, 10, 11, 8)
const MINUTE = 60_000

describe('buckets that were not counted', () => {
  it('are kept as a mask a minute, once each', () => {
    const buckets = new UncountedBuckets()
    expect(buckets.newest()).toEqual([])
    for (const ts of [T0, T0 + 9_999, T0 + 10_000, T0 + 59_999, T0 + MINUTE]) buckets.note(ts)
    expect(buckets.newest()).toEqual([
      [T0 / MINUTE + 1, 0b000001],
      [T0 / MINUTE, 0b100011],
    ])
  })

  it('are listed newest first, a part at a time', () => {
    const buckets = new UncountedBuckets()
    for (let i = 0; i < 300; i++) buckets.note(T0 + i * MINUTE)
    const told: number[] = []
    for (let marks = buckets.newest(); marks.length > 0; marks = buckets.newest()) {
      expect(marks.length).toBeLessThanOrEqual(120)
      told.push(...marks.map(([minute]) => minute))
      buckets.marked(marks)
    }
    expect(told).toEqual(Array.from({ length: 300 }, (_, i) => T0 / MINUTE + 299 - i))
  })

  it('are forgotten after what a baseline may still fold, so that an outage of days costs no memory', () => {
    const buckets = new UncountedBuckets()
    for (let i = 0; i < 10_000; i++) buckets.note(T0 + i * MINUTE)
    let count = 0
    let oldest = Number.POSITIVE_INFINITY
    for (let marks = buckets.newest(); marks.length > 0; marks = buckets.newest()) {
      count += marks.length
      oldest = Math.min(oldest, ...marks.map(([minute]) => minute))
      buckets.marked(marks)
    }
    expect(count).toBe(50 * 60)
    expect(oldest).toBe(T0 / MINUTE + 10_000 - 50 * 60)
  })
})
