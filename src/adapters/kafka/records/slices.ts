import type { PartitionId } from '../../../domain/ports.ts'
import { unpack } from './compressed.ts'
import { Undecodable } from './cursor.ts'
import type { Decoding } from './decoding.ts'
import { BATCH_HEADER, type FetchedBatch } from './fetched-batches.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { compressedMessages, MessageRecords, verifyMessage } from './message-set.ts'
import { type BatchPlace, type EncodedRecords, type FetchedRecord, unreadableRecord } from './raw-records.ts'
import { BatchRecords, verifyBatch } from './record-batch.ts'
import { Turns } from './turns.ts'

export interface Slice {
  readonly records: FetchedRecord[]
  /** Everything before this offset was read. */
  readonly next: number
  readonly isLast: boolean
}

export interface SliceOptions extends Decoding {
  /** Records before this offset were already read. */
  readonly from: number
  readonly size: number
}

/** Maximum size of a slice in bytes, unless a single record is larger. */
const SLICE_BYTES = 1 << 19
const ATTRIBUTES_OF_BATCH = 21
const ATTRIBUTES_OF_MESSAGE = 17
const COMPRESSION = 0x07
const NOTHING_HELD = () => {}

interface Opened {
  readonly records: EncodedRecords
  readonly close: () => void
}

/**
 * Decodes fetched batches in order, in short turns of the event loop, as the caller requests slices. The decompressed
 * bytes of a batch are released when its last slice has been requested: records hold copies. Undecodable data is
 * returned as a record marked `unreadable`, for a whole batch if its records cannot be told apart.
 */
export async function* slicesOf(
  batches: readonly FetchedBatch[],
  { topic, partition }: PartitionId,
  { from, size, maxHeaders, memory }: SliceOptions,
): AsyncGenerator<Slice, void, void> {
  const turns = new Turns()
  let next = from
  let records: FetchedRecord[] = []
  let bytes = 0
  for (const batch of batches) {
    if (batch.last < next || batch.isControlRecord) continue
    const place = { topic, partition, first: batch.first ?? next, last: batch.last, maxHeaders }
    const opened = await open(batch, place, memory, turns)
    try {
      while (opened.records.hasMore) {
        if (records.length >= size || bytes >= SLICE_BYTES) {
          yield { records, next, isLast: false }
          records = []
          bytes = 0
        }
        for (const record of opened.records.read(size - records.length, SLICE_BYTES - bytes)) {
          const { offset } = record.position
          if (offset < next) continue
          const firstOffset =
            record.firstOffset === undefined ? undefined : Math.max(next, record.firstOffset)
          records.push(firstOffset === undefined ? record : { ...record, firstOffset })
          bytes += record.value.length
          next = offset + 1
        }
        if (turns.isOver) await turns.next()
      }
    } finally {
      opened.close()
    }
    next = batch.last + 1
  }
  yield { records, next, isLast: true }
}

/** Never rejects because of invalid bytes. */
async function open(
  batch: FetchedBatch,
  place: BatchPlace,
  memory: MemoryBudget,
  turns: Turns,
): Promise<Opened> {
  const { bytes, damage } = batch
  let close = NOTHING_HELD
  try {
    if (damage !== undefined) throw new Undecodable(damage)
    const codec = await verified(batch, turns)
    if (codec === 0) {
      if (batch.magic < 2) return { records: MessageRecords.single(bytes, place), close }
      return { records: await BatchRecords.open(bytes, bytes, BATCH_HEADER, place, turns), close }
    }
    const compressed = batch.magic < 2 ? compressedMessages(bytes) : bytes.subarray(BATCH_HEADER)
    const unpacked = await unpack(codec, compressed, memory, turns)
    close = unpacked.release
    const { plain } = unpacked
    const records =
      batch.magic < 2
        ? await MessageRecords.nested(bytes, plain, place, turns)
        : await BatchRecords.open(bytes, plain, 0, place, turns)
    return { records, close }
  } catch (error) {
    close()
    if (!(error instanceof Undecodable)) throw error
    return { records: new Unreadable(place, bytes, `the batch: ${error.message}`), close: NOTHING_HELD }
  }
}

/** Resolves with the codec number; rejects with Undecodable on a wrong checksum. */
async function verified({ bytes, magic }: FetchedBatch, turns: Turns): Promise<number> {
  if (magic < 2) {
    verifyMessage(bytes)
    return bytes[ATTRIBUTES_OF_MESSAGE]! & COMPRESSION
  }
  await verifyBatch(bytes, turns)
  return bytes.readInt16BE(ATTRIBUTES_OF_BATCH) & COMPRESSION
}

/** The single record that represents an undecodable batch. */
class Unreadable implements EncodedRecords {
  readonly #place: BatchPlace
  readonly #bytes: Buffer
  readonly #reason: string
  hasMore = true

  constructor(place: BatchPlace, bytes: Buffer, reason: string) {
    this.#place = place
    this.#bytes = bytes
    this.#reason = reason
  }

  read(): FetchedRecord[] {
    this.hasMore = false
    return [unreadableRecord(this.#place, this.#place, this.#bytes, this.#reason)]
  }
}
