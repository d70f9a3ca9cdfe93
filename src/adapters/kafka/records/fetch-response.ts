import { FieldReader } from '../field-reader.ts'
import { type AbortedTransaction, batchesOf, type FetchedBatch } from './fetched-batches.ts'

/** The versions that the client requests; their responses differ only in the fields around the records. */
export const FETCH_VERSIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  /** Empty: batches of aborted transactions are already hidden. */
  readonly abortedTransactions: readonly never[]
  readonly preferredReadReplica?: number
  readonly messages: FetchedBatch[]
}

export interface FetchResponse {
  readonly throttleTime: number
  /** Throttle time that the client must wait itself, ms. */
  readonly clientSideThrottleTime?: number
  readonly responses: readonly { readonly topicName: string; readonly partitions: FetchedPartition[] }[]
}

/**
 * Decodes a fetch response (Kafka protocol guide, "Fetch API") into the client's form, with undecoded batches as
 * messages. Throws RangeError if the response is truncated.
 */
export function decodeFetchResponse(version: number, bytes: Buffer): FetchResponse {
  const fields = new Fields(bytes)
  const throttle = version >= 1 ? fields.int32() : 0
  // Error code and session id, which the client does not use.
  if (version >= 7) fields.skip(6)
  const responses = fields.list(() => ({
    topicName: fields.text(),
    partitions: fields.list(() => partitionOf(version, fields)),
  }))
  // From version 8 on, brokers answer immediately and the client waits.
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttle, responses }
    : { throttleTime: throttle, responses }
}

function partitionOf(version: number, fields: Fields): FetchedPartition {
  const partition = fields.int32()
  const errorCode = fields.int16()
  const highWatermark = fields.int64()
  let aborted: AbortedTransaction[] = []
  if (version >= 4) {
    fields.skip(8)
    if (version >= 5) fields.skip(8)
    aborted = fields.list(() => ({ producerId: fields.int64(), firstOffset: fields.int64() }))
  }
  const replica = version >= 11 ? { preferredReadReplica: fields.int32() } : {}
  const records = fields.bytes()
  const log = { highWatermark: Number(highWatermark), firstIsWhole: version >= 3, aborted }
  return {
    partition,
    errorCode,
    highWatermark: String(highWatermark),
    abortedTransactions: [],
    ...replica,
    messages: batchesOf(records, log),
  }
}

class Fields extends FieldReader {
  text(): string {
    return this.slice(this.int16()).toString()
  }

  bytes(): Buffer {
    return this.slice(Math.max(0, this.int32()))
  }

  list<T>(item: () => T): T[] {
    const items: T[] = []
    for (let left = this.int32(); left > 0; left--) items.push(item())
    return items
  }
}
