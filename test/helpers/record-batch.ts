import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { compress as compressSnappy } from 'snappyjs'
import { crc32c } from '../../src/adapters/kafka/crc.ts'
import type { plainClient } from './kafka-client.ts'
import { compressLz4 } from './lz4-compress.ts'

/** A record as a producer may write it. */
export interface BatchRecord {
  readonly key?: Buffer | null
  readonly value: Buffer | null
  readonly headers?: readonly (readonly [name: Buffer, value: Buffer | null])[]
  /** Against the first record, ms. */
  readonly timestampDelta?: number
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface BatchOptions {
  readonly codec?: Codec
  /** Epoch ms. */
  readonly timestamp?: number
  /** Bytes that every varint takes at least: the ones that are not needed say zero. */
  readonly varintBytes?: number
}

const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const MAGIC = 2
const HEAD = 61
const LENGTH_ENDS = 12
const CRC_AT = 17
const CRC_RANGE = 21

/** One record batch of the message format 2, with its checksum. */
export function recordBatch(records: readonly BatchRecord[], options: BatchOptions = {}): Buffer {
  const { codec = 'none', timestamp = Date.now(), varintBytes = 1 } = options
  const plain = Buffer.concat(records.map((record, n) => encodeRecord(record, n, varintBytes)))
  const body = compressed(plain, codec)
  const batch = Buffer.alloc(HEAD + body.length)
  batch.writeInt32BE(batch.length - LENGTH_ENDS, 8)
  batch[16] = MAGIC
  batch.writeInt16BE(CODECS.indexOf(codec), 21)
  batch.writeInt32BE(records.length - 1, 23)
  const newest = newestDelta(records)
  batch.writeBigInt64BE(BigInt(timestamp), 27)
  batch.writeBigInt64BE(BigInt(timestamp + newest), 35)
  // No producer id, epoch and sequence.
  batch.fill(0xff, 43, 57)
  batch.writeInt32BE(records.length, 57)
  body.copy(batch, HEAD)
  return withChecksum(batch)
}

/** The batch with a checksum that fits its bytes. */
export function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_RANGE)), CRC_AT)
  return batch
}

/** Of the newest record: a list of a million is more than a call takes as its arguments. */
function newestDelta(records: readonly BatchRecord[]): number {
  return records.reduce((newest, { timestampDelta = 0 }) => Math.max(newest, timestampDelta), 0)
}

function encodeRecord(record: BatchRecord, offset: number, width: number): Buffer {
  const { key = null, value, headers = [], timestampDelta = 0 } = record
  const body = Buffer.concat([
    Buffer.of(0),
    varint(timestampDelta, width),
    varint(offset, width),
    ...content(key, width),
    ...content(value, width),
    varint(headers.length, width),
    ...headers.flatMap(([name, of]) => [...content(name, width), ...content(of, width)]),
  ])
  return Buffer.concat([varint(body.length, width), body])
}

function content(bytes: Buffer | null, width: number): Buffer[] {
  return bytes === null ? [varint(-1, width)] : [varint(bytes.length, width), bytes]
}

/** In zigzag form, of at least so many bytes. */
function varint(value: number, width: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 0x7f || bytes.length < width - 1; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function compressed(plain: Buffer, codec: Codec): Buffer {
  switch (codec) {
    case 'none':
      return plain
    case 'gzip':
      return gzipSync(plain, { level: 9 })
    case 'snappy':
      return compressSnappy(plain)
    case 'lz4':
      return compressLz4(plain)
    case 'zstd':
      return execFileSync('zstd', ['-q', '-c', '-9'], { input: plain, maxBuffer: 1 << 28 })
  }
}

/**
 * Sends one record batch as it is to the leader of a partition, past the client, which would write it in its own way.
 * Resolves with the offset of its first record; rejects when the broker refuses it.
 */
export async function produceBatch(
  { kafka }: Pick<ReturnType<typeof plainClient>, 'kafka'>,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const { brokers } = await admin.describeCluster()
  await admin.disconnect()
  const { leader } = topics[0]!.partitions.find(({ partitionId }) => partitionId === partition)!
  const { host, port } = brokers.find(({ nodeId }) => nodeId === leader)!
  const answer = await exchange(host, port, produceRequest(topic, partition, batch))
  // Correlation id, topics, name, partitions, partition; then the error and the offset.
  const at = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4
  const error = answer.readInt16BE(at)
  if (error !== 0) throw new Error(`${topic}/${partition}: the broker refuses the batch with error ${error}`)
  return Number(answer.readBigInt64BE(at + 2))
}

/** Produce, version 7, the first that takes zstd; all replicas acknowledge. */
function produceRequest(topic: string, partition: number, batch: Buffer): Buffer {
  const name = Buffer.from(topic)
  const head = Buffer.alloc(4 + 2 + 2 + 4 + 2 + 2 + 2 + 4 + 4 + 2)
  let at = 4
  at = head.writeInt16BE(0, at)
  at = head.writeInt16BE(7, at)
  at = head.writeInt32BE(1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt32BE(30_000, at)
  at = head.writeInt32BE(1, at)
  head.writeInt16BE(name.length, at)
  const rest = Buffer.alloc(12)
  rest.writeInt32BE(1, 0)
  rest.writeInt32BE(partition, 4)
  rest.writeInt32BE(batch.length, 8)
  head.writeInt32BE(head.length - 4 + name.length + rest.length + batch.length, 0)
  return Buffer.concat([head, name, rest, batch])
}

/** The answer to one request, without its length. */
async function exchange(host: string, port: number, request: Buffer): Promise<Buffer> {
  const socket = connect(port, host)
  let answer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk])
    if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) socket.destroy()
  })
  socket.write(request)
  await once(socket, 'close')
  if (answer.length < 4) throw new Error('the broker ended the connection without an answer')
  return answer.subarray(4)
}
