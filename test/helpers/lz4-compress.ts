const STORED = 0x80000000
const BLOCK = 1 << 16
/** Magic; independent blocks (required by Kafka) of 64 KiB; checksum of these two bytes. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const END = Buffer.alloc(4)

const MIN_MATCH = 4
/** A block ends with literals: no match extends into its last 5 bytes or starts in its last 12. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
const HASH_BITS = 14

/** Compresses to one LZ4 frame as Kafka requires it. */
export function compressLz4(plain: Buffer): Buffer {
  const pieces: Buffer[] = [HEADER]
  const packed = Buffer.allocUnsafe(BLOCK + (BLOCK >> 7) + 16)
  const table = new Int32Array(1 << HASH_BITS)
  for (let at = 0; at < plain.length; at += BLOCK) {
    const block = plain.subarray(at, at + BLOCK)
    const length = compressBlock(block, packed, table.fill(-1))
    const stored = length >= block.length
    const word = Buffer.alloc(4)
    word.writeUInt32LE(stored ? (block.length | STORED) >>> 0 : length)
    pieces.push(word, stored ? block : Buffer.from(packed.subarray(0, length)))
  }
  return Buffer.concat([...pieces, END])
}

/** Writes one LZ4 block (at most 64 KiB, so every match is within reach); returns its length in `target`. */
function compressBlock(source: Buffer, target: Buffer, table: Int32Array): number {
  const matchable = source.length - LAST_LITERALS
  let out = 0
  let anchor = 0
  for (let at = 0; at <= source.length - MATCH_LIMIT; ) {
    const four = source.readUInt32LE(at)
    const slot = Math.imul(four, 2_654_435_761) >>> (32 - HASH_BITS)
    const before = table[slot]!
    table[slot] = at
    if (before < 0 || source.readUInt32LE(before) !== four) {
      // Take longer steps through incompressible data.
      at += 1 + ((at - anchor) >> 6)
      continue
    }
    let end = at + MIN_MATCH
    while (end < matchable && source[end] === source[before + end - at]) end++
    const length = end - at - MIN_MATCH
    out = writeLiterals(source, anchor, at, target, out, Math.min(length, 15))
    target[out++] = (at - before) & 0xff
    target[out++] = (at - before) >> 8
    out = writeRest(length, target, out)
    anchor = at = end
  }
  return writeLiterals(source, anchor, source.length, target, out, 0)
}

/** Writes the token and the literals; returns their end. */
function writeLiterals(
  source: Buffer,
  from: number,
  to: number,
  target: Buffer,
  at: number,
  match: number,
): number {
  const length = to - from
  target[at] = (Math.min(length, 15) << 4) | match
  const start = writeRest(length, target, at + 1)
  return start + source.copy(target, start, from, to)
}

/** Writes the part of a length that exceeds the token. */
function writeRest(length: number, target: Buffer, at: number): number {
  if (length < 15) return at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) target[at++] = 255
  target[at++] = rest
  return at
}
