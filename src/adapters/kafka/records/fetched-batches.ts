import { Cursor } from './cursor.ts'

/** Field positions in a batch (Kafka protocol guide, "Record batch"). Message sets share the first ones and the magic byte. */
const LENGTH = 8
const BEFORE_LENGTH = 12
const MAGIC = 16
const UP_TO_MAGIC = 17
const MESSAGE_ATTRIBUTES = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const PRODUCER_ID = 43
const COUNT = 57
export const BATCH_HEADER = 61
/** Minimum size of a message of format 0 after its length field, bytes. */
const SMALLEST = 14
const COMPRESSION = 0x07
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORT = 0

/**
 * A fetched record batch or message set entry, whose records are decoded when read. The client expects `offset` and
 * `isControlRecord` on each message and counts batches by them.
 */
export interface FetchedBatch {
  readonly offset: string
  /** Readers skip the batch. */
  readonly isControlRecord: boolean
  /** Offset of its first record; undefined if only its records have it. */
  readonly first: number | undefined
  /** Last offset of the batch; the next batch starts after it. */
  readonly last: number
  readonly magic: number
  readonly bytes: Buffer
  /** Why the bytes are not a valid batch. */
  readonly damage?: string
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface FetchedLog {
  /** The first offset that readers do not see yet. */
  readonly highWatermark: number
  /** Brokers send the first batch whole, whatever its size; later ones may be truncated. */
  readonly firstIsWhole: boolean
  readonly aborted: readonly AbortedTransaction[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Splits the fetched bytes of a partition into batches. A truncated last batch is left to the next fetch. */
export function batchesOf(
  bytes: Buffer,
  { highWatermark, firstIsWhole, aborted }: FetchedLog,
): FetchedBatch[] {
  const batches: Mutable<FetchedBatch>[] = []
  let at = 0
  while (at + UP_TO_MAGIC <= bytes.length) {
    const size = BEFORE_LENGTH + bytes.readInt32BE(at + LENGTH)
    if (at + size > bytes.length) break
    const isDelimited = size >= BEFORE_LENGTH + SMALLEST
    const piece = isDelimited ? bytes.subarray(at, at + size) : bytes.subarray(at)
    at += piece.length
    const first = offsetAt(piece, 0)
    const next = at + LENGTH <= bytes.length ? offsetAt(bytes, at) : highWatermark
    batches.push(
      isDelimited ? batchOf(piece, first, next) : damaged(piece, first, next, 'its length is too small'),
    )
  }
  if (at === 0 && firstIsWhole && bytes.length >= LENGTH) {
    const reason = 'its length reaches beyond what was fetched'
    batches.push(damaged(bytes, offsetAt(bytes, 0), highWatermark, reason))
  }
  if (aborted.length > 0) hideAborted(batches, aborted)
  return batches
}

/** `next` is the offset where the following batch starts. */
function batchOf(bytes: Buffer, first: number, next: number): Mutable<FetchedBatch> {
  const magic = bytes.readInt8(MAGIC)
  if (magic === 0 || magic === 1) {
    const isCompressed = (bytes[MESSAGE_ATTRIBUTES]! & COMPRESSION) !== 0
    return { ...batch(bytes, first, first, magic), first: isCompressed ? undefined : first }
  }
  const fault =
    magic !== 2
      ? `its format ${magic} is not known`
      : bytes.length < BATCH_HEADER
        ? 'its header is cut off'
        : bytes.readInt32BE(LAST_OFFSET_DELTA) < 0
          ? 'its last offset lies before its first'
          : undefined
  if (fault !== undefined) return damaged(bytes, first, next, fault)
  const isEmpty = bytes.length === BATCH_HEADER && bytes.readInt32BE(COUNT) === 0
  return {
    ...batch(bytes, first, lastOf(bytes, first, next), magic),
    isControlRecord: isEmpty || hasAttribute(bytes, CONTROL),
  }
}

function batch(bytes: Buffer, first: number, last: number, magic: number): Mutable<FetchedBatch> {
  return { offset: String(last), isControlRecord: false, first, last, magic, bytes }
}

function damaged(bytes: Buffer, first: number, next: number, damage: string): Mutable<FetchedBatch> {
  return { ...batch(bytes, first, lastOf(bytes, first, next), -1), damage }
}

/** The last offset by the header, which the checksum does not cover, bounded by the start of the next batch. */
function lastOf(bytes: Buffer, first: number, next: number): number {
  if (bytes.length < BATCH_HEADER || bytes[MAGIC] !== 2) return first
  const last = first + Math.max(0, bytes.readInt32BE(LAST_OFFSET_DELTA))
  return next > first ? Math.min(last, next - 1) : last
}

function offsetAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at))
}

function hasAttribute(bytes: Buffer, attribute: number): boolean {
  return (bytes.readInt16BE(ATTRIBUTES) & attribute) !== 0
}

/**
 * Hides batches of aborted transactions: readers see committed records only. Brokers list the transactions in the order
 * in which they ended; they may overlap.
 */
function hideAborted(
  batches: readonly Mutable<FetchedBatch>[],
  aborted: readonly AbortedTransaction[],
): void {
  const coming = aborted.toSorted((a, b) => Number(b.firstOffset - a.firstOffset))
  const producers = new Set<bigint>()
  for (const batch of batches) {
    for (let next = coming.at(-1); next && next.firstOffset <= batch.last; next = coming.at(-1)) {
      producers.add(next.producerId)
      coming.pop()
    }
    const { bytes, magic } = batch
    if (magic !== 2 || !hasAttribute(bytes, TRANSACTIONAL)) continue
    const producer = bytes.readBigInt64BE(PRODUCER_ID)
    if (!producers.has(producer)) continue
    if (!hasAttribute(bytes, CONTROL)) batch.isControlRecord = true
    else if (endsAborted(bytes)) producers.delete(producer)
  }
}

/** Whether a control batch ends an aborted transaction. True if it cannot be read, so that later batches are not hidden. */
function endsAborted(bytes: Buffer): boolean {
  try {
    const cursor = new Cursor(bytes, BATCH_HEADER)
    cursor.varint()
    cursor.skip(1)
    cursor.varlong()
    cursor.varint()
    const key = cursor.slice(cursor.varint())
    return key === null || key.readInt16BE(2) === ABORT
  } catch {
    return true
  }
}
