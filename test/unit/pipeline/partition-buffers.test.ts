import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PartitionId } from '../../../src/domain/ports.ts'
import { type Buffered, PartitionBuffers } from '../../../src/pipeline/partition-buffers.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'

interface Item extends Buffered {
  readonly name: string
}

const LIMITS = { run: 3, patience: 500, fullAt: 100, maxBytes: 1_000 }
const [A, B, C] = [0, 1, 2].map((partition) => ({ topic: 't', partition })) as [
  PartitionId,
  PartitionId,
  PartitionId,
]
const item = (name: string, bucket: number, bytes = 10): Item => ({ name, bucket, bytes })

function assigned(...ids: readonly PartitionId[]): PartitionBuffers<Item> {
  const buffers = new PartitionBuffers<Item>(LIMITS)
  for (const id of ids) buffers.assign(id, 0)
  return buffers
}

/** Names that come out while nothing is waited for. */
function drain(buffers: PartitionBuffers<Item>, now = 0): string[] {
  const names: string[] = []
  for (let next = buffers.next(now); next && 'items' in next; next = buffers.next(now)) {
    names.push(...next.items.map((i) => i.name))
  }
  return names
}

describe('PartitionBuffers', () => {
  it('passes on the records of one partition at once, in runs within a bucket', () => {
    const buffers = assigned(A)
    buffers.push(
      A,
      ['a', 'b', 'c', 'd'].map((name) => item(name, 1)),
      undefined,
    )
    buffers.push(A, [item('e', 2)], undefined)
    expect(buffers.next(0)).toEqual({ id: A, items: [item('a', 1), item('b', 1), item('c', 1)] })
    expect(buffers.next(0)).toEqual({ id: A, items: [item('d', 1)] })
    expect(buffers.next(0)).toEqual({ id: A, items: [item('e', 2)] })
    expect(buffers.next(0)).toBeUndefined()
  })

  it('keeps nothing of what it has passed on', async () => {
    const buffers = assigned(A)
    const passed = () => {
      const first = item('a', 1)
      buffers.push(A, [first, item('b', 2)], undefined)
      expect(buffers.next(0)).toMatchObject({ items: [{ name: 'a' }] })
      return new WeakRef(first)
    }
    const reference = passed()
    // What a WeakRef was made of lives until the end of the task.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(reference.deref()).toBeUndefined()
    expect(drain(buffers)).toEqual(['b'])
  })

  it('takes the partition that is behind first, bucket by bucket', () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a1', 1), item('a2', 2), item('a3', 3)], 0)
    buffers.push(B, [item('b1', 1), item('b3', 3)], 0)
    expect(drain(buffers)).toEqual(['a1', 'b1', 'a2', 'a3', 'b3'])
  })

  it('does not wait once it is known that nothing more is to come', () => {
    const buffers = assigned(A, B)
    buffers.push(B, [item('b1', 1)], 1)
    buffers.push(A, [item('a2', 2)], 0)
    expect(drain(buffers, 100)).toEqual(['b1'])
    expect(buffers.lag(B)).toBe(1)
    buffers.toCome(B, 0)
    expect(buffers.lag(B)).toBe(0)
    expect(drain(buffers, 100)).toEqual(['a2'])
  })

  it('leaves what waits for other instances, and passes on what does not', () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a1', 1), item('a3', 3)], 0)
    buffers.push(B, [item('b9', 9)], 0)
    const between = { waits: (bucket: number) => bucket > 1 && bucket < 9 }
    expect(buffers.next(0, between)).toEqual({ id: A, items: [item('a1', 1)] })
    expect(buffers.next(0, between)).toEqual({ id: B, items: [item('b9', 9)] })
    expect(buffers.next(0, between)).toEqual({ until: Number.POSITIVE_INFINITY })
    expect(buffers.next(0)).toEqual({ id: A, items: [item('a3', 3)] })
    expect(buffers.next(0, between)).toBeUndefined()
  })

  it('passes on the others while a partition is held back, and waits for none of it', async () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a1', 1, 200)], 7)
    buffers.push(B, [item('b2', 2)], 0)
    const bringing = buffers.fullUnlessHeld(A)
    expect(bringing).toBeInstanceOf(Promise)
    buffers.hold(A)
    await bringing
    expect(buffers.fullUnlessHeld(A)).toBeUndefined()
    const full = buffers.full(A)
    expect(full).toBeInstanceOf(Promise)
    expect(drain(buffers)).toEqual(['b2'])
    buffers.release(A)
    expect(drain(buffers)).toEqual(['a1'])
    await full
    buffers.hold(A)
    buffers.push(B, [item('b3', 3)], 0)
    expect(drain(buffers)).toEqual(['b3'])
  })

  it('waits for a partition that is behind and has more to come, for a while', () => {
    const buffers = assigned(A, B)
    buffers.push(B, [item('b1', 1)], 7)
    buffers.push(A, [item('a1', 1), item('a2', 2)], 0)
    expect(drain(buffers, 100)).toEqual(['a1', 'b1'])
    expect(buffers.next(100)).toEqual({ until: 600 })
    buffers.push(B, [item('b1+', 1)], 0)
    expect(drain(buffers, 200)).toEqual(['b1+', 'a2'])
  })

  it('goes on when the patience is over, and with what is in the bucket that the other has reached', () => {
    const buffers = assigned(A, B)
    buffers.push(B, [item('b1', 1)], 7)
    buffers.push(A, [item('a1', 1), item('a2', 2)], 0)
    drain(buffers, 0)
    expect(drain(buffers, 499)).toEqual([])
    expect(drain(buffers, 500)).toEqual(['a2'])
  })

  it('waits for a partition of which nothing is known yet, and never for one without lag', () => {
    const buffers = assigned(A, B, C)
    buffers.push(C, [], 0)
    buffers.push(A, [item('a', 9)], 0)
    expect(buffers.next(0)).toEqual({ until: 500 })
    buffers.push(B, [], 0)
    expect(drain(buffers)).toEqual(['a'])
  })

  it('gives live records every second turn next to a partition with a backlog', () => {
    const buffers = assigned(A, B)
    const old = Array.from({ length: 9 }, (_, i) => item(`old${i}`, 1))
    buffers.push(A, old, 1_000_000)
    buffers.push(B, [item('live1', 90), item('live2', 91)], 0)
    const turn = { liveFrom: 90 }
    const names = Array.from({ length: 5 }, () => buffers.next(0, turn)).map(
      (next) => next && 'items' in next && next.items[0]!.name,
    )
    expect(names).toEqual(['live1', 'old0', 'live2', 'old3', 'old6'])
    // Live records do not wait for more of yesterday either.
    buffers.push(B, [item('live3', 92)], 0)
    expect(buffers.next(0, turn)).toEqual({ id: B, items: [item('live3', 92)] })
  })

  it('does not wait when too much is held', () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a', 9, 999)], 0)
    expect(buffers.next(0)).toEqual({ until: 500 })
    buffers.push(A, [item('b', 9, 1)], 0)
    expect(drain(buffers)).toEqual(['a', 'b'])
  })

  it('says when a partition is full, and when there is room again', async () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a1', 1, 60)], 5)
    expect(buffers.full(A)).toBeUndefined()
    buffers.push(A, [item('a2', 2, 60)], 4)
    const full = buffers.full(A)
    expect(full).toBeInstanceOf(Promise)
    let resumed = false
    void full!.then(() => {
      resumed = true
    })
    buffers.push(B, [item('b1', 1)], 0)
    buffers.next(0)
    await Promise.resolve()
    expect(resumed).toBe(false)
    drain(buffers, 1_000)
    await full
    expect(buffers.full(A)).toBeUndefined()
  })

  it('forgets a partition that is dropped, and lets go of who waits for it', async () => {
    const buffers = assigned(A, B)
    buffers.push(A, [item('a', 5)], 0)
    buffers.push(B, [item('b', 1, 200)], 9)
    const full = buffers.full(B)
    buffers.drop(B)
    await full
    expect(drain(buffers)).toEqual(['a'])
    // What comes late of it is left out.
    buffers.push(B, [item('late', 1)], 0)
    expect(buffers.next(0)).toBeUndefined()
    expect(buffers.lag(B)).toBeUndefined()
  })

  it('counts what it holds as lag', () => {
    const buffers = assigned(A)
    expect(buffers.lag(A)).toBeUndefined()
    buffers.push(A, [item('a', 1), item('b', 2)], 5)
    expect(buffers.lag(A)).toBe(7)
    buffers.next(0)
    expect(buffers.lag(A)).toBe(6)
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
        const buffers = assigned(A, B, C)
        const sent: string[][] = [[], [], []]
        const got: string[][] = [[], [], []]
        const buckets = [0, 0, 0]
        let now = 0
        const take = (at: number) => {
          for (let next = buffers.next(at); next && 'items' in next; next = buffers.next(at)) {
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
          buffers.push({ topic: 't', partition }, items, lag)
          take(now)
        }
        take(Number.POSITIVE_INFINITY)
        expect(got).toEqual(sent)
      }),
    )
  })
})
