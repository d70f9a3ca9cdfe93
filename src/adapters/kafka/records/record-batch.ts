import type { TimestampType } from '../../../domain/message.ts'
import { crc32c } from '../crc.ts'
import { Base, Cursor, Undecodable } from './cursor.ts'
import { EncodedHeaders, skipHeaders } from './headers.ts'
import {
  type BatchPlace,
  cut,
  type EncodedRecords,
  type FetchedRecord,
  isHuge,
  readRecord,
  unreadableRecord,
} from './raw-records.ts'
import type { Turns } from './turns.ts'

const CHECKSUM = 17
const ATTRIBUTES = 21
const FIRST_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const COUNT = 57
const APPEND_TIME = 0x08
/** Work between two checks of the time: records, and bytes of a checksum. */
const STEP = 512
const CHECKSUM_STEP = 1 << 21

/** Rejects with Undecodable if the checksum of a batch of format 2 does not match its bytes. */
export async function verifyBatch(batch: Buffer, turns: Turns): Promise<void> {
  let crc = 0
  for (let at = ATTRIBUTES; at < batch.length; at += CHECKSUM_STEP) {
    if (turns.isOver) await turns.next()
    crc = crc32c(batch.subarray(at, at + CHECKSUM_STEP), crc)
  }
  if (crc !== batch.readUInt32BE(CHECKSUM)) throw new Undecodable('its checksum is wrong')
}

/** The records of a batch of format 2. The bytes must contain exactly the stated number of records, in ascending offset order. */
export class BatchRecords implements EncodedRecords {
  readonly #plain: Buffer
  readonly #place: BatchPlace
  readonly #timestamps: Base
  readonly #appended: number | undefined
  readonly #type: TimestampType
  #at: number
  #left: number
  #previous: number

  /**
   * `plain` contains the records from `at` on. Rejects with Undecodable if they are not delimited, their number differs
   * or an offset is out of order: single records cannot be told apart then.
   */
  static async open(
    batch: Buffer,
    plain: Buffer,
    at: number,
    place: BatchPlace,
    turns: Turns,
  ): Promise<BatchRecords> {
    const count = batch.readInt32BE(COUNT)
    if (count < 0) throw new Undecodable('it has a negative number of records')
    const cursor = new Cursor(plain, at)
    let previous = -1
    for (let n = 0; n < count; n++) {
      if (n % STEP === 0 && turns.isOver) await turns.next()
      if (cursor.at === plain.length) throw new Undecodable(`it declares ${count} records and has ${n}`)
      const end = bodyOf(cursor)
      cursor.end = end
      previous = deltaOf(cursor, previous)
      if (place.first + previous > place.last) throw new Undecodable('an offset is beyond its last offset')
      cursor.at = end
      cursor.end = plain.length
    }
    if (cursor.at < plain.length) throw new Undecodable(`it has extra bytes after its ${count} records`)
    return new BatchRecords(batch, plain, at, place, count)
  }

  private constructor(batch: Buffer, plain: Buffer, at: number, place: BatchPlace, count: number) {
    const isAppended = (batch.readInt16BE(ATTRIBUTES) & APPEND_TIME) !== 0
    this.#plain = plain
    this.#place = place
    this.#at = at
    this.#left = count
    this.#previous = -1
    this.#timestamps = new Base(batch.readBigInt64BE(FIRST_TIMESTAMP))
    this.#appended = isAppended ? Number(batch.readBigInt64BE(MAX_TIMESTAMP)) : undefined
    this.#type = isAppended ? 'LogAppendTime' : 'CreateTime'
  }

  get hasMore(): boolean {
    return this.#left > 0
  }

  read(count: number, bytes: number): FetchedRecord[] {
    // Copied, so that a record that waits for long does not keep a whole batch in memory.
    const cursor = new Cursor(this.#plain, this.#at)
    let found = 0
    for (; found < count && found < this.#left; found++) {
      const before = cursor.at
      cursor.at = bodyOf(cursor)
      if (found === 0 || cursor.at - this.#at <= bytes) continue
      cursor.at = before
      break
    }
    const read = this.#plain.subarray(this.#at, cursor.at)
    const copy = new Cursor(isHuge(read) ? read : Buffer.from(read))
    this.#at = cursor.at
    this.#left -= found
    const records: FetchedRecord[] = []
    for (let n = 0; n < found; n++) {
      const start = copy.at
      const end = bodyOf(copy)
      records.push(this.#record(copy, start, end))
      copy.at = end
      copy.end = copy.bytes.length
    }
    return isHuge(read) ? records.map(cut) : records
  }

  #record(cursor: Cursor, start: number, end: number): FetchedRecord {
    const { bytes } = cursor
    const begin = cursor.at
    cursor.end = end
    try {
      cursor.skip(1)
      const time = cursor.varlong()
      const delta = cursor.varint()
      const key = cursor.slice(cursor.varint())
      const value = cursor.slice(cursor.varint())
      const headers = this.#headers(cursor)
      if (cursor.at !== end) throw new Undecodable('it has extra bytes after the headers')
      this.#previous = delta
      return readRecord(this.#place, this.#place.first + delta, {
        timestamp: this.#appended ?? this.#timestamps.plus(time),
        timestampType: this.#type,
        key,
        value,
        headers,
      })
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error
      this.#previous = deltaOf(new Cursor(bytes, begin, end), this.#previous)
      const offset = this.#place.first + this.#previous
      const raw = bytes.subarray(start, end)
      return unreadableRecord(
        this.#place,
        { first: offset, last: offset },
        raw,
        `the record: ${error.message}`,
      )
    }
  }

  #headers(cursor: Cursor): EncodedHeaders | undefined {
    const count = cursor.varint()
    if (count < 0) throw new Undecodable('a negative number of headers')
    const { maxHeaders } = this.#place
    if (count > maxHeaders)
      throw new Undecodable(`it has ${count} headers, more than the ${maxHeaders} that limits.headers allows`)
    const begin = cursor.at
    skipHeaders(cursor, count)
    return count === 0 ? undefined : new EncodedHeaders(cursor.bytes.subarray(begin, cursor.at), count)
  }
}

function bodyOf(cursor: Cursor): number {
  const length = cursor.varint()
  if (length < 0 || length > cursor.end - cursor.at)
    throw new Undecodable('a record reaches beyond its batch')
  return cursor.at + length
}

/** Offset delta of a record; if it cannot be read, one more than that of the previous record. */
function deltaOf(record: Cursor, previous: number): number {
  let delta: number
  try {
    record.skip(1)
    record.varlong()
    delta = record.varint()
  } catch {
    return previous + 1
  }
  if (delta <= previous) throw new Undecodable('its offsets do not ascend')
  return delta
}
