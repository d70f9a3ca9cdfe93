import { describe, expect, it } from 'vitest'
import { SideOffsets } from '../../../../src/pipeline/side-inputs/offsets.ts'
import { T0 } from '../../../helpers/state-fixtures.ts'

const at = (offset: number, partition = 0) => ({ topic: 'sms.mo', partition, offset })
const row = (offset: number, timestamp = T0 + offset) => ({ position: at(offset), timestamp })

describe('side offsets', () => {
  it('report the highest contiguous row that took effect, when all have passed its time', () => {
    const offsets = new SideOffsets()
    const [first, second, third] = [0, 1, 2].map((n) => offsets.take(row(n)))
    second?.()
    expect(offsets.reportable(T0, T0)).toEqual([])
    first?.()
    expect(offsets.reportable(T0 + 5, T0)).toEqual([])
    third?.()
    expect(offsets.reportable(T0 + 9, T0 + 5)).toEqual([{ ...at(2), timestamp: T0 + 2 }])
    expect(offsets.reportable(T0 + 10, undefined)).toEqual([])
    expect(offsets.reportable(T0 + 10, T0 + 10)).toEqual([{ ...at(3), timestamp: T0 + 2 }])
  })

  it('leave out what took effect before this instance came, and take the rest', () => {
    const offsets = new SideOffsets()
    offsets.resume([{ ...at(2), timestamp: T0 + 2 }])
    expect([0, 1, 2].map((n) => offsets.take(row(n)) !== undefined)).toEqual([false, false, true])
    expect(offsets.take({ position: at(0, 1), timestamp: T0 })).toBeDefined()
    expect([at(0), at(0, 1)].map((partition) => offsets.appliedBefore(partition))).toEqual([2, undefined])
  })

  it('report rows that retention removed as done, with the time of the last row that took effect', () => {
    const offsets = new SideOffsets()
    offsets.resume([{ ...at(2), timestamp: T0 + 2 }])
    offsets.removed({ topic: 'sms.mo', partition: 0 }, 5)
    expect(offsets.reportable(T0, undefined)).toEqual([])
    expect(offsets.reportable(T0, T0)).toEqual([{ ...at(5), timestamp: T0 + 2 }])
  })

  it('leave out what is read again after an outage, also what still waits', () => {
    const offsets = new SideOffsets()
    const done = offsets.take(row(0))
    offsets.take(row(1))
    done?.()
    expect([0, 1, 2].map((n) => offsets.take(row(n)) !== undefined)).toEqual([false, false, true])
  })

  it('take every row of a topic that was recreated', () => {
    const offsets = new SideOffsets()
    offsets.resume([{ ...at(100), timestamp: T0 + 100 }])
    expect(offsets.take(row(0, T0 + 200))).toBeDefined()
    expect(offsets.take(row(1, T0 + 201))).toBeDefined()
    expect(offsets.take(row(0, T0 + 300))).toBeDefined()
  })

  it('keep little while the watermark stands', () => {
    const offsets = new SideOffsets()
    for (let n = 0; n < 2_000; n++) {
      offsets.take(row(n))?.()
      expect(offsets.reportable(T0 + n, T0 - 1)).toEqual([])
    }
    expect(offsets.reportable(T0 + 2_000, T0 + 2_000)).toEqual([{ ...at(2_000), timestamp: T0 + 1_999 }])
  })
})
