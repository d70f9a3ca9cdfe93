import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { createLinesSource } from '../../adapters/sources/lines.ts'
import { readTopicRange } from '../../adapters/sources/topic-range.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { EventTime } from '../../domain/event-time.ts'
import type { RawRecord, SmsRecord } from '../../domain/message.ts'
import type { Clock } from '../../domain/ports.ts'
import { isRejection, itemsOf } from '../../pipeline/decode.ts'
import { type Decode, prepareNow } from '../../pipeline/inputs.ts'
import type { Order } from './order.ts'
import type { Pace } from './pace.ts'
import type { PartitionRange } from './ranges.ts'
import { readVerdict } from './spooled.ts'

export interface ReadingParts {
  readonly order: Order
  readonly decode: Decode
  /** Longer lines are cut here. */
  readonly maxLineBytes: number
  readonly pace: Pace
  /** Whether to judge a record of the range or the warm-up; called once for each readable record. */
  readonly draws: (record: SmsRecord, compared: boolean) => boolean
  /** Called for each unreadable record of the range. */
  readonly deadLetter: () => void
  /** Called with the number of records read. */
  readonly read: (records: number) => void
  readonly signal: AbortSignal
}

/** The period of files to replay, by `ts`, epoch ms; without bounds, everything. */
export interface TimeRange {
  readonly from?: number
  readonly to?: number
  /** Length of the warm-up before `from`, ms. */
  readonly warmUp: number
}

const NOTHING = Buffer.alloc(0)
const MAX_VERDICT_LINE = 10_000_000

/** Reads ranges of topics, several partitions in parallel. Records refer to a topic by its index in `topics`. */
export async function readMessages(
  connection: KafkaConnection,
  source: {
    readonly topics: readonly string[]
    readonly groupId: string
    readonly ranges: readonly PartitionRange[]
  },
  { order, decode, pace, draws, deadLetter, read, signal }: ReadingParts,
): Promise<void> {
  for (const [number, topic] of source.topics.entries()) {
    const ranges = source.ranges.filter((range) => range.topic === topic)
    const ofPartition = new Map(
      ranges.map((range) => [range.partition, { from: range.from, eventTime: new EventTime() }]),
    )
    await readTopicRange({
      connection,
      topic,
      group: `${source.groupId}-replay-${randomUUID()}`,
      ranges: ranges.map(({ partition, warmFrom, to }) => ({ partition, from: warmFrom, to })),
      signal,
      async take(records) {
        const raws = records.map(({ value, ...rest }) => ({ ...rest, value: value ?? NOTHING }))
        await prepareNow(decode, raws)
        for (const raw of raws) {
          const { partition, offset } = raw.position
          const { from, eventTime } = ofPartition.get(partition)!
          const compared = offset >= from
          const items = raw.unreadable === undefined ? readable(raw, decode) : [undefined]
          const first = items.find((record) => record !== undefined)
          const reached = first && eventTime.observe(first.ts)
          for (const [item, record] of items.entries()) {
            if (record) {
              if (!draws(record, compared)) continue
              const place = { topic: number, partition, offset, item, compared }
              order.add(record.id, { ...raw, ...place, eventTime: reached! })
            } else if (compared) deadLetter()
          }
        }
        read(records.length)
        await pace.after(records.length, signal)
      },
    })
  }
}

/** Reads the lines of files that fall into the range or its warm-up. */
export async function readFiles(
  files: readonly string[],
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, warmUp }: TimeRange,
  clock: Clock,
  { order, decode, maxLineBytes, pace, draws, deadLetter, read, signal }: ReadingParts,
): Promise<void> {
  let offset = 0
  for (const file of files) {
    await eachLine(file, clock, maxLineBytes, async (lines) => {
      await prepareNow(decode, lines)
      for (const raw of lines) {
        for (const [item, record] of readable(raw, decode).entries()) {
          if (!record) {
            deadLetter()
            continue
          }
          const { id, ts } = record
          if (ts < from - warmUp || ts >= to) continue
          if (!draws(record, ts >= from)) continue
          const { timestamp, value } = raw
          const spooled = { topic: 0, partition: 0, offset: offset++, item, timestamp, value }
          order.add(id, { ...spooled, eventTime: ts, compared: ts >= from })
        }
      }
      read(lines.length)
      await pace.after(lines.length, signal)
    })
  }
}

/** The topic name used in positions of records from files. */
export function nameOf(files: readonly string[]): string {
  return files.map((file) => basename(file)).join(',')
}

/** Reads stored verdicts from `from` on (Kafka timestamp, epoch ms), or all if it is undefined. */
export async function readVerdictTopic(
  connection: KafkaConnection,
  source: { readonly topic: string; readonly groupId: string; readonly from: number | undefined },
  { order, pace, read, signal }: Pick<ReadingParts, 'order' | 'pace' | 'read' | 'signal'>,
): Promise<void> {
  const { topic, groupId, from } = source
  const bounds = await connection.bounds(topic)
  const starts = from === undefined ? undefined : await connection.offsetsAt(topic, from)
  await readTopicRange({
    connection,
    topic,
    group: `${groupId}-replay-${randomUUID()}`,
    ranges: bounds.map(({ partition, startOffset, endOffset }) => ({
      partition,
      from: Math.max(startOffset, starts?.get(partition) ?? startOffset),
      to: endOffset,
    })),
    signal,
    async take(records) {
      for (const { value } of records) {
        const verdict = value ? readVerdict(value) : undefined
        if (verdict) order.addVerdict(verdict)
      }
      read(records.length)
      await pace.after(records.length, signal)
    },
  })
}

/** Reads a file of verdicts. Rejects with USAGE if a line is not a verdict. */
export async function readVerdictFile(file: string, clock: Clock, order: Order): Promise<void> {
  await eachLine(file, clock, MAX_VERDICT_LINE, async (lines) => {
    for (const { value, position } of lines) {
      const verdict = readVerdict(value)
      if (!verdict) {
        throw new SigwatchError(
          'USAGE',
          `${file}:${position.offset + 1}: no verdict, which has id, action, label, reasons, states and decidedAt`,
        )
      }
      order.addVerdict(verdict)
    }
  })
}

/** The items of a record; undefined for each that becomes a dead letter. */
function readable(raw: RawRecord, decode: Decode): (SmsRecord | undefined)[] {
  return itemsOf(decode(raw)).map((record) => (isRejection(record) ? undefined : record))
}

async function eachLine(
  path: string,
  clock: Clock,
  maxLineBytes: number,
  take: (lines: readonly RawRecord[]) => Promise<void>,
): Promise<void> {
  const source = createLinesSource({ path, clock, maxLineBytes })
  await source.run({
    assigned: async () => {},
    revoked: async () => {},
    records: ({ records }) => take(records),
  })
}
