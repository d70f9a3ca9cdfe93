import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { EachBatchPayload, KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import { decodingWithin } from '../../../../src/adapters/kafka/records/decoding.ts'
import { batchesOf } from '../../../../src/adapters/kafka/records/fetched-batches.ts'
import { GroupStart } from '../../../../src/adapters/kafka/start-offsets.ts'
import { GroupMember } from '../../../../src/adapters/sources/group-member.ts'
import type { MemberOptions } from '../../../../src/adapters/sources/member-options.ts'
import { type PartitionId, partitionKey } from '../../../../src/domain/ports.ts'
import { RunningTime } from '../../../../src/domain/running-time.ts'
import { recordBatch } from '../../../helpers/record-batches.ts'
import { RecordingHandler, until } from '../../../helpers/recording-handler.ts'

type Listener = (event: { readonly payload: object }) => void

/** A consumer whose group does what the test says. */
class FakeConsumer {
  readonly events = Object.fromEntries(
    ['CRASH', 'END_BATCH_PROCESS', 'FETCH', 'FETCH_START', 'GROUP_JOIN', 'HEARTBEAT'].map((name) => [
      name,
      name,
    ]),
  )
  readonly #listeners = new Map<string, Listener>()
  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener)
  }
  joins(partitions: readonly number[]): void {
    this.#listeners.get('GROUP_JOIN')!({ payload: { memberAssignment: { t: partitions } } })
  }
  /** Partitions of which the client fetches nothing. */
  readonly paused = new Set<number>()
  readonly sought = new Map<number, number>()
  readonly commits: unknown[] = []
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined
  /** Brings a partition's records from an offset on, as the client does. */
  async fetches(partition: number, from: number, count = 3): Promise<void> {
    const records = Array.from({ length: count }, (_, n) => ({
      value: Buffer.from(`${partition}/${from + n}`),
    }))
    const log = { highWatermark: from + count, firstIsWhole: true, aborted: [] }
    const batch = {
      ...{ topic: 't', partition },
      messages: batchesOf(recordBatch({ baseOffset: from, records }), log),
      fetchedOffset: String(from),
      highWatermark: String(from + count),
      lastOffset: () => String(from + count - 1),
    }
    const payload = {
      batch,
      heartbeat: async () => {},
      resolveOffset: () => {},
      isRunning: () => true,
      isStale: () => false,
      pause: () => () => {},
      commitOffsetsIfNecessary: async (commit: unknown) => {
        this.commits.push(commit)
      },
    }
    await this.#eachBatch!(payload as unknown as EachBatchPayload)
  }
  async connect() {}
  async subscribe() {}
  async run({ eachBatch }: { readonly eachBatch: (payload: EachBatchPayload) => Promise<void> }) {
    this.#eachBatch = eachBatch
  }
  async disconnect() {}
  seek({ partition, offset }: { readonly partition: number; readonly offset: string }) {
    this.sought.set(partition, Number(offset))
  }
  pause(topics: readonly { readonly partitions: readonly number[] }[]) {
    for (const { partitions } of topics) for (const partition of partitions) this.paused.add(partition)
  }
  resume(topics: readonly { readonly partitions: readonly number[] }[]) {
    for (const { partitions } of topics) for (const partition of partitions) this.paused.delete(partition)
  }
}

function memberWith(takeOver?: MemberOptions['takeOver']) {
  const consumer = new FakeConsumer()
  const connection = {
    consumer: () => consumer,
    awaitsLogin: false,
    decoding: decodingWithin(),
    committedOf: async (_group: string, ids: readonly PartitionId[]) =>
      new Map(ids.map((id) => [partitionKey(id), { offset: 10 * id.partition }])),
    topicFacts: async () => new Map(),
  } as unknown as KafkaConnection
  const handler = new RecordingHandler()
  const time = new RunningTime()
  const warnings: string[] = []
  let epoch = 0
  const member = new GroupMember({
    options: {
      connection,
      groupId: 'g',
      topics: ['t'],
      emit: (event) => {
        if (event.name === 'warning') warnings.push(event.message)
      },
      heartbeatInterval: 1_000,
      sessionTimeout: 10_000,
      chunk: 10,
      giveUpWithin: 1_000,
      commitWithin: 1_000,
      takeOver,
    },
    handler,
    start: new GroupStart(connection, 'g', 'earliest'),
    nextEpoch: () => ++epoch,
    failed: (error) => {
      throw error
    },
    alive: () => {},
    served: () => {},
    progressed: () => {},
    time,
    stopping: new AbortController().signal,
  })
  return { consumer, handler, member, warnings, end: () => time.stop() }
}

it('takes nothing over for an assignment that ended while it waited for another attempt', async () => {
  let attempts = 0
  const { consumer, member, end } = memberWith(async () => {
    attempts++
    throw new Error('Closed connection')
  })
  const living = member.live()
  consumer.joins([0, 1])
  await sleep(20)
  expect(attempts).toBe(1)
  member.rejoin(new Error('expelled'))
  await living
  await sleep(400)
  expect(attempts).toBe(1)
  end()
})

it('says that nothing is to be taken over when it is assigned nothing', async () => {
  const asked: unknown[] = []
  const { consumer, member, end } = memberWith(async (partitions, epoch) => {
    asked.push([partitions, epoch])
    return partitions
  })
  const living = member.live()
  consumer.joins([])
  expect(asked).toEqual([[[], 1]])
  member.rejoin(new Error('expelled'))
  await living
  end()
})

/** A member of whose partitions the brokers of 1 answer when they are told to. */
function memberWithoutOne() {
  const attempts: (readonly number[])[] = []
  const brokers = { up: false }
  const made = memberWith(async (ids) => {
    attempts.push(ids.map(({ partition }) => partition))
    const taken = ids.filter(({ partition }) => partition !== 1 || brokers.up)
    if (taken.length === 0) throw new Error('Closed connection')
    return taken
  })
  return { ...made, attempts, brokers }
}

it('reads what it could take over, and the rest from the commit on when it can', async () => {
  const { consumer, handler, member, attempts, brokers, end } = memberWithoutOne()
  const living = member.live()
  await sleep(10)
  consumer.joins([0, 1, 2])
  await until(() => handler.held.size === 2)
  await until(() => member.assignment?.preparing === false)
  expect([...consumer.paused]).toEqual([1])
  expect(member.assignment!.withheld()).toEqual([{ topic: 't', partition: 1 }])
  expect(member.assignment!.leaderless()).toEqual([])
  await consumer.fetches(0, 0)
  // What was fetched before it was paused.
  await consumer.fetches(1, 10)
  await consumer.fetches(2, 20)
  expect(handler.values).toEqual(['0/0', '0/1', '0/2', '2/20', '2/21', '2/22'])
  await until(() => attempts.length > 1)
  brokers.up = true
  await until(() => consumer.paused.size === 0)
  expect(attempts.at(-1)).toEqual([1])
  expect(consumer.sought.get(1)).toBe(10)
  await consumer.fetches(1, 10)
  await consumer.fetches(0, 3)
  expect(handler.values.slice(6)).toEqual(['1/10', '1/11', '1/12', '0/3', '0/4', '0/5'])
  expect(handler.strays).toEqual([])
  expect(handler.calls.filter((call) => call !== 'records')).toEqual(['assigned', 'assigned'])
  member.rejoin(new Error('expelled'))
  await living
  expect(handler.held.size).toBe(0)
  end()
})

it('takes nothing more over for an assignment that has ended, and reads all of the next', async () => {
  const { consumer, handler, member, attempts, brokers, end } = memberWithoutOne()
  const living = member.live()
  await sleep(10)
  consumer.joins([0, 1])
  await until(() => handler.held.size === 1)
  brokers.up = true
  consumer.joins([0, 1])
  await until(() => handler.held.size === 2 && consumer.paused.size === 0)
  const before = attempts.length
  await sleep(1_500)
  expect(attempts).toHaveLength(before)
  await consumer.fetches(1, 10)
  expect(handler.values).toEqual(['1/10', '1/11', '1/12'])
  member.rejoin(new Error('expelled'))
  await living
  end()
})

it('says how much of what is settled behind an offset does not fit into the commit', async () => {
  const { consumer, handler, member, warnings, end } = memberWith()
  const living = member.live()
  await sleep(10)
  consumer.joins([0])
  await until(() => handler.held.size === 1)
  await until(() => member.assignment?.preparing === false)
  await consumer.fetches(0, 0)
  const written = Array.from({ length: 2_000 }, (_, n) => ({ from: 2 * n + 10, to: 2 * n + 11 }))
  await member.commit([{ topic: 't', partition: 0, offset: 3, written }])
  expect(consumer.commits).toMatchObject([{ topics: [{ topic: 't', partitions: [{ offset: '3' }] }] }])
  expect(warnings).toEqual([
    expect.stringMatching(/^t\/0: \d+ stretches behind its offset do not fit into the commit/),
  ])
  member.rejoin(new Error('expelled'))
  await living
  end()
})
