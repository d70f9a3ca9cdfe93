import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Checkpoint } from '../../../src/pipeline/checkpoint.ts'

const at = (offset: number, partition = 0) => ({ topic: 't', partition, offset })

describe('Checkpoint', () => {
  it('passes only what is contiguous', () => {
    const checkpoint = new Checkpoint()
    for (const offset of [10, 11, 13]) checkpoint.take(at(offset))
    checkpoint.settle(at(11))
    expect(checkpoint.advance()).toEqual([])
    checkpoint.settle(at(10))
    expect(checkpoint.advance()).toEqual([at(12)])
    expect(checkpoint.advance()).toEqual([])
    checkpoint.settle(at(13))
    expect(checkpoint.advance()).toEqual([at(14)])
    expect(checkpoint.pendingSince()).toBeUndefined()
  })

  it('passes a record that is split when all of its items are settled', () => {
    const checkpoint = new Checkpoint()
    checkpoint.take(at(0), 0, 0, 3)
    checkpoint.take(at(1))
    for (const offset of [0, 0, 1]) checkpoint.settle(at(offset))
    expect(checkpoint.advance()).toEqual([])
    expect(checkpoint.splitRecords(at(0))).toEqual(new Map([[0, 1]]))
    checkpoint.settle(at(0))
    expect(checkpoint.advance()).toEqual([at(2)])
  })

  it('is reached with the announced items, and no sooner', () => {
    const checkpoint = new Checkpoint()
    checkpoint.take(at(0), 0, 0, 3)
    checkpoint.settle(at(0))
    expect(checkpoint.reachedWith(at(0), [0], 0)).toEqual({ offset: 0, written: [] })
    expect(checkpoint.reachedWith(at(0), [0, 0], 0)).toEqual({ offset: 1, written: [] })
    expect(checkpoint.advance()).toEqual([])
  })

  it('keeps partitions apart and ignores what was forgotten', () => {
    const checkpoint = new Checkpoint()
    checkpoint.take(at(0, 0))
    checkpoint.take(at(0, 1))
    checkpoint.forget(at(0, 1))
    checkpoint.settle(at(0, 1))
    checkpoint.settle(at(0, 0))
    expect(checkpoint.advance()).toEqual([at(1, 0)])
  })

  it('refuses records that do not continue those before, and what settles of another assignment', () => {
    const checkpoint = new Checkpoint()
    checkpoint.begin(7)
    checkpoint.assign({ topic: 't', partition: 0 }, 10)
    expect(() => checkpoint.take(at(15), 12)).toThrow(expect.objectContaining({ code: 'OFFSET_GAP' }))
    checkpoint.take(at(12), 10)
    expect(() => checkpoint.take(at(14), 14)).toThrow('t/0: offset 14 continues from 14, 13 is expected')
    checkpoint.settle(at(12), 6)
    expect(checkpoint.advance()).toEqual([])
    checkpoint.settle(at(12), 7)
    expect(checkpoint.advance()).toEqual([at(13)])
    checkpoint.begin(8)
    checkpoint.settle(at(12), 8)
    expect(checkpoint.advance()).toEqual([])
  })

  it('never passes an offset that is not settled, in whatever order they settle', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(60).keys()], { minLength: 1 }), (settled) => {
        const checkpoint = new Checkpoint()
        for (let offset = 0; offset < 60; offset++) checkpoint.take(at(offset))
        const done = new Set<number>()
        for (const offset of settled) {
          checkpoint.settle(at(offset))
          done.add(offset)
          let expected = 0
          while (done.has(expected)) expected++
          for (const { written = [], ...position } of checkpoint.advance()) {
            expect(position).toEqual(at(expected))
            const behind = written.flatMap(({ from, to }) =>
              Array.from({ length: to - from }, (_, n) => from + n),
            )
            expect(behind).toEqual([...done].filter((one) => one > expected).sort((a, b) => a - b))
          }
        }
        expect(checkpoint.pendingSince() === undefined).toBe(settled.length === 60)
      }),
    )
  })
})
