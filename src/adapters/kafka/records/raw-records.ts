import type { RawRecord, RecordHeaders, TimestampType } from '../../../domain/message.ts'
import type { PartitionId } from '../../../domain/ports.ts'

export interface EncodedRecords {
  readonly hasMore: boolean
  /** The next records in ascending offset order: at most `count`, and only the first may exceed `bytes`. */
  read(count: number, bytes: number): RawRecord[]
}

export interface BatchPlace extends PartitionId {
  readonly first: number
  readonly last: number
  readonly maxHeaders: number
}

const NOTHING = Buffer.alloc(0)

interface Fields {
  readonly timestamp: number
  readonly timestampType: TimestampType | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: RecordHeaders | undefined
}

/** Builds a decoded record. Each of the few shapes is one object literal, so that the engine can optimise them. */
export function readRecord({ topic, partition }: PartitionId, offset: number, fields: Fields): FetchedRecord {
  const { timestamp, timestampType, key, headers } = fields
  const position = { topic, partition, offset }
  const value = fields.value ?? NOTHING
  const isTombstone = fields.value === null
  if (timestampType === undefined || isTombstone) {
    return {
      ...{ position, timestamp, value },
      ...(timestampType === undefined ? {} : { timestampType }),
      ...(key === null ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
      ...(isTombstone ? { isTombstone } : {}),
    }
  }
  if (key === null && headers === undefined) return { position, timestamp, timestampType, value }
  if (headers === undefined) return { position, timestamp, timestampType, value, key: key! }
  if (key === null) return { position, timestamp, timestampType, value, headers }
  return { position, timestamp, timestampType, value, key, headers }
}

export interface FetchedRecord extends RawRecord {
  /** The record has no value, which deletes its key in a compacted topic; `value` is empty. */
  readonly isTombstone?: boolean
}

/** Stands in for undecodable data of the offsets `first` to `last`; the bytes are copied. */
export function unreadableRecord(
  { topic, partition }: PartitionId,
  { first, last }: { readonly first: number; readonly last: number },
  bytes: Buffer,
  reason: string,
): FetchedRecord {
  return {
    position: { topic, partition, offset: last },
    firstOffset: Math.min(first, last),
    timestamp: NO_TIMESTAMP,
    ...beginningOf(bytes),
    unreadable: reason,
  }
}

/** The largest record that any setting allows. Larger ones become dead letters, which brokers reject whole by default. */
const LARGEST_RECORD = 10_000_000
/** Bytes kept of a larger record, as with a dead letter that a broker rejects for its size. */
const KEPT = 64_000

export function isHuge(bytes: Buffer): boolean {
  return bytes.length > LARGEST_RECORD
}

/** A copy of an oversized record with the start of its value; it does not retain the buffers it was decoded from. */
export function cut(record: FetchedRecord): FetchedRecord {
  if (record.unreadable !== undefined) return record
  const { position, timestamp, timestampType, value } = record
  const type = timestampType === undefined ? {} : { timestampType }
  return {
    position,
    timestamp,
    ...type,
    value: Buffer.from(value.subarray(0, KEPT)),
    truncated: value.length,
  }
}

function beginningOf(bytes: Buffer): Pick<RawRecord, 'value' | 'truncated'> {
  if (!isHuge(bytes)) return { value: Buffer.from(bytes) }
  return { value: Buffer.from(bytes.subarray(0, KEPT)), truncated: bytes.length }
}

export const NO_TIMESTAMP = -1
