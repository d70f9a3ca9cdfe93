import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reached } from '../../../src/domain/ports.ts'
import { OffsetTrack } from '../../../src/pipeline/offset-track.ts'

/** Takes and settles what is left. */
const REST: readonly number[] = []

describe('OffsetTrack', () => {
  it('passes offsets that are no records together with the record behind them', () => {
    const track = new OffsetTrack()
    track.take(10, 7, 0)
    track.take(15, 11, 0)
    expect(track.next).toBeUndefined()
    track.settle(15)
    expect(track.next).toBeUndefined()
    track.settle(10)
    expect([track.next, track.end, track.pendingSince]).toEqual([16, 16, undefined])
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
    expect([track.next, track.pendingSince]).toEqual([undefined, 0])
    track.settle(0)
    expect([track.next, track.pendingSince]).toEqual([records, undefined])
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
          expect(track.pendingSince).toBe(open.length > 0 ? 0 : undefined)
        }
      }),
    )
  })

  it('takes offsets that were settled before as settled, and keeps those that are still to come', () => {
    const track = new OffsetTrack([
      { from: 11, to: 13 },
      { from: 15, to: 20 },
    ])
    expect(track.take(10, 10, 0)).toBe(true)
    expect([track.take(11, 11, 0), track.take(12, 12, 0)]).toEqual([false, false])
    expect(track.reachedWith([])).toEqual({
      offset: 10,
      written: [
        { from: 11, to: 13 },
        { from: 15, to: 20 },
      ],
    })
    expect(track.reachedWith([10])).toEqual({ offset: 13, written: [{ from: 15, to: 20 }] })
    // 13 and 14 have become no records meanwhile.
    expect(track.take(16, 13, 0)).toBe(false)
    expect(track.reachedWith([10])).toEqual({ offset: 20, written: [] })
    track.settle(10)
    expect([track.next, track.pendingSince]).toEqual([20, undefined])
  })

  it('forgets what was settled before where reading begins behind it', () => {
    const track = new OffsetTrack([
      { from: 11, to: 13 },
      { from: 15, to: 20 },
    ])
    expect(track.take(18, 18, 0)).toBe(false)
    expect(track.take(20, 19, 0)).toBe(true)
    expect(track.reachedWith([20])).toEqual({ offset: 21, written: [] })
  })

  it('hands over each record once, wherever it is interrupted', () => {
    const world = fc.record({
      gaps: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 }),
      turns: fc.array(fc.array(fc.nat(60), { maxLength: 25 }), { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(world, ({ gaps, turns }) => {
        const log: number[] = []
        for (const gap of gaps) log.push((log.at(-1) ?? -1) + 1 + gap)
        const done = new Map<number, number>()
        let reached: Reached = { offset: 0, written: [] }
        for (const picks of [...turns, REST]) {
          const isLast = picks === REST
          const track = new OffsetTrack(reached.written)
          const open: number[] = []
          let from = reached.offset
          const taken = log.filter((offset) => offset >= reached.offset)
          for (const offset of isLast ? taken : taken.slice(0, picks.length * 2)) {
            if (track.take(offset, from, 0)) open.push(offset)
            from = offset + 1
          }
          for (const pick of isLast ? open.map(() => 0) : picks) {
            if (open.length === 0) break
            const [offset] = open.splice(pick % open.length, 1)
            reached = track.reachedWith([offset!])!
            track.settle(offset!)
            done.set(offset!, (done.get(offset!) ?? 0) + 1)
          }
        }
        expect([...done.keys()].sort((a, b) => a - b)).toEqual(log)
        expect(new Set(done.values())).toEqual(new Set([1]))
      }),
    )
  })
})
