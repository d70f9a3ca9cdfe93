import { promisify } from 'node:util'
import { gunzip as gunzipLater, gunzipSync, type ZlibOptions } from 'node:zlib'
import { Undecodable } from './cursor.ts'
import { lz4Length, unpackLz4 } from './lz4.ts'
import type { MemoryBudget, Reservation } from './memory-budget.ts'
import { snappyLength, unpackSnappy } from './snappy.ts'
import type { Turns } from './turns.ts'
import { unpackZstd, zstdLength } from './zstd.ts'

interface Codec {
  /** The decompressed size in bytes that the data claims. Throws Undecodable. */
  length(source: Buffer): number
  /** Rejects on damaged data, and on more than `limit` bytes. */
  unpack(source: Buffer, limit: number, turns: Turns): Promise<Buffer>
}

/** Maximum decompressed size for synchronous gunzip, bytes: below it, handing the work to a thread costs more. */
const AT_ONCE = 1 << 17
const SMALLEST_GZIP = 18
const gunzip = promisify<Buffer, ZlibOptions, Buffer>(gunzipLater)

const GZIP: Codec = {
  // The last member ends with its decompressed size.
  length: (source) => (source.length < SMALLEST_GZIP ? 0 : source.readUInt32LE(source.length - 4)),
  async unpack(source, limit) {
    // A single chunk: several would be copied into another buffer of that size.
    const options = { maxOutputLength: Math.max(1, limit), chunkSize: Math.max(1_024, limit + 1) }
    return limit <= AT_ONCE ? gunzipSync(source, options) : gunzip(source, options)
  },
}

const CODECS: Readonly<Record<number, Codec>> = {
  1: GZIP,
  2: { length: snappyLength, unpack: (source, _limit, turns) => unpackSnappy(source, turns) },
  3: { length: lz4Length, unpack: (source, _limit, turns) => unpackLz4(source, turns) },
  4: { length: zstdLength, unpack: unpackZstd },
}

/** Decompressed bytes with their memory reservation, to be released after use. */
export interface Unpacked extends Reservation {
  readonly plain: Buffer
}

/**
 * Waits for the memory, then decompresses. Data larger than it claims is decompressed again with the limit of the
 * largest batch. Rejects with Undecodable if the data is damaged or exceeds that limit.
 */
export async function unpack(
  number: number,
  source: Buffer,
  memory: MemoryBudget,
  turns: Turns,
): Promise<Unpacked> {
  const codec = CODECS[number]
  if (!codec) throw new Undecodable(`its compression codec ${number} is unknown`)
  if (source.length === 0) return { plain: source, release() {} }
  const said = damageOf(() => codec.length(source))
  if (said > memory.largest) throw tooLarge(memory)
  for (const limit of new Set([said, memory.largest])) {
    const reserved = await memory.reserve(limit)
    try {
      const plain = await codec.unpack(source, limit, turns)
      return { plain, release: reserved.release }
    } catch (error) {
      reserved.release()
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      if (!isTooLarge) throw asDamage(error)
    }
  }
  throw tooLarge(memory)
}

function damageOf<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asDamage(error)
  }
}

function asDamage(error: unknown): Undecodable {
  if (error instanceof Undecodable) return error
  return new Undecodable(
    `it cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`,
  )
}

function tooLarge(memory: MemoryBudget): Undecodable {
  return new Undecodable(
    `it decompresses to more than the ${Math.floor(memory.largest / 1e6)} MB that limits.bytesInFlight allows`,
  )
}
