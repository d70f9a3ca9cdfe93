import fc from 'fast-check'
import { compress as compressSnappy } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { decompressSnappy } from '../../src/kafka/codecs.ts'
import { compressLz4, decompressLz4 } from '../../src/kafka/lz4-frame.ts'

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
