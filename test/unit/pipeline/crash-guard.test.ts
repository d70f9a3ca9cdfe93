import { describe, expect, it } from 'vitest'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { OutputRecord } from '../../../src/domain/ports.ts'
import { CrashGuard } from '../../../src/pipeline/crash-guard.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'
import type { Write } from '../../../src/pipeline/pipeline.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { message } from '../../helpers/state-fixtures.ts'

const POISON = { partition: 0, offset: 7 }

function item(partition: number, offset: number): Intaken {
  const position = { topic: 't', partition, offset }
  const id = `${partition}/${offset}`
  const origins = [{ id, position, value: Buffer.from(id) }]
  return { kind: 'message', message: message({ id, position, origins }), epoch: 1, bytes: 1, eventTime: 0 }
}

describe('records that are split', () => {
  it('are worked on as a whole, also one at a time', async () => {
    const store = new MemoryStateStore({ clock: { now: () => 0 } })
    const worked: number[] = []
    const items = [item(0, 1), item(0, 1), item(0, 1), item(0, 2)]
    for (let life = 0; life < 2; life++) {
      const guard = new CrashGuard(
        { readAhead: () => {}, process: async (some) => void worked.push(some.length) },
        store,
        () => {},
      )
      await guard.process(items, async () => {})
    }
    expect(worked).toEqual([4, 3, 1])
  })
})

/** A deployment whose process ends whenever it works on the poison, and is started again from what it has committed. */
class Deployment {
  readonly store = new MemoryStateStore({ clock: { now: () => 0 } })
  readonly written = new Map<string, OutputRecord[]>()
  readonly committed = [0, 0]
  crashes = 0

  /** One life: until the process ends or both partitions have been read to `end`. True: it lived. */
  async live(end: number, batch: number): Promise<boolean> {
    const inHand = { size: 0 }
    const pipeline = {
      readAhead: () => {},
      process: async (items: readonly Intaken[], write: Write) => {
        inHand.size = items.length
        for (const one of items) {
          if (one.kind !== 'message') continue
          const { partition, offset } = one.message.position
          if (partition === POISON.partition && offset === POISON.offset)
            throw new SigwatchError('INTERNAL', 'out of memory')
        }
        await write(
          items.map((one) => ({
            channel: 'verdicts',
            key: one.kind === 'message' ? one.message.id : '',
            value: '',
          })),
        )
      },
    }
    const guard = new CrashGuard(pipeline, this.store, () => {})
    while (this.committed.some((next) => next < end)) {
      const items = this.committed.flatMap((from, partition) =>
        Array.from({ length: Math.min(batch, end - from) }, (_, i) => item(partition, from + i)),
      )
      const records: OutputRecord[] = []
      try {
        await guard.process(items, async (some) => void records.push(...some))
      } catch {
        this.crashes++
        return false
      }
      for (const record of records) {
        const key = record.key ?? String(record.value)
        this.written.set(key, [...(this.written.get(key) ?? []), record])
      }
      this.committed.forEach((from, partition) => {
        this.committed[partition] = Math.min(end, from + batch)
      })
    }
    await guard.revoked([0, 1].map((partition) => ({ topic: 't', partition })))
    return true
  }
}

describe('a record that ends the process', () => {
  it('becomes a dead letter after it ended it three times alone, and all others are worked on', async () => {
    const deployment = new Deployment()
    while (!(await deployment.live(40, 10))) expect(deployment.crashes).toBeLessThan(10)
    expect(deployment.crashes).toBe(4)
    expect(deployment.written.size).toBe(80)
    const letters = [...deployment.written.values()].flat().filter((r) => r.channel === 'deadLetters')
    expect(letters).toMatchObject([
      { value: Buffer.from('0/7'), headers: { 'sigwatch-error': 'INTERNAL', 'sigwatch-stage': 'process' } },
    ])
  })

  it('is not looked for where reading ended in order', async () => {
    const deployment = new Deployment()
    POISON.offset = 1_000
    for (let life = 0; life < 5; life++) {
      deployment.committed.fill(0)
      expect(await deployment.live(40, 10)).toBe(true)
    }
    expect(await deployment.store.countAttempt('read/t/0/0')).toBe(1)
    POISON.offset = 7
  })

  it('works on what is in flight of a partition that is given up meanwhile', async () => {
    const store = new MemoryStateStore({ clock: { now: () => 0 } })
    let guard: CrashGuard | undefined
    const countAttempt = async () => {
      await guard?.revoked([{ topic: 't', partition: 0 }])
      return 1
    }
    const done: number[] = []
    const pipeline = {
      readAhead: () => {},
      process: async (items: readonly Intaken[]) => void done.push(items.length),
    }
    const attempts = { countAttempt, forgetAttempt: (attempt: string) => store.forgetAttempt(attempt) }
    guard = new CrashGuard(pipeline, attempts, () => {})
    await guard.process([item(0, 0), item(1, 0)], async () => {})
    expect(done).toEqual([2])
  })

  it('lets nothing be read ahead before its partition was begun, nor where it is looked for', async () => {
    const store = new MemoryStateStore({ clock: { now: () => 0 } })
    const ahead: number[] = []
    const pipeline = {
      readAhead: (items: readonly Intaken[]) => void ahead.push(items.length),
      process: async (_: readonly Intaken[], write: Write) => write([]),
    }
    const begin = async () => {
      const guard = new CrashGuard(pipeline, store, () => {})
      guard.readAhead([item(0, 0)])
      expect(ahead).toEqual([])
      await guard.process([item(0, 0)], async () => {})
      guard.readAhead([item(0, 1), item(0, 2)])
      guard.readAhead([item(0, 3), item(1, 0)])
    }
    await begin()
    expect(ahead).toEqual([2])
    ahead.length = 0
    // For the second time at the same offset.
    await begin()
    expect(ahead).toEqual([])
  })

  it('looks at a batch that grows as a whole again once a partition was given up', async () => {
    const ahead: number[] = []
    const pipeline = {
      readAhead: (items: readonly Intaken[]) => void ahead.push(items.length),
      process: async (_: readonly Intaken[], write: Write) => write([]),
    }
    const guard = new CrashGuard(pipeline, new MemoryStateStore({ clock: { now: () => 0 } }), () => {})
    await guard.process([item(0, 0), item(1, 0)], async () => {})
    const growing = [item(0, 1)]
    guard.readAhead(growing)
    growing.push(item(1, 1))
    guard.readAhead(growing)
    expect(ahead).toEqual([1, 2])
    await guard.revoked([{ topic: 't', partition: 0 }])
    growing.push(item(1, 2))
    guard.readAhead(growing)
    expect(ahead).toEqual([1, 2])
  })
})

describe('a start that reading has left behind', () => {
  const lifeOf = (store: MemoryStateStore) => {
    const worked: number[] = []
    const clock = { now: 0 }
    const pipeline = {
      readAhead: () => {},
      process: async (some: readonly Intaken[]) => void worked.push(some.length),
    }
    const guard = new CrashGuard(
      pipeline,
      store,
      () => {},
      () => clock.now,
    )
    const process = (...offsets: number[]) =>
      guard.process(
        offsets.map((offset) => item(0, offset)),
        async () => {},
      )
    return { worked, clock, process }
  }

  it('does not count when the group is reset to it after an abrupt end', async () => {
    const store = new MemoryStateStore({ clock: { now: () => 0 } })
    const first = lifeOf(store)
    await first.process(0, 1)
    first.clock.now = 61_000
    await first.process(2, 3)
    const second = lifeOf(store)
    await second.process(0, 1)
    expect(second.worked).toEqual([2])
  })

  it('ends the processing one at a time after a minute', async () => {
    const store = new MemoryStateStore({ clock: { now: () => 0 } })
    await lifeOf(store).process(0, 1)
    const second = lifeOf(store)
    await second.process(0, 1)
    second.clock.now = 59_000
    await second.process(2, 3)
    second.clock.now = 61_000
    await second.process(4, 5)
    await second.process(6, 7)
    expect(second.worked).toEqual([1, 1, 1, 1, 1, 1, 2])
  })
})
