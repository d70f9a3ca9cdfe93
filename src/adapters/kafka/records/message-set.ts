import type { TimestampType } from '../../../domain/message.ts'
import { crc32 } from '../crc.ts'
import { Undecodable } from './cursor.ts'
import {
  type BatchPlace,
  cut,
  type EncodedRecords,
  type FetchedRecord,
  isHuge,
  NO_TIMESTAMP,
  readRecord,
  unreadableRecord,
} from './raw-records.ts'
import type { Turns } from './turns.ts'

/** Field positions in a message of format 0 or 1 (Kafka protocol guide, "Message sets"). */
const LENGTH = 8
const HEAD = 12
const CHECKED = 16
const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18
const APPEND_TIME = 0x08
const COMPRESSION = 0x07
const SMALLEST = 14
const STEP = 512

/** The compressed messages in the value of an entry. Throws Undecodable. */
export function compressedMessages(entry: Buffer): Buffer {
  const { value } = fieldsOf(entry)
  if (value === null) throw new Undecodable('it is compressed and has no value')
  return value
}

/** The messages of one entry of a set: the entry itself, or those compressed into its value. */
export class MessageRecords implements EncodedRecords {
  readonly #plain: Buffer
  readonly #place: BatchPlace
  readonly #base: number
  /** The entry that contains the compressed messages. */
  readonly #around: Pick<Fields, 'timestamp' | 'timestampType'> | undefined
  #at = 0

  static single(entry: Buffer, place: BatchPlace): MessageRecords {
    return new MessageRecords(entry, place, 0, undefined)
  }

  /**
   * `plain` is the decompressed value of an entry. Rejects with Undecodable if its messages are not delimited or
   * offsets are out of order. Offsets are relative to the first message in format 1 and absolute in format 0.
   */
  static async nested(
    entry: Buffer,
    plain: Buffer,
    place: BatchPlace,
    turns: Turns,
  ): Promise<MessageRecords> {
    let lastInner = -1
    let first: number | undefined
    let at = 0
    for (let n = 0; at < plain.length; n++) {
      if (n % STEP === 0 && turns.isOver) await turns.next()
      const end = endOf(plain, at)
      const offset = Number(plain.readBigInt64BE(at))
      if (offset <= lastInner) throw new Undecodable('its offsets do not ascend')
      first ??= offset
      lastInner = offset
      at = end
    }
    if (first === undefined) throw new Undecodable('it has no messages')
    const isRelative = entry[MAGIC] === 1
    const base = isRelative ? place.last - lastInner : 0
    if (base < 0 || lastInner + base > place.last) throw new Undecodable('an offset is beyond its own')
    return new MessageRecords(plain, { ...place, first: first + base }, base, fieldsOf(entry))
  }

  private constructor(
    plain: Buffer,
    place: BatchPlace,
    base: number,
    around: Pick<Fields, 'timestamp' | 'timestampType'> | undefined,
  ) {
    this.#plain = plain
    this.#place = place
    this.#base = base
    this.#around = around
  }

  get hasMore(): boolean {
    return this.#at < this.#plain.length
  }

  read(count: number, bytes: number): FetchedRecord[] {
    let end = this.#at
    for (let n = 0; n < count && end < this.#plain.length; n++) {
      const next = endOf(this.#plain, end)
      if (n > 0 && next - this.#at > bytes) break
      end = next
    }
    const read = this.#plain.subarray(this.#at, end)
    const copy = isHuge(read) ? read : Buffer.from(read)
    this.#at = end
    const records: FetchedRecord[] = []
    for (let at = 0; at < copy.length; ) {
      const next = endOf(copy, at)
      records.push(this.#record(copy.subarray(at, next)))
      at = next
    }
    return isHuge(read) ? records.map(cut) : records
  }

  #record(message: Buffer): FetchedRecord {
    const offset = Number(message.readBigInt64BE(0)) + this.#base
    try {
      if (this.#around) {
        verifyMessage(message)
        if ((message[ATTRIBUTES]! & COMPRESSION) !== 0)
          throw new Undecodable('a compressed message set inside a compressed one')
      }
      const { timestamp, timestampType, key, value } = fieldsOf(message)
      const { timestampType: type, timestamp: appended } = this.#around ?? { timestampType }
      const isDated = timestampType !== undefined
      return readRecord(this.#place, offset, {
        timestamp: isDated && appended !== undefined && type === 'LogAppendTime' ? appended : timestamp,
        timestampType: type,
        key,
        value,
        headers: undefined,
      })
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error
      return unreadableRecord(
        this.#place,
        { first: offset, last: offset },
        message,
        `the message: ${error.message}`,
      )
    }
  }
}

/** Throws Undecodable for other formats and on a wrong checksum. */
export function verifyMessage(message: Buffer): void {
  if (message[MAGIC]! > 1) throw new Undecodable('its format is not 0 or 1')
  if (crc32(message.subarray(CHECKED)) !== message.readUInt32BE(HEAD))
    throw new Undecodable('its checksum is wrong')
}

/** End of the message at `at`. */
function endOf(plain: Buffer, at: number): number {
  const size = plain.length - at >= HEAD ? plain.readInt32BE(at + LENGTH) : 0
  const end = at + HEAD + size
  if (size < SMALLEST || end > plain.length) throw new Undecodable('its messages are not delimited')
  return end
}

interface Fields {
  readonly timestamp: number
  /** Undefined for format 0. */
  readonly timestampType: TimestampType | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
}

function fieldsOf(message: Buffer): Fields {
  const isDated = message[MAGIC] === 1
  const at = isDated ? TIMESTAMP + 8 : TIMESTAMP
  const key = bytesAt(message, at)
  const value = bytesAt(message, at + 4 + (key?.length ?? 0))
  const isAppended = (message[ATTRIBUTES]! & APPEND_TIME) !== 0
  return {
    timestamp: isDated ? Number(message.readBigInt64BE(TIMESTAMP)) : NO_TIMESTAMP,
    timestampType: isDated ? (isAppended ? 'LogAppendTime' : 'CreateTime') : undefined,
    key,
    value,
  }
}

function bytesAt(message: Buffer, at: number): Buffer | null {
  if (at + 4 > message.length) throw new Undecodable('it is truncated')
  const length = message.readInt32BE(at)
  if (length < 0) return null
  if (length > message.length - at - 4) throw new Undecodable('a length that reaches beyond the message')
  return message.subarray(at + 4, at + 4 + length)
}
