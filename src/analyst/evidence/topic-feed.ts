import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { readTopicRange } from '../../adapters/sources/topic-range.ts'
import type { AppendRange, FedRecord, Feed, Prepare, Reading } from './feed.ts'

export interface TopicFeedOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  /** Group of the service: the groups that are made for reading begin with it, and vanish as nothing is committed in them. */
  readonly groupId: string
  /** Called now and then with what was read so far, and the append time it has come to. */
  readonly onProgress?: (topic: string, records: number, at: number) => void
}

const PROGRESS_EVERY = 5_000

/** A bounded part of a topic, by the times of its records; reads it once and leaves nothing behind. */
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
  // What lay before the first offset that is left may have belonged to the range.
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
  return { records, ...(truncated && Number.isFinite(first) ? { beginsAt: first } : {}) }
}
