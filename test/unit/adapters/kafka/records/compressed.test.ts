import { execFileSync, spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compress as compressSnappy } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { unpack } from '../../../../../src/adapters/kafka/records/compressed.ts'
import { Undecodable } from '../../../../../src/adapters/kafka/records/cursor.ts'
import { MemoryBudget } from '../../../../../src/adapters/kafka/records/memory-budget.ts'
import { Turns } from '../../../../../src/adapters/kafka/records/turns.ts'
import { compressLz4 } from '../../../../helpers/lz4-compress.ts'
import { pack, zstdFrame } from '../../../../helpers/record-batches.ts'

const bytes = fc.uint8Array({ maxLength: 3_000 }).map((a) => Buffer.from(a))
const texts = fc.string({ maxLength: 3_000 }).map((s) => Buffer.from(s.repeat(3)))
const plain = fc.oneof(bytes, texts)
const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4]

async function unpacked(codec: number, source: Buffer, budget = 400_000_000): Promise<Buffer> {
  const { plain, release } = await unpack(codec, source, new MemoryBudget(budget), new Turns())
  release()
  return plain
}

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

describe.each([1, 2, 3, 4] as const)('codec %i', (codec) => {
  it('reads what writers write', async () => {
    await fc.assert(
      fc.asyncProperty(plain, async (p) => {
        expect((await unpacked(codec, pack(codec, p))).equals(p)).toBe(true)
      }),
    )
  })
  it('refuses damage, or reads as many bytes as it announced, and never throws anything else', async () => {
    await fc.assert(
      fc.asyncProperty(plain, fc.nat(), fc.nat(255), async (p, at, byte) => {
        const packed = Buffer.from(pack(codec, p))
        packed[at % packed.length] = byte
        await unpacked(codec, packed, 10_000_000).catch((error) => expect(error).toBeInstanceOf(Undecodable))
      }),
      { numRuns: 500 },
    )
  })
  it('refuses what is cut off', async () => {
    const whole = pack(codec, Buffer.from('a'.repeat(500)))
    await expect(unpacked(codec, whole.subarray(0, -3))).rejects.toThrow(Undecodable)
  })
  it('refuses more than the budget has for one batch, and keeps nothing of it', async () => {
    const memory = new MemoryBudget(1_000_000)
    const large = pack(codec, Buffer.alloc(800_000))
    await expect(unpack(codec, large, memory, new Turns())).rejects.toThrow('limits.bytesInFlight')
    const fits = await unpack(codec, pack(codec, Buffer.alloc(740_000)), memory, new Turns())
    expect(fits.plain.length).toBe(740_000)
  })
})

describe('snappy', () => {
  it('reads the frames of snappy-java, with any number of blocks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plain, { maxLength: 4 }), async (blocks) => {
        expect((await unpacked(SNAPPY!, xerial(blocks))).equals(Buffer.concat(blocks))).toBe(true)
      }),
    )
  })
  it('ends on a literal whose length does not fit in 31 bits', async () => {
    const source = Buffer.from([5, 63 << 2, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3])
    await expect(unpacked(SNAPPY!, source)).rejects.toThrow(Undecodable)
  })
})

describe('gzip', () => {
  it('reads members that follow one another, of which the last says the length', async () => {
    const members = Buffer.concat([gzipSync(Buffer.alloc(300_000, 1)), gzipSync(Buffer.alloc(10, 2))])
    expect((await unpacked(GZIP!, members)).length).toBe(300_010)
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
  it('ends every block in literals, as other readers demand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 40 }),
        fc.integer({ min: 1, max: 400 }),
        async (piece, times) => {
          const input = Buffer.from(piece.repeat(times))
          const frame = compressLz4(input)
          expect((await unpacked(LZ4!, frame)).equals(input)).toBe(true)
          if (input.length > 0) expect(lastLiterals(frame)).toBeGreaterThanOrEqual(Math.min(5, input.length))
        },
      ),
    )
  })
  it('writes inputs of several blocks, and smaller than they were', async () => {
    const large = Buffer.from('【京东】优惠多多，回T退订。'.repeat(10_000))
    expect(compressLz4(large).length).toBeLessThan(large.length / 20)
    expect((await unpacked(LZ4!, compressLz4(large))).equals(large)).toBe(true)
  })
  it('reads several frames in a row, with skippable ones between', async () => {
    const skippable = Buffer.from([0x52, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const [a, b] = [Buffer.from('first '.repeat(50)), Buffer.from('second '.repeat(50))]
    const frames = Buffer.concat([compressLz4(a), skippable, compressLz4(b)])
    expect((await unpacked(LZ4!, frames)).toString()).toBe(`${a}${b}`)
  })
  it('passes over the checksums of blocks and of the content', async () => {
    const stored = Buffer.from('as it is')
    const frame = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x74, 0x40, 0]),
      Buffer.from([stored.length, 0, 0, 0x80]),
      stored,
      Buffer.from([9, 9, 9, 9]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([8, 8, 8, 8]),
    ])
    expect((await unpacked(LZ4!, frame)).toString()).toBe('as it is')
  })
  it.each([
    ['another magic', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])],
    ['an unknown version', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x80, 0x40, 0, 0, 0, 0, 0])],
    ['a dictionary', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x41, 0x40, 0, 0, 0, 0, 0])],
    [
      'a match in front of the block',
      Buffer.concat([
        compressLz4(Buffer.alloc(0)).subarray(0, 7),
        Buffer.from([6, 0, 0, 0, 0x10, 65, 9, 0, 0x10, 66, 0, 0, 0, 0]),
      ]),
    ],
  ])('refuses %s', async (_, frame) => {
    await expect(unpacked(LZ4!, frame)).rejects.toThrow(Undecodable)
  })
  it('reserves what blocks unpack to, and not what they may', async () => {
    const block = compressLz4(Buffer.from('x'.repeat(100))).subarray(7, -4)
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0])
    const frame = Buffer.concat([header, ...Array.from({ length: 100 }, () => block), Buffer.alloc(4)])
    expect((await unpacked(LZ4!, frame, 20_000)).length).toBe(10_000)
  })
})

const zstd = spawnSync('zstd', ['--version']).status === 0

describe('zstd', () => {
  it.runIf(zstd).each(['-1', '-3', '-19'])('reads what the reference writes with %s', async (level) => {
    const input = Buffer.from(
      Array.from({ length: 30_000 }, (_, i) => `【京东】订单 ${i * 7919} 已发货\n`).join(''),
    )
    const packed = execFileSync('zstd', [level, '-c', '-q'], { input, maxBuffer: 1 << 26 })
    expect((await unpacked(ZSTD!, packed)).equals(input)).toBe(true)
    const twice = await unpacked(ZSTD!, Buffer.concat([packed, packed]))
    expect(twice.equals(Buffer.concat([input, input]))).toBe(true)
  })
  it('refuses a window of 2 GB', async () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0])
    await expect(unpacked(ZSTD!, frame)).rejects.toThrow(Undecodable)
  })
  it('refuses many small blocks in a large window, each of which would move all of it', async () => {
    const block = Buffer.from([(1 << 3) | 2, 0, 0, 65])
    const last = Buffer.from([(1 << 3) | 3, 0, 0, 65])
    const blocks = Array.from({ length: 100_000 }, () => block)
    const frame = Buffer.concat([
      zstdFrame(Buffer.alloc(0)).subarray(0, 5),
      Buffer.of(14 << 3),
      ...blocks,
      last,
    ])
    const began = performance.now()
    await unpacked(ZSTD!, frame).catch(() => undefined)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
