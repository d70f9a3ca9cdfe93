import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { KafkaConnection } from '../../../src/kafka/client.ts'
import { GroupStart } from '../../../src/kafka/start-offsets.ts'
import { GroupMember } from '../../../src/sources/group-member.ts'
import type { MemberOptions } from '../../../src/sources/member-options.ts'
import { RunningTime } from '../../../src/sources/running-time.ts'
import { RecordingHandler } from '../../helpers/recording-handler.ts'

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
  async connect() {}
  async subscribe() {}
  async run() {}
  async disconnect() {}
  seek() {}
}

function memberWith(takeOver: NonNullable<MemberOptions['takeOver']>) {
  const consumer = new FakeConsumer()
  const connection = { consumer: () => consumer, awaitsLogin: false } as unknown as KafkaConnection
  const time = new RunningTime()
  let epoch = 0
  const member = new GroupMember({
    options: {
      connection,
      groupId: 'g',
      topics: ['t'],
      emit: () => {},
      heartbeatInterval: 1_000,
      sessionTimeout: 10_000,
      chunk: 10,
      giveUpWithin: 1_000,
      commitWithin: 1_000,
      takeOver,
    },
    handler: new RecordingHandler(),
    start: new GroupStart(connection, 'g', 'earliest'),
    nextEpoch: () => ++epoch,
    failed: (error) => {
      throw error
    },
    alive: () => {},
    progressed: () => {},
    time,
    stopping: new AbortController().signal,
  })
  return { consumer, member, end: () => time.stop() }
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
  const { consumer, member, end } = memberWith(
    async (partitions, epoch) => void asked.push([partitions, epoch]),
  )
  const living = member.live()
  consumer.joins([])
  expect(asked).toEqual([[[], 1]])
  member.rejoin(new Error('expelled'))
  await living
  end()
})
