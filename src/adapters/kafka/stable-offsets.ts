import { createRequire } from 'node:module'
import type { Broker } from 'kafkajs'
import type { PartitionId } from '../../domain/ports.ts'
import { bodyOf, CompactReader, compactText, int32, unsigned } from './compact-fields.ts'
import { rawRequest } from './raw-request.ts'

/** OffsetFetch, in the first version that can require stable offsets (Kafka 2.5). */
const OFFSET_FETCH = { apiKey: 9, apiVersion: 7, apiName: 'OffsetFetch' } as const
const TAGS = Buffer.from([0])
const REQUIRE_STABLE = Buffer.from([1])

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}

export interface FetchedOffset extends PartitionId {
  /** -1 if the group has committed nothing. */
  readonly offset: number
  readonly metadata: string | null
}

/** Committed offsets of the group. Rejects with UNSTABLE_OFFSET_COMMIT while an open transaction may still change them. */
export async function stableOffsets(
  coordinator: Broker,
  groupId: string,
  topics: readonly (readonly [topic: string, partitions: readonly number[]])[],
): Promise<FetchedOffset[]> {
  const body = bodyOf(
    TAGS,
    compactText(groupId),
    unsigned(topics.length + 1),
    ...topics.flatMap(([topic, partitions]) => [
      compactText(topic),
      unsigned(partitions.length + 1),
      ...partitions.map(int32),
      TAGS,
    ]),
    REQUIRE_STABLE,
    TAGS,
  )
  const { offsets, error } = await rawRequest(coordinator, OFFSET_FETCH, body, decoded)
  const code = error === 0 ? (offsets.find((found) => found.error !== 0)?.error ?? 0) : error
  if (code !== 0) throw createErrorFromCode(code)
  return offsets
}

function decoded(bytes: Buffer) {
  const read = new CompactReader(bytes)
  // Throttle time.
  read.skip(4)
  const topics = read.list(() => {
    const topic = read.text() ?? ''
    const partitions = read.list(() => {
      const partition = read.int32()
      const offset = Number(read.int64())
      // Leader epoch.
      read.skip(4)
      const found = { topic, partition, offset, metadata: read.text(), error: read.int16() }
      read.skipTags()
      return found
    })
    read.skipTags()
    return partitions
  })
  return { offsets: topics.flat(), error: read.int16() }
}
