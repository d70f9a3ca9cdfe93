import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { PRODUCER_RETRY } from '../../src/adapters/kafka/client.ts'
import { murmur2 } from '../../src/adapters/kafka/murmur2.ts'
import type { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import type { Traffic } from '../helpers/traffic.ts'

type PlainClient = ReturnType<typeof plainClient>

const EVERY = 100
/** How long the brokers may refuse records before it is given up, ms. */
const GIVE_UP_AFTER = 300_000
const SEND_ANEW_AFTER = 200

type Records = Traffic['records']

/**
 * Records of the traffic at their event times by the wall clock, whether they are worked on or not. What a broker does not
 * acknowledge is sent again, each partition by itself, and may be there twice then: `compareInput` counts it. A producer of
 * the client that tries again by itself may lose records when leaders move (see PRODUCER_RETRY), and one that is idempotent is
 * refused for good by a broker that has lost what told it its sequence (OUT_OF_ORDER_SEQUENCE_NUMBER).
 */
export async function produceLive(
  client: Pick<PlainClient, 'kafka'>,
  topic: string,
  { records }: Pick<Traffic, 'records'>,
): Promise<void> {
  const { kafka } = client
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: PRODUCER_RETRY,
  })
  await persisting(() => producer.connect())
  const partitions = (await endsOf(client, topic)).length
  let due = 0
  for (let at = 0; at < records.length; await sleep(EVERY)) {
    const from = at
    const now = Date.now()
    for (; at < records.length; at++) {
      // What cannot be read comes with its neighbours.
      due = Math.max(due, eventTime(records[at]!.value, now) ?? due)
      if (due > now) break
    }
    const send = ([partition, some]: [number, Records]) => {
      const messages = some.map((record) => ({ ...record, partition }))
      return persisting(() => producer.send({ topic, acks: -1, messages }))
    }
    await Promise.all([...byPartition(records.slice(from, at), partitions)].map(send))
  }
  await producer.disconnect()
}

/** Again until it succeeds. */
async function persisting(attempt: () => Promise<unknown>): Promise<void> {
  for (const until = Date.now() + GIVE_UP_AFTER; ; await sleep(SEND_ANEW_AFTER)) {
    try {
      await attempt()
      return
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

/** As the client's default partitioner has it. */
export function byPartition(records: Records, partitions: number): Map<number, Records[number][]> {
  const groups = new Map<number, Records[number][]>()
  for (const record of records) {
    const partition = (murmur2(record.key) & 0x7fff_ffff) % partitions
    const group = groups.get(partition)
    if (group) group.push(record)
    else groups.set(partition, [record])
  }
  return groups
}

/** Records that were sent and are not in the topic, and those that are in it more often than they were sent. */
export function compareInput(
  sent: readonly { readonly value: Buffer }[],
  read: readonly { readonly value: Buffer | null }[],
): { readonly lost: number; readonly repeated: number } {
  const left = new Map<string, number>()
  for (const { value } of sent) add(left, value, 1)
  for (const { value } of read) add(left, value!, -1)
  let [lost, repeated] = [0, 0]
  for (const count of left.values())
    if (count > 0) lost += count
    else repeated -= count
  return { lost, repeated }
}

function add(counts: Map<string, number>, value: Buffer, count: number): void {
  const key = value.toString('latin1')
  counts.set(key, (counts.get(key) ?? 0) + count)
}

/** Undefined for a record without one, or whose clock is wrong. */
function eventTime(value: Buffer, now: number): number | undefined {
  try {
    const { ts } = JSON.parse(value.toString()) as { ts?: unknown }
    return typeof ts === 'number' && Math.abs(ts - now) < 600_000 ? ts : undefined
  } catch {
    return undefined
  }
}

/**
 * A topic whose partitions have three replicas, but for the last, which one broker has alone where the cell says so. It takes
 * batches of 4 MB where the cell writes its own: operators allow more than the default, too.
 */
export async function createInput(
  client: PlainClient,
  topic: string,
  partitions: number,
  {
    lastPartitionOn: lastOn,
    batches,
  }: { readonly lastPartitionOn?: number; readonly batches?: unknown } = {},
): Promise<void> {
  const config = {
    ...(lastOn === undefined ? {} : { 'min.insync.replicas': '1' }),
    ...(batches === undefined ? {} : { 'max.message.bytes': String(4 << 20) }),
  }
  await client.createTopic({ partitions, config }, topic)
  if (lastOn === undefined) return
  const last = partitions - 1
  const admin = client.kafka.admin()
  await admin.connect()
  const partitionAssignment = [{ partition: last, replicas: [lastOn] }]
  await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] })
  await until(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const moved = topics[0]!.partitions.find(({ partitionId }) => partitionId === last)
    return moved?.replicas.length === 1 && moved.leader === lastOn
  })
  await admin.disconnect()
}

/** The end of each partition. */
export async function endsOf(client: Pick<PlainClient, 'kafka'>, topic: string): Promise<number[]> {
  const admin = client.kafka.admin()
  await admin.connect()
  const ends: number[] = []
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high)
  await admin.disconnect()
  return ends
}
