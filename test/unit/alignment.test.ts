import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PartitionId } from '../../src/domain/ports.ts'
import { type Aligned, Alignment } from '../../src/pipeline/alignment.ts'

interface Item extends Aligned {
  readonly name: string
}

const LIMITS = { run: 3, patience: 500, fullAt: 100, maxBytes: 1_000 }
const [A, B, C] = [0, 1, 2].map((partition) => ({ topic: 't', partition })) as [
  PartitionId,
  PartitionId,
  PartitionId,
]
const item = (name: string, bucket: number, bytes = 10): Item => ({ name, bucket, bytes })

function assigned(...ids: readonly PartitionId[]): Alignment<Item> {
  const alignment = new Alignment<Item>(LIMITS)
  for (const id of ids) alignment.assign(id, 0)
  return alignment
}

/** Names that come out while nothing is waited for. */
function drain(alignment: Alignment<Item>, now = 0): string[] {
  const names: string[] = []
  for (let next = alignment.next(now); next && 'items' in next; next = alignment.next(now)) {
    names.push(...next.items.map((i) => i.name))
  }
  return names
}

describe('Alignment', () => {
  it('hands the records of one partition on at once, in runs within a bucket', () => {
    const alignment = assigned(A)
    alignment.push(
      A,
      ['a', 'b', 'c', 'd'].map((name) => item(name, 1)),
      undefined,
    )
    alignment.push(A, [item('e', 2)], undefined)
    expect(alignment.next(0)).toEqual({ id: A, items: [item('a', 1), item('b', 1), item('c', 1)] })
    expect(alignment.next(0)).toEqual({ id: A, items: [item('d', 1)] })
    expect(alignment.next(0)).toEqual({ id: A, items: [item('e', 2)] })
    expect(alignment.next(0)).toBeUndefined()
  })

  it('takes the partition that is behind first, bucket by bucket', () => {
    const alignment = assigned(A, B)
    alignment.push(A, [item('a1', 1), item('a2', 2), item('a3', 3)], 0)
    alignment.push(B, [item('b1', 1), item('b3', 3)], 0)
    expect(drain(alignment)).toEqual(['a1', 'b1', 'a2', 'a3', 'b3'])
  })

  it('does not wait once it is known that nothing more is to come', () => {
    const alignment = assigned(A, B)
    alignment.push(B, [item('b1', 1)], 1)
    alignment.push(A, [item('a2', 2)], 0)
    expect(drain(alignment, 100)).toEqual(['b1'])
    expect(alignment.lag(B)).toBe(1)
    alignment.toCome(B, 0)
    expect(alignment.lag(B)).toBe(0)
    expect(drain(alignment, 100)).toEqual(['a2'])
  })

  it('leaves what waits for other instances, and hands on what does not', () => {
    const alignment = assigned(A, B)
    alignment.push(A, [item('a1', 1), item('a3', 3)], 0)
    alignment.push(B, [item('b9', 9)], 0)
    const between = (bucket: number) => bucket > 1 && bucket < 9
    expect(alignment.next(0, between)).toEqual({ id: A, items: [item('a1', 1)] })
    expect(alignment.next(0, between)).toEqual({ id: B, items: [item('b9', 9)] })
    expect(alignment.next(0, between)).toEqual({ until: Number.POSITIVE_INFINITY })
    expect(alignment.next(0)).toEqual({ id: A, items: [item('a3', 3)] })
    expect(alignment.next(0, between)).toBeUndefined()
  })

  it('waits for a partition that is behind and has more to come, for a while', () => {
    const alignment = assigned(A, B)
    alignment.push(B, [item('b1', 1)], 7)
    alignment.push(A, [item('a1', 1), item('a2', 2)], 0)
    expect(drain(alignment, 100)).toEqual(['a1', 'b1'])
    expect(alignment.next(100)).toEqual({ until: 600 })
    alignment.push(B, [item('b1+', 1)], 0)
    expect(drain(alignment, 200)).toEqual(['b1+', 'a2'])
  })

  it('goes on when the patience is over, and with what is in the bucket that the other has reached', () => {
    const alignment = assigned(A, B)
    alignment.push(B, [item('b1', 1)], 7)
    alignment.push(A, [item('a1', 1), item('a2', 2)], 0)
    drain(alignment, 0)
    expect(drain(alignment, 499)).toEqual([])
    expect(drain(alignment, 500)).toEqual(['a2'])
  })

  it('waits for a partition of which nothing is known yet, and never for one without lag', () => {
    const alignment = assigned(A, B, C)
    alignment.push(C, [], 0)
    alignment.push(A, [item('a', 9)], 0)
    expect(alignment.next(0)).toEqual({ until: 500 })
    alignment.push(B, [], 0)
    expect(drain(alignment)).toEqual(['a'])
  })

  it('waits for nobody when too much is held', () => {
    const alignment = assigned(A, B)
    alignment.push(A, [item('a', 9, 999)], 0)
    expect(alignment.next(0)).toEqual({ until: 500 })
    alignment.push(A, [item('b', 9, 1)], 0)
    expect(drain(alignment)).toEqual(['a', 'b'])
  })

  it('says when a partition is full, and when there is room again', async () => {
    const alignment = assigned(A, B)
    alignment.push(A, [item('a1', 1, 60)], 5)
    expect(alignment.full(A)).toBeUndefined()
    alignment.push(A, [item('a2', 2, 60)], 4)
    const full = alignment.full(A)
    expect(full).toBeInstanceOf(Promise)
    let resumed = false
    void full!.then(() => {
      resumed = true
    })
    alignment.push(B, [item('b1', 1)], 0)
    alignment.next(0)
    await Promise.resolve()
    expect(resumed).toBe(false)
    drain(alignment, 1_000)
    await full
    expect(alignment.full(A)).toBeUndefined()
  })

  it('forgets a partition that is dropped, and lets go of who waits for it', async () => {
    const alignment = assigned(A, B)
    alignment.push(A, [item('a', 5)], 0)
    alignment.push(B, [item('b', 1, 200)], 9)
    const full = alignment.full(B)
    alignment.drop(B)
    await full
    expect(drain(alignment)).toEqual(['a'])
    // What comes late of it is left out.
    alignment.push(B, [item('late', 1)], 0)
    expect(alignment.next(0)).toBeUndefined()
    expect(alignment.lag(B)).toBeUndefined()
  })

  it('counts what it holds as lag', () => {
    const alignment = assigned(A)
    expect(alignment.lag(A)).toBeUndefined()
    alignment.push(A, [item('a', 1), item('b', 2)], 5)
    expect(alignment.lag(A)).toBe(7)
    alignment.next(0)
    expect(alignment.lag(A)).toBe(6)
  })

  it('keeps the order of every partition and loses nothing, whatever comes when', () => {
    const step = fc.record({
      partition: fc.integer({ min: 0, max: 2 }),
      gaps: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }),
      lag: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      now: fc.integer({ min: 0, max: 300 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const alignment = assigned(A, B, C)
        const sent: string[][] = [[], [], []]
        const got: string[][] = [[], [], []]
        const buckets = [0, 0, 0]
        let now = 0
        const take = (at: number) => {
          for (let next = alignment.next(at); next && 'items' in next; next = alignment.next(at)) {
            expect(new Set(next.items.map((i) => i.bucket)).size).toBe(1)
            got[next.id.partition]!.push(...next.items.map((i) => i.name))
          }
        }
        for (const [n, { partition, gaps, lag, now: later }] of steps.entries()) {
          now += later
          const items = gaps.map((gap, i) => {
            buckets[partition]! += gap
            return item(`${n}.${i}`, buckets[partition]!)
          })
          sent[partition]!.push(...items.map((i) => i.name))
          alignment.push({ topic: 't', partition }, items, lag)
          take(now)
        }
        take(Number.POSITIVE_INFINITY)
        expect(got).toEqual(sent)
      }),
    )
  })
})
