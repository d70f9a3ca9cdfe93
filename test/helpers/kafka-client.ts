import kafkajs, { type CompressionTypes } from 'kafkajs'
import { connectKafka, type EachBatchPayload, type KafkaConnection } from '../../src/adapters/kafka/client.ts'
import { decodingWithin } from '../../src/adapters/kafka/records/decoding.ts'
import { slicesOf } from '../../src/adapters/kafka/records/slices.ts'
import { leaveFetchesUndecoded } from '../../src/adapters/kafka/undecoded-fetches.ts'
import type { Event } from '../../src/domain/events.ts'
import { until } from './recording-handler.ts'
import { uniqueName } from './unique-name.ts'

export interface Read {
  readonly partition: number
  readonly offset: number
  /** Epoch ms. */
  readonly timestamp: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** Records of a fetch, decoded by the code under test, which replaces the client's decoder wherever both are loaded. */
export async function recordsOf({ batch: fetched }: { readonly batch: object }): Promise<Read[]> {
  const batch = fetched as EachBatchPayload['batch']
  const { topic, partition } = batch
  const options = { ...decodingWithin(), from: Number(batch.fetchedOffset), size: 10_000 }
  const all: Read[] = []
  for await (const { records } of slicesOf(batch.messages, { topic, partition }, options))
    for (const { position, timestamp, key, value, isTombstone, headers } of records)
      all.push({
        partition,
        offset: position.offset,
        timestamp,
        key: key?.toString() ?? null,
        value: isTombstone ? null : value,
        headers: Object.fromEntries([...(headers?.entries() ?? [])].map(([name, v]) => [name, String(v)])),
      })
  return all
}

/** A plain client for test setup and checks. Read its fetches with `recordsOf`. */
export function plainClient(brokers: readonly string[]) {
  leaveFetchesUndecoded()
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 10 },
  })

  return {
    kafka,
    async createTopic(
      { partitions = 1, config = {} }: { partitions?: number; config?: Record<string, string> } = {},
      name = uniqueName('topic'),
    ): Promise<string> {
      const admin = kafka.admin()
      await admin.connect()
      const made = admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic: name,
            numPartitions: partitions,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          },
        ],
      })
      // In a cluster, the broker asked next may not know the topic yet.
      await made.catch((error: { readonly type?: string }) => {
        if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      })
      // Wait until every partition has a working leader.
      await until(() =>
        admin.fetchTopicOffsets(name).then(
          () => true,
          () => false,
        ),
      )
      await admin.disconnect()
      return name
    },

    /** Deletes a topic and creates it again; resolves when it is writable. */
    async recreateTopic(topic: string): Promise<void> {
      const admin = kafka.admin()
      await admin.connect()
      await admin.deleteTopics({ topics: [topic] })
      await until(async () => !(await admin.listTopics()).includes(topic))
      await admin.disconnect()
      await this.createTopic({}, topic)
    },

    async produce(
      topic: string,
      values: readonly (string | Buffer | null)[],
      options: { partition?: number; keys?: readonly string[]; compression?: CompressionTypes } = {},
    ): Promise<void> {
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
      await producer.connect()
      await producer.send({
        topic,
        ...(options.compression === undefined ? {} : { compression: options.compression }),
        messages: values.map((value, i) => ({
          value,
          key: options.keys?.[i] ?? null,
          ...(options.partition === undefined ? {} : { partition: options.partition }),
        })),
      })
      await producer.disconnect()
    },

    /** All records in a topic now, ordered by partition and offset. */
    async readAll(topic: string): Promise<Read[]> {
      const admin = kafka.admin()
      await admin.connect()
      const bounds = await admin.fetchTopicOffsets(topic)
      await admin.disconnect()
      let left = bounds.reduce((sum, b) => sum + Number(b.high) - Number(b.low), 0)
      const all: Read[] = []
      if (left === 0) return all
      const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${left} records of ${topic} do not come`)), 20_000)
        void consumer.run({
          autoCommit: false,
          eachBatch: async (payload) => {
            const records = await recordsOf(payload)
            all.push(...records)
            left -= records.length
            if (left <= 0) {
              clearTimeout(timer)
              resolve()
            }
          },
        })
      })
      await consumer.disconnect()
      return all.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    },

    async clusterId(): Promise<string> {
      const admin = kafka.admin()
      await admin.connect()
      const { clusterId } = await admin.describeCluster()
      await admin.disconnect()
      return clusterId
    },

    async committed(groupId: string, topic: string): Promise<number[]> {
      const admin = kafka.admin()
      await admin.connect()
      await admin.describeCluster()
      const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] })
      await admin.disconnect()
      return (answer?.partitions ?? [])
        .toSorted((a, b) => a.partition - b.partition)
        .map((p) => Number(p.offset))
    },
  }
}

/** A KafkaConnection with the events that it emits. */
export function testConnection(brokers: readonly string[]): {
  connection: KafkaConnection
  events: Event[]
} {
  const events: Event[] = []
  const connection = connectKafka({ brokers, clientId: 'test', emit: (event) => events.push(event) })
  return { connection, events }
}
