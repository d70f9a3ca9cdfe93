import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Decompress } from 'fzstd'
import { uncompress as uncompressSnappy } from 'snappyjs'
import { library } from './library.ts'
import { decompressLz4 } from './lz4-frame.ts'
import { unreadableRecords } from './unreadable.ts'

/** The Java client frames Snappy as snappy-java does: this magic, two versions, then blocks with their lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER = 16

/** What a batch may unpack to, bytes: many times what brokers take by default, and less than an instance can spare. */
export const MAX_PLAIN = 64 << 20

type Zstd = (plain: Uint8Array, options?: { readonly maxOutputLength: number }) => Buffer
/** Node has Zstandard of its own from 22.15 on. */
const native = zlib as typeof zlib & { zstdDecompressSync?: Zstd }
const gzip = promisify(zlib.gzip)
const unzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.unzip)

interface Plain {
  readonly buffer: Buffer
}

/** Snappy as librdkafka (raw) and the Java client (framed by snappy-java) write it. Throws on damage and beyond the limit. */
export function decompressSnappy(source: Buffer, limit = MAX_PLAIN): Buffer {
  if (source.length < XERIAL_HEADER || !source.subarray(0, 8).equals(XERIAL_MAGIC)) {
    return uncompressBlock(source, limit, limit)
  }
  const blocks: Buffer[] = []
  let room = limit
  for (let at = XERIAL_HEADER; at < source.length; ) {
    const length = source.readUInt32BE(at)
    at += 4
    if (at + length > source.length) throw new Error('cut off Snappy block')
    const block = uncompressBlock(source.subarray(at, at + length), room, limit)
    blocks.push(block)
    room -= block.length
    at += length
  }
  return Buffer.concat(blocks)
}

/** A raw block begins with its plain length, which is reserved before anything is read. */
function uncompressBlock(source: Buffer, room: number, limit: number): Buffer {
  let length = 0
  for (let at = 0; at < Math.min(5, source.length); at++) {
    length += (source[at]! & 0x7f) * 2 ** (7 * at)
    if (source[at]! < 0x80) break
  }
  if (length > room) throw tooLarge(limit)
  return uncompressSnappy(source)
}

const ZSTD_MAGIC = 0xfd2fb528

/** Throws on damage and beyond the limit. */
export function decompressZstd(source: Buffer, limit = MAX_PLAIN): Buffer {
  if (source.length < 6 || source.readUInt32LE(0) !== ZSTD_MAGIC) throw new Error('not a Zstandard frame')
  if (native.zstdDecompressSync) return native.zstdDecompressSync(source, { maxOutputLength: limit })
  const isSingle = (source[4]! & 0x20) !== 0
  const exponent = source[5]! >> 3
  if (!isSingle && 2 ** (10 + exponent) > limit) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let room = limit
  const stream = new Decompress((chunk) => {
    room -= chunk.length
    if (room < 0) throw tooLarge(limit)
    chunks.push(chunk)
  })
  stream.push(source, true)
  return Buffer.concat(chunks)
}

function tooLarge(limit: number): Error {
  return new Error(`the batch unpacks to more than ${limit >> 20} MB`)
}

/** What is written here is in gzip or not compressed. */
const DECOMPRESSORS = {
  [library.CompressionTypes.GZIP]: (source: Buffer) => unzip(source, { maxOutputLength: MAX_PLAIN }),
  [library.CompressionTypes.Snappy]: (source: Buffer) => decompressSnappy(source),
  [library.CompressionTypes.LZ4]: (source: Buffer) => decompressLz4(source, MAX_PLAIN),
  [library.CompressionTypes.ZSTD]: (source: Buffer) => decompressZstd(source),
}

async function compress(type: number, { buffer }: Plain): Promise<Buffer> {
  if (type !== library.CompressionTypes.GZIP) throw new Error('only gzip is written')
  return gzip(buffer)
}

/**
 * Teaches the client to read snappy, lz4 and zstd beside its own gzip, all within a limit. Of a batch that cannot be unpacked
 * each record says why (`unreadableReason`). May be called again.
 */
export function registerCodecs(): void {
  const registry: Record<number, () => unknown> = library.CompressionCodecs
  for (const [type, decompress] of Object.entries(DECOMPRESSORS)) {
    registry[Number(type)] = () => ({
      compress: (encoder: Plain) => compress(Number(type), encoder),
      decompress: async (source: Buffer) => {
        try {
          return await decompress(source)
        } catch (error) {
          return unreadableRecords(error instanceof Error ? error.message : String(error))
        }
      },
    })
  }
}
