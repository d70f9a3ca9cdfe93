import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { readTopicRange } from '../../adapters/sources/topic-range.ts'
import { optionFault } from '../../domain/errors.ts'
import type { PartitionId } from '../../domain/ports.ts'

/** The offsets of a partition to replay: `from` (inclusive) to `to` (exclusive), preceded by a warm-up from `warmFrom`. */
export interface PartitionRange extends PartitionId {
  readonly warmFrom: number
  readonly from: number
  readonly to: number
}

/** `P:A-B`: offsets A to B of partition P, both inclusive. */
export interface OffsetSpan {
  readonly partition: number
  readonly first: number
  readonly last: number
}

export interface RangeWish {
  /** Kafka timestamps, epoch ms. */
  readonly from?: number
  readonly to?: number
  readonly offsets?: readonly OffsetSpan[]
  /** Length of the warm-up before the range, ms. */
  readonly warmUp: number
}

const SPAN = /^(\d{1,6}):(\d{1,15})-(\d{1,15})$/

/** Parses offset spans. Throws USAGE that says what is allowed. */
export function parseOffsets(texts: readonly string[]): OffsetSpan[] {
  const spans = texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const [, partition, first, last] = SPAN.exec(text.trim()) ?? []
      if (partition === undefined || Number(first) > Number(last)) {
        throw optionFault(
          '--offsets',
          `"${text}" is not of the form P:A-B, such as 0:1000-1999 for offsets 1000 to 1999 of partition 0`,
        )
      }
      return { partition: Number(partition), first: Number(first), last: Number(last) }
    })
  const twice = spans.find(
    ({ partition }, i) => spans.findIndex((other) => other.partition === partition) !== i,
  )
  if (twice) throw optionFault('--offsets', `partition ${twice.partition} is given twice`)
  return spans
}

/**
 * Resolves a range to the current offsets of the topics. With `--offsets`, other partitions are read over the same period
 * without being compared, because their messages count towards the same rates. Returns an empty array if no record falls into
 * the period. Rejects with USAGE if none of the given offsets exists.
 */
export async function rangesOf(
  connection: KafkaConnection,
  { topics, groupId }: { readonly topics: readonly string[]; readonly groupId: string },
  wish: RangeWish,
): Promise<PartitionRange[]> {
  if (wish.offsets && topics.length > 1)
    throw optionFault('--offsets', `of which topic? Give --topic, one of ${topics.join(', ')}`)
  const ranges: PartitionRange[] = []
  for (const topic of topics) ranges.push(...(await rangesOfTopic(connection, { topic, groupId }, wish)))
  if (ranges.some((range) => range.from < range.to)) return ranges
  if (wish.offsets) throw optionFault('--offsets', `${topics.join(', ')}: no record of the range is there`)
  return []
}

async function rangesOfTopic(
  connection: KafkaConnection,
  source: { readonly topic: string; readonly groupId: string },
  { from, to, offsets, warmUp }: RangeWish,
): Promise<PartitionRange[]> {
  const { topic } = source
  const bounds = await connection.bounds(topic)
  const ranges = offsets
    ? await byOffset(connection, source, bounds, offsets)
    : await byTime(connection, topic, bounds, from, to)
  const begins = offsets ? ranges.find(({ began }) => began !== undefined)?.began : from
  const warm = begins === undefined ? undefined : await connection.offsetsAt(topic, begins - warmUp)
  return ranges
    .map(({ partition, startOffset, from: first, to: end }) => ({
      topic,
      partition,
      from: first,
      to: end,
      warmFrom: warm ? Math.min(first, Math.max(startOffset, warm.get(partition) ?? startOffset)) : first,
    }))
    .filter(({ warmFrom, to: end }) => warmFrom < end)
}

type Bounds = Awaited<ReturnType<KafkaConnection['bounds']>>

interface Found {
  readonly partition: number
  readonly startOffset: number
  readonly from: number
  readonly to: number
  /** Kafka timestamp of the earliest compared record, epoch ms. */
  readonly began?: number
}

async function byTime(
  connection: KafkaConnection,
  topic: string,
  bounds: Bounds,
  from: number | undefined,
  to: number | undefined,
): Promise<Found[]> {
  const starts = from === undefined ? undefined : await connection.offsetsAt(topic, from)
  const ends = to === undefined || to > Date.now() ? undefined : await connection.offsetsAt(topic, to)
  return bounds.map(({ partition, startOffset, endOffset }) => ({
    partition,
    startOffset,
    from: Math.max(startOffset, starts?.get(partition) ?? startOffset),
    to: Math.min(endOffset, ends?.get(partition) ?? endOffset),
  }))
}

async function byOffset(
  connection: KafkaConnection,
  source: { readonly topic: string; readonly groupId: string },
  bounds: Bounds,
  offsets: readonly OffsetSpan[],
): Promise<Found[]> {
  const strange = offsets.find((span) => !bounds.some(({ partition }) => partition === span.partition))
  if (strange) throw optionFault('--offsets', `${source.topic} has no partition ${strange.partition}`)
  const named = bounds.flatMap(({ partition, startOffset, endOffset }): Found[] => {
    const span = offsets.find((one) => one.partition === partition)
    if (!span) return []
    const [from, to] = [Math.max(startOffset, span.first), Math.min(endOffset, span.last + 1)]
    return [{ partition, startOffset, from, to }]
  })
  const filled = named.filter(({ from, to }) => from < to)
  if (filled.length === 0) return []
  const [began, ended] = await appended(connection, source, filled)
  const ends = await connection.offsetsAt(source.topic, ended + 1)
  const others = bounds
    .filter(({ partition }) => !offsets.some((span) => span.partition === partition))
    .map(({ partition, startOffset, endOffset }) => {
      const end = Math.min(endOffset, ends.get(partition) ?? endOffset)
      return { partition, startOffset, from: end, to: end, began }
    })
  return [...filled.map((range) => ({ ...range, began })), ...others]
}

/** The earliest of the first and the latest of the last Kafka timestamps in the ranges. */
async function appended(
  connection: KafkaConnection,
  { topic, groupId }: { readonly topic: string; readonly groupId: string },
  ranges: readonly Found[],
): Promise<[number, number]> {
  const times: number[] = []
  for (const at of ['from', 'to'] as const) {
    await readTopicRange({
      connection,
      topic,
      group: `${groupId}-replay-${randomUUID()}`,
      ranges: ranges.map(({ partition, from, to }) =>
        at === 'from' ? { partition, from, to: from + 1 } : { partition, from: to - 1, to },
      ),
      take: (records) => void times.push(...records.map(({ timestamp }) => timestamp)),
    })
  }
  if (times.length === 0) throw optionFault('--offsets', `${topic} has no records at the ends of the range`)
  return [Math.min(...times), Math.max(...times)]
}
