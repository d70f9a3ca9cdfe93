import { Undecodable } from './cursor.ts'
import type { Turns } from './turns.ts'

/** Header of the Java client's framing (snappy-java): this magic, two version fields, then blocks with their lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER = 16
/** Elements of a block between two checks of the time. */
const STEP = 16_384

interface Block {
  readonly start: number
  readonly end: number
  /** The decompressed size that it states, bytes. */
  readonly plain: number
}

/** The stated decompressed size, bytes. Throws Undecodable. */
export function snappyLength(source: Buffer): number {
  return blocksOf(source).reduce((sum, { plain }) => sum + plain, 0)
}

/** Decompresses Snappy as written by librdkafka (raw) and the Java client (framed by snappy-java). Rejects with Undecodable. */
export async function unpackSnappy(source: Buffer, turns: Turns): Promise<Buffer> {
  const blocks = blocksOf(source)
  const target = Buffer.allocUnsafe(blocks.reduce((sum, { plain }) => sum + plain, 0))
  let out = 0
  for (const { start, end, plain } of blocks) {
    const block = { at: start, out }
    out += plain
    while (block.at < end) {
      unpackElements(source, end, target, out - plain, out, block)
      if (turns.isOver) await turns.next()
    }
    if (block.out !== out) throw new Undecodable('a Snappy block of the wrong length')
  }
  return target
}

/** Decompresses some elements of a block (Snappy format description, 2011) into `begin` to `limit` of the target. */
function unpackElements(
  source: Buffer,
  end: number,
  target: Buffer,
  begin: number,
  limit: number,
  block: { at: number; out: number },
): void {
  let { at, out } = block
  for (let n = 0; n < STEP && at < end; n++) {
    const tag = source[at++]!
    const kind = tag & 3
    let length = (tag >>> 2) + 1
    const bytes = kind === 0 ? Math.max(0, length - 60) : kind === 3 ? 4 : kind
    if (at + bytes > end) throw new Undecodable('a truncated Snappy block')
    const number = bytes === 0 ? 0 : source.readUIntLE(at, bytes)
    at += bytes
    if (kind === 0) {
      if (bytes > 0) length = number + 1
      if (length > end - at || length > limit - out)
        throw new Undecodable('a Snappy block of the wrong length')
      source.copy(target, out, at, at + length)
      at += length
    } else {
      let distance = number
      if (kind === 1) {
        length = ((tag >>> 2) & 7) + 4
        distance += (tag >>> 5) << 8
      }
      if (distance === 0 || distance > out - begin || length > limit - out)
        throw new Undecodable('a Snappy block refers to data outside of it')
      if (distance >= length) target.copyWithin(out, out - distance, out - distance + length)
      else for (let i = out; i < out + length; i++) target[i] = target[i - distance]!
    }
    out += length
  }
  block.at = at
  block.out = out
}

function blocksOf(source: Buffer): Block[] {
  if (source.length < XERIAL_HEADER || !source.subarray(0, 8).equals(XERIAL_MAGIC))
    return [blockAt(source, 0, source.length)]
  const blocks: Block[] = []
  for (let at = XERIAL_HEADER; at < source.length; ) {
    const length = at + 4 <= source.length ? source.readUInt32BE(at) : source.length
    at += 4
    if (at + length > source.length) throw new Undecodable('a truncated Snappy block')
    blocks.push(blockAt(source, at, at + length))
    at += length
  }
  return blocks
}

/** A block starts with its decompressed size, in at most 5 bytes. */
function blockAt(source: Buffer, at: number, end: number): Block {
  let plain = 0
  for (let i = 0; i < 5 && at + i < end; i++) {
    const byte = source[at + i]!
    plain += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { start: at + i + 1, end, plain }
  }
  throw new Undecodable('a Snappy block without its length')
}
