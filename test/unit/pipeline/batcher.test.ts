import { describe, expect, it, vi } from 'vitest'
import { Batcher, GROWN_BY } from '../../../src/pipeline/batcher.ts'

const limits = { maxRecords: 3, maxBytes: 100, maxAge: 10, maxInFlight: 4 }

describe('Batcher', () => {
  it('cuts by count, by bytes and by age', async () => {
    const batches: number[][] = []
    const batcher = new Batcher<number>(limits, async (items, done) => {
      batches.push(items)
      done(items.length)
    })
    for (const n of [1, 2, 3, 4]) batcher.add(n, 1)
    batcher.add(5, 100)
    batcher.add(6, 1)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(batches).toEqual([[1, 2, 3], [4, 5], [6]])
  })

  it('lets an item wait for others no longer than the previous batch took', async () => {
    const begun: number[] = []
    const batcher = new Batcher<number>({ ...limits, maxAge: 2_000 }, async (items, done) => {
      begun.push(performance.now())
      done(items.length)
    })
    for (const n of [1, 2, 3]) batcher.add(n, 1)
    await batcher.drain()
    const added = performance.now()
    batcher.add(4, 1)
    await vi.waitUntil(() => begun.length === 2, { timeout: 1_500, interval: 1 })
    expect(begun[1]! - added).toBeLessThan(1_000)
  })

  it('keeps together what is added together, beyond its limits', async () => {
    const batches: number[][] = []
    const batcher = new Batcher<number>({ ...limits, maxInFlight: 100 }, async (items, done) => {
      batches.push(items)
      done(items.length)
    })
    batcher.add(1, 1)
    batcher.together(() => {
      for (const n of [2, 3, 4, 5]) batcher.add(n, 1)
    })
    batcher.add(6, 1)
    await batcher.drain()
    expect(batches).toEqual([[1, 2, 3, 4, 5], [6]])
  })

  it('tells of a batch that is complete and waits', async () => {
    const waiting: (readonly number[])[] = []
    const ends: (() => void)[] = []
    const batcher = new Batcher<number>(
      { ...limits, maxInFlight: 100 },
      async (items, done) => {
        await new Promise<void>((resolve) => ends.push(resolve))
        done(items.length)
      },
      { gathered: (items) => waiting.push(items) },
    )
    for (const n of [1, 2, 3, 4, 5, 6, 7]) batcher.add(n, 1)
    expect(waiting).toEqual([[4, 5, 6]])
    const drained = batcher.drain()
    for (; ends.length < 3; await new Promise(setImmediate)) ends.at(-1)?.()
    ends.at(-1)!()
    await drained
  })

  it('tells of a batch each time it has grown', async () => {
    const sizes: number[] = []
    const batcher = new Batcher<number>(
      { ...limits, maxRecords: 1000, maxBytes: 10_000, maxInFlight: 1000 },
      async (items, done) => done(items.length),
      { gathered: (items) => sizes.push(items.length) },
    )
    for (let n = 0; n < 2 * GROWN_BY + 3; n++) batcher.add(n, 1)
    expect(sizes).toEqual([GROWN_BY, 2 * GROWN_BY])
    await batcher.drain()
    expect(sizes).toHaveLength(2)
  })

  it('gathers on while a batch is worked on, and sends off what is overdue when it ends', async () => {
    const batches: number[][] = []
    let end: () => void = () => {}
    const batcher = new Batcher<number>(
      { ...limits, maxRecords: 100, maxInFlight: 100 },
      async (items, done) => {
        batches.push(items)
        if (batches.length === 1) await new Promise<void>((resolve) => (end = resolve))
        done(items.length)
      },
    )
    const aged = () => new Promise((resolve) => setTimeout(resolve, 25))
    batcher.add(1, 1)
    await aged()
    for (const n of [2, 3, 4]) {
      batcher.add(n, 1)
      await aged()
    }
    expect(batches).toEqual([[1]])
    end()
    await batcher.drain()
    expect(batches).toEqual([[1], [2, 3, 4]])
    // What comes afterwards waits for its own age, and no longer.
    batcher.add(5, 1)
    expect(batches).toHaveLength(2)
    await aged()
    expect(batches).toEqual([[1], [2, 3, 4], [5]])
  })

  it('begins what arrived during a batch as soon as that ends', async () => {
    const batches: number[][] = []
    let end: () => void = () => {}
    const batcher = new Batcher<number>({ ...limits, maxAge: 2_000 }, async (items, done) => {
      batches.push(items)
      if (batches.length === 1) await new Promise<void>((resolve) => (end = resolve))
      done(items.length)
    })
    batcher.add(1, 1)
    batcher.flush()
    await vi.waitUntil(() => batches.length === 1)
    batcher.add(2, 1)
    end()
    const ended = performance.now()
    await vi.waitUntil(() => batches.length === 2, { timeout: 2_500, interval: 1 })
    expect(performance.now() - ended).toBeLessThan(1_000)
    expect(batches).toEqual([[1], [2]])
  })

  it('still cuts by count while a batch is processed, and where requested', async () => {
    const batches: number[][] = []
    let end: () => void = () => {}
    const batcher = new Batcher<number>({ ...limits, maxInFlight: 100 }, async (items, done) => {
      batches.push(items)
      if (batches.length === 1) await new Promise<void>((resolve) => (end = resolve))
      done(items.length)
    })
    for (const n of [1, 2, 3, 4, 5, 6, 7]) batcher.add(n, 1)
    batcher.flush()
    batcher.add(8, 1)
    await new Promise((resolve) => setTimeout(resolve, 25))
    end()
    await batcher.drain()
    expect(batches).toEqual([[1, 2, 3], [4, 5, 6], [7], [8]])
  })

  it('holds back the ingress until effects are settled', async () => {
    const settle: (() => void)[] = []
    const batcher = new Batcher<number>(limits, async (items, done) => {
      settle.push(() => done(items.length))
    })
    for (const n of [1, 2, 3, 4]) batcher.add(n, 1)
    let entered = false
    const entering = batcher.room().then(() => {
      entered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(entered).toBe(false)
    settle[0]!()
    await entering
    expect(batcher.inFlight).toBe(1)
  })

  it('passes a failure on to waiting callers, and stops working', async () => {
    const batcher = new Batcher<number>(limits, async () => {
      throw new Error('broken')
    })
    batcher.add(1, 1)
    await expect(batcher.drain()).rejects.toThrow('broken')
    await expect(batcher.room()).rejects.toThrow('broken')
  })

  it('drains what waits for its age', async () => {
    let worked = 0
    const batcher = new Batcher<number>({ ...limits, maxAge: 60_000 }, async (items, done) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      worked += items.length
      done(items.length)
    })
    batcher.add(1, 1)
    await batcher.drain()
    expect(worked).toBe(1)
  })
})
