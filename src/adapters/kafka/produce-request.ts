import { clientPart } from './client-parts.ts'
import { crc32c } from './crc.ts'

export interface ProducedRecord {
  readonly key?: Buffer | string | null
  readonly value: Buffer | string | null
  readonly timestamp?: string
  readonly headers?: Readonly<Record<string, unknown>>
}

export interface ProducedTopic {
  readonly topic: string
  readonly partitions: readonly {
    readonly partition: number
    readonly messages: readonly ProducedRecord[]
    /** Sequence number of the first record, per producer and partition; ignored without a producer id. */
    readonly firstSequence?: number
  }[]
}

export interface ProduceParameters {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null
  /** A string, as it may exceed 2^53. */
  readonly producerId?: string | number
  readonly producerEpoch?: number
  readonly compression?: number
  readonly topicData: readonly ProducedTopic[]
}

interface Encoder {
  buf: Buffer
  offset: number
}

export interface ProduceRequest {
  readonly apiVersion: number
  readonly encode: () => Promise<Encoder>
}

const EncoderClass = clientPart<new (size: number) => Encoder>('protocol/encoder')

const MAGIC = 2
/**
 * Sizes in a record batch, in bytes: its header, the part before the end of the length field, and the part before the
 * checksummed range.
 */
const BATCH_HEAD = 61
const BEFORE_LENGTH_ENDS = 12
const BEFORE_CRC_RANGE = 21
const NO_PRODUCER = -1
const TRANSACTIONAL = 0x10

/** Whether `produceBody` can encode the request; the client encodes all others. */
export function isPlain({ compression, topicData }: ProduceParameters): boolean {
  return (
    !compression &&
    topicData.every(({ partitions }) =>
      partitions.every(({ messages }) =>
        messages.every(
          ({ timestamp, headers }) => timestamp === messages[0]!.timestamp && isOfStrings(headers),
        ),
      ),
    )
  )
}

function isOfStrings(headers: ProducedRecord['headers']): boolean {
  for (const name in headers) if (typeof headers[name] !== 'string') return false
  return true
}

/**
 * Encodes a produce request (versions 3 to 8) with uncompressed record batches of magic 2 into one buffer. The client
 * creates some ten buffers and bigints per record. Records without a timestamp get `now`, epoch ms.
 */
export function produceBody(parameters: ProduceParameters, now: number): Encoder {
  const { acks, timeout, topicData, transactionalId } = parameters
  const lengths: number[] = []
  let size = 2 + Buffer.byteLength(transactionalId ?? '') + 2 + 4 + 4
  for (const { topic, partitions } of topicData) {
    size += 2 + Buffer.byteLength(topic) + 4
    for (const { messages } of partitions) size += 8 + BATCH_HEAD + measured(messages, lengths)
  }
  const body = new Body(Buffer.allocUnsafe(size), lengths, producerOf(parameters))
  body.nullable(transactionalId)
  body.int16(acks)
  body.int32(timeout)
  body.int32(topicData.length)
  for (const { topic, partitions } of topicData) {
    body.int16(Buffer.byteLength(topic))
    body.text(topic)
    body.int32(partitions.length)
    for (const { partition, messages, firstSequence } of partitions) {
      body.int32(partition)
      body.batch(messages, now, firstSequence ?? 0)
    }
  }
  const encoder = new EncoderClass(1)
  encoder.buf = body.bytes
  encoder.offset = size
  return encoder
}

interface BatchProducer {
  readonly id: bigint
  readonly epoch: number
  readonly attributes: number
}

function producerOf({ producerId, producerEpoch, transactionalId }: ProduceParameters): BatchProducer {
  return {
    id: BigInt(producerId ?? NO_PRODUCER),
    epoch: producerEpoch ?? 0,
    attributes: transactionalId ? TRANSACTIONAL : 0,
  }
}

/** Size of the records in bytes. Appends the lengths of each record to `lengths`: body, key and value (-1: none). */
function measured(messages: readonly ProducedRecord[], lengths: number[]): number {
  let sum = 0
  for (let i = 0; i < messages.length; i++) {
    const { key, value, headers } = messages[i]!
    const keyBytes = key === null || key === undefined ? -1 : Buffer.byteLength(key)
    const valueBytes = value === null ? -1 : Buffer.byteLength(value)
    let body = 2 + sizeOfVarint(i) + sizeOfVarint(keyBytes) + sizeOfVarint(valueBytes)
    body += Math.max(keyBytes, 0) + Math.max(valueBytes, 0)
    let count = 0
    for (const name in headers) {
      const [nameBytes, textBytes] = [Buffer.byteLength(name), Buffer.byteLength(headers[name] as string)]
      body += sizeOfVarint(nameBytes) + nameBytes + sizeOfVarint(textBytes) + textBytes
      count++
    }
    body += sizeOfVarint(count)
    lengths.push(body, keyBytes, valueBytes)
    sum += sizeOfVarint(body) + body
  }
  return sum
}

/** Size of a signed 32-bit zigzag varint. */
function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

class Body {
  readonly bytes: Buffer
  /** The lengths collected by `measured`, in the same order. */
  readonly #lengths: readonly number[]
  readonly #producer: BatchProducer
  #next = 0
  #at = 0

  constructor(bytes: Buffer, lengths: readonly number[], producer: BatchProducer) {
    this.bytes = bytes
    this.#lengths = lengths
    this.#producer = producer
  }

  int8(value: number): void {
    this.#at = this.bytes.writeInt8(value, this.#at)
  }
  int16(value: number): void {
    this.#at = this.bytes.writeInt16BE(value, this.#at)
  }
  int32(value: number): void {
    this.#at = this.bytes.writeInt32BE(value, this.#at)
  }
  int64(value: number | bigint): void {
    this.#at = this.bytes.writeBigInt64BE(BigInt(value), this.#at)
  }
  nullable(value: string | null | undefined): void {
    if (value === null || value === undefined) {
      this.int16(-1)
      return
    }
    this.int16(Buffer.byteLength(value))
    this.text(value)
  }
  text(value: string): void {
    this.#at += this.bytes.write(value, this.#at, 'utf8')
  }

  #varint(value: number): void {
    const { bytes } = this
    let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
    while (zigzag > 0x7f) {
      bytes[this.#at++] = (zigzag & 0x7f) | 0x80
      zigzag >>>= 7
    }
    bytes[this.#at++] = zigzag
  }

  #content(value: Buffer | string | null | undefined, length: number): void {
    this.#varint(length)
    if (length <= 0 || value === null || value === undefined) return
    if (typeof value === 'string') this.text(value)
    else this.#at += value.copy(this.bytes, this.#at)
  }

  batch(messages: readonly ProducedRecord[], now: number, firstSequence: number): void {
    const time = Number(messages[0]?.timestamp ?? now)
    const { id, epoch, attributes } = this.#producer
    const sizeAt = this.#at
    this.int32(0)
    const from = this.#at
    this.int64(0)
    this.int32(0)
    this.int32(0)
    this.int8(MAGIC)
    this.int32(0)
    this.int16(attributes)
    this.int32(messages.length - 1)
    this.int64(time)
    this.int64(time)
    this.int64(id)
    this.int16(epoch)
    this.int32(firstSequence)
    this.int32(messages.length)
    for (let i = 0; i < messages.length; i++) this.#record(messages[i]!, i)
    const { bytes } = this
    bytes.writeInt32BE(this.#at - from, sizeAt)
    bytes.writeInt32BE(this.#at - from - BEFORE_LENGTH_ENDS, from + 8)
    const checked = from + BEFORE_CRC_RANGE
    bytes.writeUInt32BE(crc32c(bytes.subarray(checked, this.#at)), checked - 4)
  }

  #record({ key, value, headers }: ProducedRecord, offset: number): void {
    this.#varint(this.#lengths[this.#next]!)
    this.int8(0)
    this.#varint(0)
    this.#varint(offset)
    this.#content(key, this.#lengths[this.#next + 1]!)
    this.#content(value, this.#lengths[this.#next + 2]!)
    this.#next += 3
    const names = headers === undefined ? [] : Object.keys(headers)
    this.#varint(names.length)
    for (const name of names) {
      const text = headers![name] as string
      this.#content(name, Buffer.byteLength(name))
      this.#content(text, Buffer.byteLength(text))
    }
  }
}
