import type { RawRecord, RecordHeaders, TimestampType } from '../../../domain/message.ts'
import type { PartitionId } from '../../../domain/ports.ts'

/** Records of one batch, decoded as they are read. */
export interface EncodedRecords {
  readonly hasMore: boolean
  /** The next records in ascending offsets: at most `count`, and only the first may have more than `bytes`. */
  read(count: number, bytes: number): RawRecord[]
}

/** What the records of a batch have in common. */
export interface BatchPlace extends PartitionId {
  /** Offset of its first record. */
  readonly first: number
  readonly last: number
  /** Of one record, at most. */
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

/** A record that was decoded. Nearly all records of a fetch have the same form, each of them made in one piece. */
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

/** A record as a reader of this project has it. */
export interface FetchedRecord extends RawRecord {
  /** It has no value, which deletes its key in a compacted topic; `value` is empty. */
  readonly isTombstone?: boolean
}

/** Stands for what cannot be decoded, from the offset `first` to `last`; the bytes are copied. */
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

/** No setting allows a larger record: it is a dead letter, which no broker takes whole by default. */
const LARGEST_RECORD = 10_000_000
/** What is kept of a larger one, bytes, as of a dead letter that a broker does not take. */
const KEPT = 64_000

export function isHuge(bytes: Buffer): boolean {
  return bytes.length > LARGEST_RECORD
}

/** The record without what it refers to: what is kept is a copy. */
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

/** As Kafka has it. */
export const NO_TIMESTAMP = -1
