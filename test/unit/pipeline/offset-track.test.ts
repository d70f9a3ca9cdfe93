import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OffsetTrack } from '../../../src/pipeline/offset-track.ts'

describe('OffsetTrack', () => {
  it('passes offsets that are no records together with the record behind them', () => {
    const track = new OffsetTrack()
    track.take(10, 7, 0)
    track.take(15, 11, 0)
    expect(track.next).toBeUndefined()
    track.settle(15)
    expect(track.next).toBeUndefined()
    track.settle(10)
    expect([track.next, track.end, track.pending]).toEqual([16, 16, 0])
  })

  it('holds millions of settled records behind one that waits as a few ranges', () => {
    const track = new OffsetTrack()
    const records = 2_000_000
    const before = process.memoryUsage().heapUsed
    for (let offset = 0; offset < records; offset++) {
      track.take(offset, offset, 0)
      if (offset > 0) track.settle(offset)
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
    expect([track.next, track.pending]).toEqual([undefined, 1])
    track.settle(0)
    expect([track.next, track.pending]).toEqual([records, 0])
  })

  it('says since when the oldest record waits', () => {
    const track = new OffsetTrack()
    expect(track.pendingSince).toBeUndefined()
    for (let offset = 0; offset < 10; offset++) track.take(offset, offset, offset * 2_000)
    expect(track.pendingSince).toBe(0)
    for (let offset = 0; offset < 4; offset++) track.settle(offset)
    expect(track.pendingSince).toBe(8_000)
    for (let offset = 4; offset < 10; offset++) track.settle(offset)
    expect(track.pendingSince).toBeUndefined()
  })

  it('passes what is settled from the start on and nothing else, in whatever order it settles', () => {
    const log = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(log, fc.infiniteStream(fc.nat()), (gaps, picks) => {
        const track = new OffsetTrack()
        const offsets: number[] = []
        let end = 100
        for (const gap of gaps) {
          track.take(end + gap, end, 0)
          end += gap + 1
          offsets.push(end - 1)
        }
        const open = [...offsets]
        while (open.length > 0) {
          const [offset] = open.splice(picks.next().value % open.length, 1)
          track.settle(offset!)
          track.settle(offset!)
          const first = offsets.findIndex((o) => open.includes(o))
          const passed = first < 0 ? end : first === 0 ? undefined : offsets[first - 1]! + 1
          expect(track.next).toBe(passed)
          expect(track.pending).toBe(open.length)
        }
      }),
    )
  })
})
