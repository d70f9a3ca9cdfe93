import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { compress as compressSnappy } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { decompressSnappy, decompressZstd, MAX_PLAIN, registerCodecs } from '../../../src/kafka/codecs.ts'
import { decompressLz4 } from '../../../src/kafka/lz4-frame.ts'
import { unreadableReason } from '../../../src/kafka/unreadable.ts'
import { compressLz4 } from '../../helpers/lz4-compress.ts'

const bytes = fc.uint8Array({ maxLength: 3_000 }).map((a) => Buffer.from(a))
const texts = fc.string({ maxLength: 3_000 }).map((s) => Buffer.from(s.repeat(3)))
const plain = fc.oneof(bytes, texts)

function xerial(blocks: readonly Buffer[]): Buffer {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const framed = blocks.flatMap((block) => {
    const packed = compressSnappy(block)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(packed.length)
    return [length, packed]
  })
  return Buffer.concat([header, ...framed])
}

describe('snappy', () => {
  it('reads raw blocks', () => {
    fc.assert(fc.property(plain, (p) => decompressSnappy(compressSnappy(p)).equals(p)))
  })
  it('reads the frames of snappy-java, with any number of blocks', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 4 }), (blocks) =>
        decompressSnappy(xerial(blocks)).equals(Buffer.concat(blocks)),
      ),
    )
  })
  it('throws on a frame that is cut off', () => {
    const whole = xerial([Buffer.from('a'.repeat(500)), Buffer.from('b'.repeat(500))])
    expect(() => decompressSnappy(whole.subarray(0, -3))).toThrow()
  })
})

/** Literals at the end of the first block of a frame. */
function lastLiterals(frame: Buffer): number {
  const word = frame.readUInt32LE(7)
  if (word >= 0x80000000) return word - 0x80000000
  const end = 11 + word
  for (let at = 11; ; ) {
    const token = frame[at++]!
    let literals = token >> 4
    if (literals === 15) {
      do literals += frame[at]!
      while (frame[at++] === 255)
    }
    at += literals
    if (at >= end) return literals
    at += 2
    if ((token & 15) === 15) while (frame[at++] === 255);
  }
}

describe('lz4', () => {
  const pack = compressLz4

  it('reads what it writes', () => {
    fc.assert(fc.property(plain, (p) => decompressLz4(pack(p)).equals(p)))
  })
  it('ends every block in literals, as other readers demand', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 400 }), (piece, times) => {
        const input = Buffer.from(piece.repeat(times))
        const frame = pack(input)
        expect(decompressLz4(frame).equals(input)).toBe(true)
        if (input.length > 0) expect(lastLiterals(frame)).toBeGreaterThanOrEqual(Math.min(5, input.length))
      }),
    )
  })
  it('writes inputs of several blocks, and smaller than they were', () => {
    const large = Buffer.from('【京东】优惠多多，回T退订。'.repeat(10_000))
    expect(pack(large).length).toBeLessThan(large.length / 20)
    expect(decompressLz4(pack(large)).equals(large)).toBe(true)
  })
  it('reads several frames in a row, with skippable ones between', () => {
    const skippable = Buffer.from([0x52, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const [a, b] = [Buffer.from('first '.repeat(50)), Buffer.from('second '.repeat(50))]
    expect(decompressLz4(Buffer.concat([pack(a), skippable, pack(b)])).toString()).toBe(`${a}${b}`)
  })
  it('passes over the checksums of blocks and of the content', () => {
    const stored = Buffer.from('as it is')
    const frame = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x74, 0x40, 0]),
      Buffer.from([stored.length, 0, 0, 0x80]),
      stored,
      Buffer.from([9, 9, 9, 9]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([8, 8, 8, 8]),
    ])
    expect(decompressLz4(frame).toString()).toBe('as it is')
  })
  it.each([
    ['another magic', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])],
    ['a cut off frame', pack(Buffer.from('x'.repeat(1_000))).subarray(0, 12)],
    ['an unknown version', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x80, 0x40, 0, 0, 0, 0, 0])],
    ['a dictionary', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x41, 0x40, 0, 0, 0, 0, 0])],
  ])('throws on %s', (_, frame) => {
    expect(() => decompressLz4(frame)).toThrow()
  })
})

describe('a batch that unpacks to more than the limit', () => {
  const zeros = Buffer.alloc(MAX_PLAIN + 1)
  const LIMIT = 1 << 20

  it('is refused by its length, before anything is reserved', () => {
    const snappy = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])
    expect(() => decompressSnappy(snappy, LIMIT)).toThrow('unpacks to more than 1 MB')
    // A window of 2 GB, no content size.
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0])
    expect(() => decompressZstd(zstd, LIMIT)).toThrow()
  })

  it('is refused while it is unpacked', () => {
    expect(() => decompressLz4(compressLz4(zeros), LIMIT)).toThrow('unpacks to more than 1 MB')
    const blocks = xerial(Array.from({ length: 40 }, () => Buffer.alloc(LIMIT / 32)))
    expect(() => decompressSnappy(blocks, LIMIT)).toThrow('unpacks to more than 1 MB')
    // A frame of one block: 1.5 MB of zeros, run-length encoded.
    const word = ((3 << 19) << 3) | (1 << 1) | 1
    const block = [word & 255, (word >> 8) & 255, word >>> 16, 0]
    const rle = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3, ...block])
    expect(() => decompressZstd(rle, LIMIT)).toThrow()
  })

  it('reserves no more than it needs for blocks that may be large and are not', () => {
    const block = compressLz4(Buffer.from('x'.repeat(100))).subarray(7, -4)
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0])
    const frame = Buffer.concat([header, ...Array.from({ length: 100 }, () => block), Buffer.alloc(4)])
    const plain = decompressLz4(frame, MAX_PLAIN)
    expect(plain.length).toBe(10_000)
    expect(plain.buffer.byteLength).toBeLessThan(20_000_000)
  })

  it('is passed over record by record, each with its offset and the reason', async () => {
    registerCodecs()
    const require = createRequire(import.meta.url)
    const { RecordBatch: encode } = require('kafkajs/src/protocol/recordBatch/v0') as {
      RecordBatch(batch: object): Promise<{ buffer: Buffer }>
    }
    const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
      decoder: object,
    ) => Promise<{ records: { offset: string; value: Buffer }[] }>
    const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object
    const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object
    const records = Array.from({ length: 1_000 }, (_, offsetDelta) =>
      Record({ offsetDelta, value: Buffer.from('v') }),
    )
    const batch = { compression: kafkajs.CompressionTypes.GZIP, records, lastOffsetDelta: 999 }
    const { buffer } = await encode(batch)
    const gzipAt = buffer.indexOf(gzipSync('').subarray(0, 2))
    buffer.fill(0xff, gzipAt + 12, gzipAt + 40)
    const read = await decodeBatch(new Decoder(buffer))
    expect(read.records.map(({ offset }) => Number(offset))).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i),
    )
    for (const { value } of read.records) expect(unreadableReason(value)).toMatch(/./)
    expect(unreadableReason(Buffer.from('v'))).toBeUndefined()
  })
})
