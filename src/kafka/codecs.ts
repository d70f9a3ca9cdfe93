import * as zlib from 'node:zlib'
import { decompress as decompressZstd } from 'fzstd'
import kafkajs from 'kafkajs'
import { compress as compressSnappy, uncompress as uncompressSnappy } from 'snappyjs'
import { compressLz4, decompressLz4 } from './lz4-frame.ts'

/** The Java client frames Snappy as snappy-java does: this magic, two versions, then blocks with their lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER = 16

type Zstd = (plain: Uint8Array) => Buffer
/** Node has Zstandard of its own from 22.15 on. */
const native = zlib as typeof zlib & { zstdCompressSync?: Zstd; zstdDecompressSync?: Zstd }

interface Plain {
  readonly buffer: Buffer
}

/** Snappy as librdkafka (raw) and the Java client (framed by snappy-java) write it. Throws on damage. */
export function decompressSnappy(source: Buffer): Buffer {
  if (source.length < XERIAL_HEADER || !source.subarray(0, 8).equals(XERIAL_MAGIC)) {
    return uncompressSnappy(source)
  }
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER; at < source.length; ) {
    const length = source.readUInt32BE(at)
    at += 4
    if (at + length > source.length) throw new Error('cut off Snappy block')
    blocks.push(uncompressSnappy(source.subarray(at, at + length)))
    at += length
  }
  return Buffer.concat(blocks)
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const CODECS = {
  [kafkajs.CompressionTypes.Snappy]: {
    compress: (encoder: Plain) => compressSnappy(encoder.buffer),
    decompress: decompressSnappy,
  },
  [kafkajs.CompressionTypes.LZ4]: {
    compress: (encoder: Plain) => compressLz4(encoder.buffer),
    decompress: decompressLz4,
  },
  [kafkajs.CompressionTypes.ZSTD]: {
    compress: (encoder: Plain) => {
      if (!native.zstdCompressSync) throw new Error('writing zstd needs Node 22.15 or later')
      return native.zstdCompressSync(encoder.buffer)
    },
    decompress: (source: Buffer) => native.zstdDecompressSync?.(source) ?? view(decompressZstd(source)),
  },
}

/** Teaches the client snappy, lz4 and zstd beside its own gzip. May be called again. */
export function registerCodecs(): void {
  const registry: Record<number, () => unknown> = kafkajs.CompressionCodecs
  for (const [type, { compress, decompress }] of Object.entries(CODECS)) {
    registry[Number(type)] = () => ({
      compress: async (encoder: Plain) => compress(encoder),
      decompress: async (source: Buffer) => decompress(source),
    })
  }
}
