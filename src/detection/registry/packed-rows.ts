import { BoundedCache } from '../../domain/bounded-cache.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { hash32 } from '../../domain/hash32.ts'
import { atOnce, ROWS_A_STEP, type Steps } from '../../domain/steps.ts'

const EMPTY = 0
const DECODED = 8192
const LARGEST = 0xf000_0000
const NEWLINE = 10
/** Bits of a place within a chunk. */
const BITS = 20
const CHUNK = 1 << BITS

export interface Codec<T> {
  pack(row: T, key: string): unknown
  unpack(value: unknown, key: string): T
}

/**
 * Rows by key in off-heap chunks (a line with the key, a line with the row as JSON) with an open-addressing index: a fraction of
 * the memory of a map of objects, and invisible to the garbage collector. Rows are decoded on access, with a cache of recent
 * ones. Setting a key again replaces its row; a copy reclaims the old space. Nothing is moved when chunks are added, so that
 * filling the table never stops other work for long.
 */
export class PackedRows<T> {
  readonly #codec: Codec<T>
  /** A record longer than a chunk has a buffer of several, each an entry that reaches to its end; only the first has offset 0. */
  #chunks: Buffer[] = []
  #end = 0
  /** Records in the chunks, with replaced ones. */
  #records = 0
  /** Start of the record + 1. */
  #slots = new Uint32Array(16)
  #size = 0
  readonly #decoded = new BoundedCache<T | undefined>(DECODED)

  constructor(codec: Codec<T>) {
    this.#codec = codec
  }

  get size(): number {
    return this.#size
  }

  /** Bytes of records, with replaced ones, and of the index. */
  get byteLength(): number {
    return this.#end + this.#slots.byteLength
  }

  get(key: string): T | undefined {
    return this.#decoded.get(key, (wanted) => this.read(wanted))
  }

  /** Like `get` without the cache, for use while filling the table. */
  read(key: string): T | undefined {
    const taken = this.#slots[this.#slotOf(key)] as number
    return taken === EMPTY ? undefined : this.#rowAt(taken - 1, key)
  }

  /** Sets a row; only allowed before the first `get`. */
  set(key: string, row: T): void {
    const start = this.#append(`${key}\n${JSON.stringify(this.#codec.pack(row, key))}\n`)
    const slot = this.#slotOf(key)
    if (this.#slots[slot] === EMPTY) this.#size++
    this.#slots[slot] = start + 1
    if (this.#size * 4 > this.#slots.length * 3) atOnce(this.grow())
  }

  /** Doubles the index if it is half full, in steps between which the table cannot be used. `set` does it at once, but later. */
  *grow(): Steps<void> {
    yield
    if (this.#size * 2 <= this.#slots.length) return
    const slots = this.#slots
    this.#slots = new Uint32Array(slots.length * 2)
    for (const [n, taken] of slots.entries()) {
      if (n % ROWS_A_STEP === 0) yield
      if (taken !== EMPTY) this.#slots[this.#slotOf(this.#keyAt(taken - 1))] = taken
    }
  }

  /** Keys and rows in no particular order. */
  *entries(): Generator<[string, T]> {
    for (const taken of this.#slots) {
      if (taken === EMPTY) continue
      const key = this.#keyAt(taken - 1)
      yield [key, this.#rowAt(taken - 1, key)]
    }
  }

  /** At least the keys of the rows whose JSON contains one of the texts; undefined after a step without a key. */
  *keysHaving(texts: readonly string[]): Generator<string | undefined> {
    for (const chunk of this.#chunks) {
      if (chunk.byteOffset > 0) continue
      for (const text of texts) {
        for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + 1)) {
          const row = chunk.lastIndexOf(NEWLINE, at)
          yield chunk.toString('utf8', chunk.lastIndexOf(NEWLINE, row - 1) + 1, row)
        }
        yield undefined
      }
    }
  }

  /** A copy that can take more rows. It shares the chunks, unless most of their records are replaced. */
  copy(): PackedRows<T> {
    const copy = new PackedRows(this.#codec)
    if (this.#records > 2 * this.#size) {
      for (const [key, row] of this.entries()) copy.set(key, row)
      return copy
    }
    copy.#chunks = this.#chunks.slice()
    copy.#end = this.#chunks.length * CHUNK
    copy.#records = this.#records
    copy.#slots = this.#slots.slice()
    copy.#size = this.#size
    return copy
  }

  #append(text: string): number {
    const most = text.length * 3
    if (this.#end + most > this.#chunks.length * CHUNK) {
      this.#end = this.#chunks.length * CHUNK
      const size = Math.ceil(most / CHUNK) * CHUNK
      if (this.#end + size > LARGEST)
        throw new SigwatchError('REGISTRY_INVALID', 'the registry is larger than 4 GB')
      const buffer = Buffer.allocUnsafeSlow(size)
      for (let at = 0; at < size; at += CHUNK) this.#chunks.push(buffer.subarray(at))
    }
    const start = this.#end
    this.#end += this.#chunks[start >>> BITS]!.write(text, start % CHUNK)
    this.#records++
    return start
  }

  #keyAt(start: number): string {
    const chunk = this.#chunks[start >>> BITS]!
    return chunk.toString('utf8', start % CHUNK, chunk.indexOf(NEWLINE, start % CHUNK))
  }

  #rowAt(start: number, key: string): T {
    const chunk = this.#chunks[start >>> BITS]!
    const row = chunk.indexOf(NEWLINE, start % CHUNK) + 1
    return this.#codec.unpack(JSON.parse(chunk.toString('utf8', row, chunk.indexOf(NEWLINE, row))), key)
  }

  /** The slot of the key, or the empty one where it belongs. */
  #slotOf(key: string): number {
    const mask = this.#slots.length - 1
    for (let slot = hash32(key) & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot] as number
      if (taken === EMPTY || this.#keyAt(taken - 1) === key) return slot
    }
  }
}
