import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { compareInput, produceLive } from '../../faults/input.ts'
import type { CommitSeen } from '../../faults/place.ts'
import { placesOf } from '../../faults/place.ts'
import type { plainClient, Read } from '../../helpers/kafka-client.ts'

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}
const NOT_LEADER = 6

interface Sent {
  readonly value: Buffer
  readonly partition: number
}

/** A topic of two partitions, of which the second refuses some requests, behind which its records are there or not. */
class Topic {
  readonly values: Buffer[] = []
  readonly #refused: { readonly kept: number }[]

  /** How many records are kept of each request that is refused. */
  constructor(refused: readonly { readonly kept: number }[]) {
    this.#refused = [...refused]
  }

  get client() {
    const producer = () => ({
      connect: async () => {},
      disconnect: async () => {},
      send: async ({ messages }: { messages: readonly Sent[] }) => {
        const refusal = messages[0]!.partition === 1 ? this.#refused.shift() : undefined
        this.values.push(...messages.slice(0, refusal?.kept).map(({ value }) => value))
        if (refusal) throw createErrorFromCode(NOT_LEADER)
      },
    })
    const admin = () => ({
      connect: async () => {},
      disconnect: async () => {},
      fetchTopicOffsets: async () => [0, 1].map((partition) => ({ partition, high: '0' })),
    })
    return { kafka: { producer, admin } } as unknown as Pick<ReturnType<typeof plainClient>, 'kafka'>
  }
}

/** Records that are due one after the other. */
const traffic = (count: number) => ({
  records: Array.from({ length: count }, (_, i) => ({
    key: `k${i}`,
    value: Buffer.from(JSON.stringify({ id: `m${i}`, ts: Date.now() + i * 150 })),
  })),
})

const read = (value: object, timestamp: number): Read => ({
  ...{ partition: 0, offset: 0, key: null, headers: {}, timestamp },
  value: Buffer.from(JSON.stringify(value)),
})

describe('live records of the fault matrix', () => {
  it('come all in though a broker refuses some, and those that came twice are counted', async () => {
    const topic = new Topic([{ kept: 1 }, { kept: 0 }])
    const { records } = traffic(8)
    await produceLive(topic.client, 't', { records })
    const found = topic.values.map((value) => ({ value }))
    expect(new Set(topic.values.map(String)).size).toBe(8)
    expect(found).toHaveLength(9)
    expect(compareInput(records, found)).toEqual({ lost: 0, repeated: 1 })
  })

  it('are counted where they are lost', () => {
    const { records } = traffic(3)
    expect(compareInput(records, [records[0]!, records[0]!, records[2]!])).toEqual({ lost: 1, repeated: 1 })
  })

  it('have a place each where one is in the input again', () => {
    const input = [0, 1].map((offset) => ({ partition: 0, offset, id: 'a' }))
    const commits: CommitSeen[] = [{ at: 1_000, offsets: [2] }]
    const once = placesOf(input, [read({ id: 'a' }, 500)], [], commits)
    expect(once).toEqual({ missing: ['0/1'], both: [], early: ['0/1'] })
    const late = placesOf(input, [read({ id: 'a' }, 1_500), read({ id: 'a' }, 500)], [], commits)
    expect(late).toEqual({ missing: [], both: [], early: ['0/1'] })
    const both = placesOf(input, [read({ id: 'a' }, 600), read({ id: 'a' }, 500)], [], commits)
    expect(both).toEqual({ missing: [], both: [], early: [] })
  })
})
