import { gzipSync } from 'node:zlib'
import { compress as compressSnappy } from 'snappyjs'
import { crc32, crc32c } from '../../src/adapters/kafka/crc.ts'
import { compressLz4 } from './lz4-compress.ts'

export type CodecNumber = 0 | 1 | 2 | 3 | 4

/** A format 2 record to encode; absent fields are as from a producer. */
export interface WrittenRecord {
  readonly offsetDelta?: number
  /** Relative to `baseTimestamp`, ms. */
  readonly timestampDelta?: bigint | number
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly (readonly [name: string | Buffer, value: Buffer | null])[]
  /** Replaces all of these: the bytes after the length. */
  readonly body?: Buffer
  /** Overrides the correct length. */
  readonly length?: number
}

export interface WrittenBatch {
  readonly records: readonly WrittenRecord[]
  /** Replaces `records`: `count` encoded records. */
  readonly encoded?: Buffer
  readonly baseOffset?: number
  readonly lastOffsetDelta?: number
  readonly codec?: CodecNumber
  /** Minimum bytes per varint, padded with zeros. */
  readonly varintBytes?: number
  /** Additional attribute bits. */
  readonly attributes?: number
  readonly baseTimestamp?: bigint
  readonly maxTimestamp?: bigint
  readonly producerId?: bigint
  /** Override the correct number of records, length and checksum. */
  readonly count?: number
  readonly length?: number
  readonly crc?: number
  /** Bytes after the records. */
  readonly tail?: Buffer
}

export const NOON = 1_762_873_200_000n
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20
export const DELETE_HORIZON = 0x40

const PACK: Readonly<Record<CodecNumber, (plain: Buffer) => Buffer>> = {
  0: (plain) => plain,
  1: (plain) => gzipSync(plain, { level: 9 }),
  2: (plain) => compressSnappy(plain),
  3: compressLz4,
  4: zstdFrame,
}

export function pack(codec: CodecNumber, plain: Buffer): Buffer {
  return PACK[codec](plain)
}

/** Zig-zag varint of at least `width` bytes. */
export function varint(value: number | bigint, width = 1): Buffer {
  const signed = BigInt.asIntN(64, BigInt(value))
  let rest = BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn || bytes.length < width - 1; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function sized(bytes: Buffer | null, width: number): Buffer {
  return bytes === null ? varint(-1, width) : Buffer.concat([varint(bytes.length, width), bytes])
}

export function recordBody(record: WrittenRecord, index: number, width = 1): Buffer {
  const { offsetDelta = index, timestampDelta = 0n, key = null, value = null, headers = [] } = record
  const pieces = [
    Buffer.of(0),
    varint(timestampDelta, width),
    varint(offsetDelta, width),
    sized(key, width),
    sized(value, width),
    varint(headers.length, width),
  ]
  for (const [name, content] of headers)
    pieces.push(sized(Buffer.from(name as string), width), sized(content, width))
  return Buffer.concat(pieces)
}

export function encodeRecords(records: readonly WrittenRecord[], width = 1): Buffer {
  return Buffer.concat(
    records.flatMap((record, index) => {
      const body = record.body ?? recordBody(record, index, width)
      return [varint(record.length ?? body.length, width), body]
    }),
  )
}

/** A batch of very many records without keys and headers, encoded quickly. */
export function largeBatch(
  count: number,
  codec: CodecNumber,
  textOf: (n: number) => string,
  baseTimestamp = NOON,
): Buffer {
  let target = Buffer.allocUnsafe(1 << 20)
  let at = 0
  const number = (value: number): void => {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    for (; rest > 0x7f; rest >>>= 7) target[at++] = (rest & 0x7f) | 0x80
    target[at++] = rest
  }
  for (let n = 0; n < count; n++) {
    const value = Buffer.from(textOf(n))
    const sizes = varint(n).length + varint(value.length).length
    if (target.length - at < value.length + 64)
      target = Buffer.concat([target, Buffer.allocUnsafe(target.length + value.length)])
    number(4 + sizes + value.length)
    target[at++] = 0
    number(0)
    number(n)
    number(-1)
    number(value.length)
    at += value.copy(target, at)
    number(0)
  }
  return recordBatch({
    baseTimestamp,
    records: [],
    encoded: target.subarray(0, at),
    count,
    lastOffsetDelta: count - 1,
    codec,
  })
}

/** A record batch of format 2. */
export function recordBatch(written: WrittenBatch): Buffer {
  const { records, codec = 0, baseOffset = 0, attributes = 0, baseTimestamp = NOON } = written
  const { maxTimestamp = baseTimestamp, producerId = -1n, tail = Buffer.alloc(0) } = written
  const content = pack(
    codec,
    Buffer.concat([written.encoded ?? encodeRecords(records, written.varintBytes), tail]),
  )
  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(baseOffset), 0)
  head.writeInt32BE(written.length ?? head.length - 12 + content.length, 8)
  head.writeInt8(2, 16)
  head.writeInt16BE(attributes | codec, 21)
  head.writeInt32BE(written.lastOffsetDelta ?? Math.max(0, records.length - 1), 23)
  head.writeBigInt64BE(baseTimestamp, 27)
  head.writeBigInt64BE(maxTimestamp, 35)
  head.writeBigInt64BE(producerId, 43)
  head.writeInt32BE(-1, 53)
  head.writeInt32BE(written.count ?? records.length, 57)
  const batch = Buffer.concat([head, content])
  return withChecksum(batch, written.crc)
}

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

/** A batch as written by a current producer. */
export function producedBatch(
  records: readonly WrittenRecord[],
  { codec = 'none', varintBytes = 1 }: { readonly codec?: Codec; readonly varintBytes?: number } = {},
): Buffer {
  const baseTimestamp = BigInt(Date.now())
  // Not Math.max(...): a million elements exceed the limit of arguments.
  const newest = records.reduce((most, { timestampDelta = 0 }) => Math.max(most, Number(timestampDelta)), 0)
  const maxTimestamp = baseTimestamp + BigInt(newest)
  const number = CODECS.indexOf(codec) as CodecNumber
  return recordBatch({ records, codec: number, varintBytes, baseTimestamp, maxTimestamp })
}

/** Sets the checksum of a batch, by default that of its current bytes. */
export function withChecksum(batch: Buffer, crc = crc32c(batch.subarray(21))): Buffer {
  batch.writeUInt32BE(crc, 17)
  return batch
}

/** The control batch that ends a transaction. */
export function endMark(baseOffset: number, producerId: bigint, kind: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  return recordBatch({
    baseOffset,
    producerId,
    records: [{ key, value: Buffer.alloc(6) }],
    attributes: TRANSACTIONAL | CONTROL,
  })
}

export interface WrittenMessage {
  readonly magic: 0 | 1
  readonly offset: number
  readonly timestamp?: bigint
  readonly attributes?: number
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly crc?: number
}

/** An entry of a message set: offset, size and a message of format 0 or 1. */
export function message({
  magic,
  offset,
  timestamp = NOON,
  attributes = 0,
  crc,
  key = null,
  value = null,
}: WrittenMessage): Buffer {
  const time = Buffer.alloc(magic === 1 ? 8 : 0)
  if (magic === 1) time.writeBigInt64BE(timestamp)
  const checked = Buffer.concat([Buffer.of(magic, attributes), time, bytes32(key), bytes32(value)])
  const head = Buffer.alloc(16)
  head.writeBigInt64BE(BigInt(offset), 0)
  head.writeInt32BE(4 + checked.length, 8)
  head.writeUInt32BE(crc ?? crc32(checked), 12)
  return Buffer.concat([head, checked])
}

/** An entry whose value is a compressed message set; `offset`: that of its last message. */
export function compressedSet(entry: WrittenMessage, codec: 1 | 2 | 3, messages: readonly Buffer[]): Buffer {
  const attributes = (entry.attributes ?? 0) | codec
  return message({ ...entry, attributes, value: pack(codec, Buffer.concat(messages)) })
}

function bytes32(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes?.length ?? -1)
  return bytes === null ? length : Buffer.concat([length, bytes])
}

/** One Zstandard frame: runs of one byte as RLE blocks, all else as raw blocks. */
export function zstdFrame(plain: Buffer): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < plain.length || blocks.length === 0; at += 1 << 17) {
    const piece = plain.subarray(at, at + (1 << 17))
    const isLast = at + (1 << 17) >= plain.length
    const isRun = piece.length > 1 && piece.equals(Buffer.alloc(piece.length, piece[0]))
    const head = Buffer.alloc(3)
    head.writeUIntLE((piece.length << 3) | ((isRun ? 1 : 0) << 1) | (isLast ? 1 : 0), 0, 3)
    blocks.push(head, isRun ? piece.subarray(0, 1) : piece)
  }
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3]), ...blocks])
}
