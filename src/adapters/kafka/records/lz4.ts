import { decompressBlock } from 'lz4js'
import { Cursor, Undecodable } from './cursor.ts'
import type { Turns } from './turns.ts'

const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01
const STORED = 0x80000000
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }
const SHORTEST_MATCH = 4

interface Block {
  readonly start: number
  readonly length: number
  readonly isStored: boolean
  /** Decompressed size, bytes. */
  readonly plain: number
}

/** Decompressed size of LZ4 frames, bytes. Throws Undecodable. */
export function lz4Length(source: Buffer): number {
  let length = 0
  for (const { plain } of blocksOf(source)) length += plain
  return length
}

/**
 * Decompresses LZ4 frames (LZ4 Frame Format 1.6), including concatenated frames, linked blocks and block checksums.
 * Checksums are not verified: the record batch has its own. Rejects on anything that is not a complete frame.
 */
export async function unpackLz4(source: Buffer, turns: Turns): Promise<Buffer> {
  const blocks = blocksOf(source)
  const target = Buffer.allocUnsafe(blocks.reduce((sum, { plain }) => sum + plain, 0))
  let end = 0
  for (const { start, length, isStored, plain } of blocks) {
    if (isStored) source.copy(target, end, start, start + length)
    else if (decompressBlock(source, target, start, length, end) !== end + plain)
      throw new Undecodable('an LZ4 block of the wrong length')
    end += plain
    if (turns.isOver) await turns.next()
  }
  return target
}

function blocksOf(source: Buffer): Block[] {
  const blocks: Block[] = []
  let at = 0
  let total = 0
  while (at < source.length) {
    const magic = source.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + source.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new Undecodable('not an LZ4 frame')
    const flags = source.readUInt8(at + 4)
    if (flags >> 6 !== 1) throw new Undecodable('unknown version of the LZ4 frame')
    if (flags & DICTIONARY) throw new Undecodable('LZ4 frame with a dictionary')
    const room = BLOCK_SIZES[(source.readUInt8(at + 5) >> 4) & 7]
    if (room === undefined) throw new Undecodable('unknown block size of the LZ4 frame')
    at += 7 + (flags & CONTENT_SIZE ? 8 : 0)
    for (;;) {
      const word = source.readUInt32LE(at)
      at += 4
      if (word === 0) break
      const length = (word & ~STORED) >>> 0
      if (at + length > source.length) throw new Undecodable('a truncated LZ4 frame')
      const isStored = (word & STORED) !== 0
      const plain = isStored ? length : plainLength(source, at, at + length, total)
      if (plain > room) throw new Undecodable('LZ4 block larger than its frame says')
      blocks.push({ start: at, length, isStored, plain })
      total += plain
      at += length + (flags & BLOCK_CHECKSUM ? 4 : 0)
    }
    if (flags & CONTENT_CHECKSUM) at += 4
  }
  return blocks
}

/**
 * Decompressed size of a block, which the format does not store: the sum of its literal and match lengths. `before` is
 * the number of preceding bytes that matches may refer to.
 */
function plainLength(source: Buffer, start: number, end: number, before: number): number {
  const cursor = new Cursor(source, start, end)
  let length = 0
  while (cursor.at < end) {
    const token = cursor.byte()
    const literals = lengthOf(cursor, token >> 4)
    cursor.skip(literals)
    length += literals
    if (cursor.at === end) break
    const distance = cursor.byte() | (cursor.byte() << 8)
    if (distance === 0 || distance > before + length)
      throw new Undecodable('an LZ4 block refers to data outside of it')
    length += lengthOf(cursor, token & 15) + SHORTEST_MATCH
  }
  return length
}

function lengthOf(cursor: Cursor, nibble: number): number {
  let length = nibble
  if (nibble === 15)
    for (let byte = 255; byte === 255; ) {
      byte = cursor.byte()
      length += byte
    }
  return length
}
