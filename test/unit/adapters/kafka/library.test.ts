import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { topicsOf } from '../../../../src/adapters/kafka/errors.ts'
import { library, partitioner } from '../../../../src/adapters/kafka/library.ts'

const metadata = Array.from({ length: 6 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}))

describe('the partitioner', () => {
  const ours = partitioner()
  const theirs = library.Partitioners.DefaultPartitioner()

  it('places every key where the default partitioner of the clients does', () => {
    const places = new Set<number>()
    for (let i = 0; i < 1_000; i++) {
      const message = { key: `message:gw1.${i}`, value: '' }
      const choice = { topic: 't', partitionMetadata: metadata, message }
      expect(ours(choice)).toBe(theirs(choice))
      places.add(ours(choice))
    }
    expect(places.size).toBe(6)
  })

  it('spreads records without a key over the partitions, and keeps to one that is named', () => {
    const choose = (message: { key: null; partition?: number; value: string }) =>
      ours({ topic: 't', partitionMetadata: metadata, message })
    const places = Array.from({ length: 12 }, () => choose({ key: null, value: '' }))
    expect(new Set(places).size).toBe(6)
    expect(choose({ key: null, value: '', partition: 4 })).toBe(4)
  })
})

it.each([3, 4, 5, 6, 7])('a refusal names its topic in version %i of the answer', async (version) => {
  const { parse } = createRequire(import.meta.url)(
    `kafkajs/src/protocol/requests/produce/v${version}/response`,
  ) as { parse: (answer: object) => Promise<unknown> }
  const answerOf = (codes: Record<string, number>) => ({
    topics: Object.entries(codes).map(([topicName, errorCode]) => ({
      topicName,
      partitions: [{ errorCode: 0 }, { errorCode }],
    })),
  })
  const refused = await parse(answerOf({ alerts: 0, shadow: 10, verdicts: 6 })).catch((error) => error)
  expect(refused).toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
  expect(topicsOf(refused)).toEqual(['shadow'])
  await expect(parse(answerOf({ alerts: 0 }))).resolves.toBeDefined()
})

describe('the producer of the client', () => {
  interface FakeBroker {
    readonly nodeId: number
    produce(of: {
      topicData: readonly { topic: string; partitions: readonly { partition: number }[] }[]
    }): Promise<object>
  }
  const createSendMessages = createRequire(import.meta.url)('kafkajs/src/producer/sendMessages') as (
    parts: object,
  ) => (request: object) => Promise<readonly { topicName: string; partition: number }[]>

  /** Sends a message to each partition; partition n is led by broker n. Returns what each connection was asked to write. */
  async function send(
    nodeIdOf: (asked: number) => number,
    topics: readonly string[],
    partitions: readonly number[],
  ) {
    const written: string[] = []
    const brokers = new Map<number, FakeBroker>()
    const brokerOf = (id: number): FakeBroker => ({
      nodeId: nodeIdOf(id),
      async produce({ topicData }) {
        for (const { topic, partitions } of topicData)
          for (const { partition } of partitions) written.push(`${id}: ${topic}/${partition}`)
        return { topics: topicData.map(({ topic, partitions }) => ({ topicName: topic, partitions })) }
      },
    })
    const cluster = {
      refreshMetadataIfNecessary: async () => {},
      addMultipleTargetTopics: async () => {},
      findTopicPartitionMetadata: () => metadata,
      findLeaderForPartitions: (_: string, of: readonly string[]) =>
        Object.fromEntries(of.map((partition) => [partition, [Number(partition)]])),
      async findBroker({ nodeId }: { nodeId: string }) {
        const id = Number(nodeId)
        const known = brokers.get(id) ?? brokerOf(id)
        brokers.set(id, known)
        return known
      },
    }
    const none = async () => {}
    const sendMessages = createSendMessages({
      cluster,
      partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      logger: {},
      retrier: (work: () => Promise<unknown>) => work(),
      eosManager: {
        ...{ acquireBrokerLock: none, releaseBrokerLock: none, isTransactional: () => false },
        ...{
          getSequence: () => 0,
          updateSequence: () => {},
          getProducerId: () => 0,
          getProducerEpoch: () => 0,
        },
      },
    })
    const messages = partitions.map((partition) => ({ partition, value: 'v' }))
    const acknowledged = await sendMessages({
      acks: -1,
      topicMessages: topics.map((topic) => ({ topic, messages })),
    })
    return { written: written.sort(), acknowledged: acknowledged.length }
  }

  it('writes to every leader once, even when it confuses two brokers', async () => {
    const all = ['1: a/1', '1: b/1', '2: a/2', '2: b/2']
    expect(await send((id) => id, ['a', 'b'], [1, 2])).toEqual({ written: all, acknowledged: 4 })
    // Both brokers have the id of the first.
    expect(await send(() => 1, ['a', 'b'], [1, 2])).toEqual({ written: all, acknowledged: 4 })
    expect(await send(() => 1, ['a'], [2])).toEqual({ written: ['2: a/2'], acknowledged: 1 })
  })
})
