import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { readTopicRange } from '../../adapters/sources/topic-range.ts'
import { given } from '../../domain/given.ts'
import type { AppendRange, FedRecord, Feed, Prepare, Reading } from './feed.ts'

export interface TopicFeedOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  /** Group of the service, used as the prefix of temporary reader groups. These disappear on their own, because they commit nothing. */
  readonly groupId: string
  /** Called from time to time with the number of records read and the append time reached. */
  readonly onProgress?: (topic: string, records: number, at: number) => void
}

const PROGRESS_EVERY = 5_000

/** Reads a range of a topic by append time, once, and leaves nothing behind at the brokers. */
export function topicFeed(options: TopicFeedOptions): Feed {
  return {
    name: `topic ${options.topic}`,
    read: (range, take, prepare) => read(options, range, take, prepare),
  }
}

async function read(
  { connection, topic, groupId, onProgress }: TopicFeedOptions,
  { from, to }: AppendRange,
  take: (record: FedRecord) => void,
  prepare?: Prepare,
): Promise<Reading> {
  const bounds = await connection.bounds(topic)
  const starts = from === undefined ? undefined : await connection.offsetsAt(topic, from)
  const ends = to === undefined || to > Date.now() ? undefined : await connection.offsetsAt(topic, to)
  const ranges = bounds.map(({ partition, startOffset, endOffset }) => ({
    partition,
    from: Math.max(startOffset, starts?.get(partition) ?? startOffset),
    to: Math.min(endOffset, ends?.get(partition) ?? endOffset),
  }))
  // Records before the first available offset may have been part of the range.
  const truncated =
    from !== undefined &&
    bounds.some(({ startOffset }, i) => startOffset > 0 && ranges[i]!.from === startOffset)
  let records = 0
  let first = Number.POSITIVE_INFINITY
  let toldAt = performance.now()
  await readTopicRange({
    connection,
    topic,
    group: `${groupId}-evidence-${randomUUID()}`,
    ranges,
    async take(some) {
      if (prepare)
        await prepare(some.flatMap(({ value, ...rest }) => (value === null ? [] : [{ ...rest, value }])))
      for (const record of some) {
        records++
        first = Math.min(first, record.timestamp)
        take({ ...record, key: record.key?.toString() ?? '' })
      }
      if (performance.now() - toldAt < PROGRESS_EVERY) return
      toldAt = performance.now()
      onProgress?.(topic, records, some.at(-1)!.timestamp)
    },
  })
  return { records, ...given({ beginsAt: truncated && Number.isFinite(first) ? first : undefined }) }
}
