import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import type { Traffic } from '../helpers/traffic.ts'

type PlainClient = ReturnType<typeof plainClient>

const EVERY = 100

/** Records of the traffic at their event times by the wall clock, whether they are worked on or not. */
export async function produceLive(client: PlainClient, topic: string, traffic: Traffic): Promise<void> {
  const producer = client.kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
  })
  await producer.connect()
  const { records } = traffic
  let due = 0
  for (let at = 0; at < records.length; await sleep(EVERY)) {
    const from = at
    const now = Date.now()
    for (; at < records.length; at++) {
      // What cannot be read comes with its neighbours.
      due = Math.max(due, eventTime(records[at]!.value, now) ?? due)
      if (due > now) break
    }
    if (at > from) await producer.send({ topic, acks: -1, messages: records.slice(from, at) as never })
  }
  await producer.disconnect()
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

/** A topic whose partitions have three replicas, but for the last, which one broker has alone. */
export async function createInput(
  client: PlainClient,
  topic: string,
  partitions: number,
  lastOn?: number,
): Promise<void> {
  const config = lastOn === undefined ? {} : { 'min.insync.replicas': '1' }
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
export async function endsOf(client: PlainClient, topic: string): Promise<number[]> {
  const admin = client.kafka.admin()
  await admin.connect()
  const ends: number[] = []
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high)
  await admin.disconnect()
  return ends
}
