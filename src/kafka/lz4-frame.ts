import { decompressBlock } from 'lz4js'

const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01
const STORED = 0x80000000
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }

interface Block {
  readonly start: number
  readonly length: number
  readonly stored: boolean
  /** What it may unpack to, bytes. */
  readonly room: number
}

/**
 * Reads LZ4 frames (LZ4 Frame Format 1.6), also several in a row, with linked blocks and with block checksums.
 * Checksums are passed over: the record batch around has its own, which the broker verified.
 * Throws on anything that is no whole frame, and on more plain bytes than the limit.
 */
export function decompressLz4(source: Buffer, limit = Number.MAX_SAFE_INTEGER): Buffer {
  return unpack(source, blocksOf(source), limit)
}

function blocksOf(source: Buffer): Block[] {
  const blocks: Block[] = []
  let at = 0
  while (at < source.length) {
    const magic = source.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + source.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new Error('not an LZ4 frame')
    const flags = source.readUInt8(at + 4)
    if (flags >> 6 !== 1) throw new Error('unknown version of the LZ4 frame')
    if (flags & DICTIONARY) throw new Error('LZ4 frame with a dictionary')
    const blockSize = BLOCK_SIZES[(source.readUInt8(at + 5) >> 4) & 7]
    if (blockSize === undefined) throw new Error('unknown block size of the LZ4 frame')
    at += 7 + (flags & CONTENT_SIZE ? 8 : 0)
    for (;;) {
      const word = source.readUInt32LE(at)
      at += 4
      if (word === 0) break
      const length = (word & ~STORED) >>> 0
      if (at + length > source.length) throw new Error('cut off LZ4 frame')
      blocks.push({ start: at, length, stored: (word & STORED) !== 0, room: blockSize })
      at += length + (flags & BLOCK_CHECKSUM ? 4 : 0)
    }
    if (flags & CONTENT_CHECKSUM) at += 4
  }
  return blocks
}

/** A block says only what it may unpack to, which can be a thousand times what it does: so room is made as it is needed. */
function unpack(source: Buffer, blocks: readonly Block[], limit: number): Buffer {
  let target = Buffer.allocUnsafe(Math.min(limit, 4 * source.length) + (blocks[0]?.room ?? 0))
  let end = 0
  for (const { start, length, stored, room } of blocks) {
    if (end > limit) break
    if (end + room > target.length) {
      const larger = Buffer.allocUnsafe(2 * target.length + room)
      target.copy(larger, 0, 0, end)
      target = larger
    }
    if (stored) end += source.copy(target, end, start, start + length)
    else {
      const begin = end
      end = decompressBlock(source, target, start, length, end)
      if (end - begin > room) throw new Error('LZ4 block larger than its frame says')
    }
  }
  if (end > limit) throw new Error(`the batch unpacks to more than ${Math.floor(limit / 2 ** 20)} MB`)
  return target.subarray(0, end)
}
