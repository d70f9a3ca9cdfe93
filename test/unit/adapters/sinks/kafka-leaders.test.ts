import { createRequire } from 'node:module'
import type { Producer } from 'kafkajs'
import { expect, it } from 'vitest'
import { type KafkaConnection, PRODUCER_RETRY } from '../../../../src/adapters/kafka/client.ts'
import { library } from '../../../../src/adapters/kafka/library.ts'
import { KafkaSink } from '../../../../src/adapters/sinks/kafka.ts'
import { Health } from '../../../../src/domain/health.ts'

const require = createRequire(import.meta.url)
// Another test of this process may have loaded the client before its parts were replaced.
for (const part of ['producer', 'producer/messageProducer'])
  delete require.cache[require.resolve(`kafkajs/src/${part}`)]
const createProducer = require('kafkajs/src/producer') as (options: object) => Producer
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}
const NOT_LEADER = 6

interface ProduceRequest {
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly messages: readonly { value: string; timestamp?: string }[]
    }[]
  }[]
}

/** Two brokers under the real producer: the second moves the leader of its topic to the first when it is asked. */
function producerOfTwoBrokers() {
  const leaders: Record<string, string> = { alerts: '1', verdicts: '2' }
  const written: string[] = []
  const stamps: (string | undefined)[] = []
  const brokerOf = (nodeId: string) => ({
    nodeId,
    async produce({ topicData }: ProduceRequest) {
      if (topicData.some(({ topic }) => leaders[topic] !== nodeId)) throw createErrorFromCode(NOT_LEADER)
      if (nodeId === '2') {
        leaders.verdicts = '1'
        throw createErrorFromCode(NOT_LEADER)
      }
      for (const { topic, partitions } of topicData)
        for (const { messages } of partitions)
          for (const { value, timestamp } of messages) {
            written.push(`${topic} ${value}`)
            stamps.push(timestamp)
          }
      return {
        topics: topicData.map(({ topic, partitions }) => ({
          topicName: topic,
          partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, offset: '0' })),
        })),
      }
    },
  })
  const brokers: Record<string, ReturnType<typeof brokerOf>> = { '1': brokerOf('1'), '2': brokerOf('2') }
  const quiet = { namespace: () => quiet, debug() {}, info() {}, warn() {}, error() {} }
  const cluster = {
    connect: async () => {},
    disconnect: async () => {},
    isConnected: () => true,
    refreshMetadata: async () => {},
    refreshMetadataIfNecessary: async () => {},
    addMultipleTargetTopics: async () => {},
    removeBroker() {},
    findTopicPartitionMetadata: (topic: string) => [{ partitionId: 0, leader: leaders[topic] }],
    findLeaderForPartitions: (topic: string, partitions: readonly string[]) => ({
      [leaders[topic]!]: partitions.map(Number),
    }),
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers[nodeId],
  }
  const producer = createProducer({
    cluster,
    logger: quiet,
    createPartitioner: library.Partitioners.DefaultPartitioner,
    retry: PRODUCER_RETRY,
  })
  const connection = {
    health: new Health('kafka', () => {}),
    producer: () => producer,
  } as unknown as KafkaConnection
  return { connection, written, stamps }
}

it('writes all once when a partition moves to a broker that has answered already', async () => {
  const { connection, written } = producerOfTwoBrokers()
  const sink = new KafkaSink({ connection, topics: { alerts: 'alerts', verdicts: 'verdicts' } })
  await sink.write([
    { channel: 'alerts', key: 'a', value: 'one' },
    { channel: 'verdicts', key: 'a', value: 'two' },
  ])
  expect(written).toEqual(['alerts one', 'verdicts two'])
})

// Requests with several timestamps are left to the slow encoder of the client.
it('gives the records of a write one timestamp, although the clock goes on', async () => {
  const { connection, stamps } = producerOfTwoBrokers()
  let now = 1_700_000_000_000
  const clock = { now: () => now++, observe: () => {} }
  const sink = new KafkaSink({ connection, topics: { alerts: 'alerts' }, clock })
  await sink.write(['one', 'two', 'three'].map((value) => ({ channel: 'alerts', key: 'a', value })))
  expect(stamps).toHaveLength(3)
  expect(new Set(stamps)).toEqual(new Set(['1700000000000']))
})
