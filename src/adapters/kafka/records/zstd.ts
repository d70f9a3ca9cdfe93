import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Decompress } from 'fzstd'
import { Undecodable } from './cursor.ts'
import type { Turns } from './turns.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const LARGEST_BLOCK = 1 << 17
/** Largest accepted window; writers stay far below it by default. */
const LARGEST_WINDOW = 1 << 27
/** Maximum number of moves in the window per decompressed byte: the smallest blocks that writers choose come close to it. */
const MOVES = 1_024

type Unpack = (source: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>
type Native = typeof zlib & { zstdDecompress?: (source: Buffer, options: object, done: () => void) => void }
/** Node's own Zstandard, from 22.15 on. */
const { zstdDecompress } = zlib as Native
const native = zstdDecompress && (promisify(zstdDecompress) as unknown as Unpack)

interface Frame {
  readonly start: number
  /** End of each block. */
  readonly blocks: readonly number[]
  readonly end: number
  /** Upper bound of the decompressed size, bytes, and the window needed to decompress it. */
  readonly plain: number
  readonly window: number
}

/** Upper bound of the decompressed size of Zstandard frames, bytes. Throws Undecodable. */
export function zstdLength(source: Buffer): number {
  let length = 0
  let window = 0
  for (const frame of framesOf(source)) {
    length += frame.plain
    window = Math.max(window, frame.window)
  }
  return Math.max(length, window)
}

/** Rejects on damaged data, and on more than `limit` bytes. */
export async function unpackZstd(source: Buffer, limit: number, turns: Turns): Promise<Buffer> {
  if (native) return native(source, { maxOutputLength: Math.max(1, limit) })
  const chunks: Uint8Array[] = []
  for (const { start, blocks, end, plain, window } of framesOf(source)) {
    if (blocks.length * window > MOVES * (plain + LARGEST_BLOCK))
      throw new Undecodable('its Zstandard blocks are too small')
    const stream = new Decompress((chunk) => chunks.push(chunk))
    let at = start
    for (const next of blocks) {
      stream.push(source.subarray(at, next))
      at = next
      if (turns.isOver) await turns.next()
    }
    stream.push(source.subarray(at, end), true)
  }
  return Buffer.concat(chunks)
}

/** Parses frame headers (RFC 8878). */
function framesOf(source: Buffer): Frame[] {
  const frames: Frame[] = []
  let at = 0
  while (at < source.length) {
    if (source.length - at < 8) throw new Undecodable('a truncated Zstandard frame')
    const magic = source.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + source.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new Undecodable('not a Zstandard frame')
    const frame = frameAt(source, at)
    frames.push(frame)
    at = frame.end
  }
  return frames
}

function frameAt(source: Buffer, start: number): Frame {
  const flags = source[start + 4]!
  const isSingle = (flags & 0x20) !== 0
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!
  let at = start + 5
  const described = 2 ** (10 + (source[at]! >> 3)) * (1 + (source[at]! & 7) / 8)
  if (!isSingle) at++
  at += [0, 1, 2, 4][flags & 3]!
  if (at + sizeBytes > source.length) throw new Undecodable('a truncated Zstandard frame')
  const size =
    sizeBytes === 8
      ? Number(source.readBigUInt64LE(at))
      : sizeBytes > 0
        ? source.readUIntLE(at, sizeBytes)
        : 0
  at += sizeBytes
  const window = isSingle ? size + 256 : described
  if (window > LARGEST_WINDOW) throw new Undecodable('its Zstandard window is too large')
  const blocks: number[] = []
  let plain = 0
  for (let isLast = false; !isLast; ) {
    if (at + 3 > source.length) throw new Undecodable('a truncated Zstandard frame')
    const head = source.readUIntLE(at, 3)
    const [kind, length] = [(head >> 1) & 3, head >> 3]
    isLast = (head & 1) !== 0
    if (length > LARGEST_BLOCK) throw new Undecodable('a Zstandard block is too large')
    plain += kind === 2 ? LARGEST_BLOCK : length
    at += 3 + (kind === 1 ? 1 : length)
    blocks.push(at)
  }
  const end = at + ((flags & 4) !== 0 ? 4 : 0)
  if (end > source.length) throw new Undecodable('a truncated Zstandard frame')
  return { start, blocks, end, plain, window }
}
