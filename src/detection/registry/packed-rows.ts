import { BoundedCache } from '../../domain/bounded-cache.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { hash32 } from '../../domain/hash32.ts'

const EMPTY = 0
const DECODED = 8192
const LARGEST = 0xf000_0000
const NEWLINE = 10

export interface Codec<T> {
  pack(row: T, key: string): unknown
  unpack(value: unknown, key: string): T
}

/**
 * Rows by key in one off-heap buffer (a line with the key, a line with the row as JSON) with an open-addressing index: a fraction
 * of the memory of a map of objects, and invisible to the garbage collector. Rows are decoded on access, with a cache of recent
 * ones. Setting a key again replaces its row; a copy reclaims the old space.
 */
export class PackedRows<T> {
  readonly #codec: Codec<T>
  #bytes = Buffer.allocUnsafe(1024)
  #end = 0
  /** Records in the buffer, with replaced ones. */
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
    if (this.#size * 2 > this.#slots.length) this.#grow()
  }

  /** Keys and rows in no particular order. */
  *entries(): Generator<[string, T]> {
    for (const taken of this.#slots) {
      if (taken === EMPTY) continue
      const key = this.#keyAt(taken - 1)
      yield [key, this.#rowAt(taken - 1, key)]
    }
  }

  /** A copy with capacity for more rows, without the space of replaced ones. */
  copy(): PackedRows<T> {
    const copy = new PackedRows(this.#codec)
    if (this.#records > 2 * this.#size) {
      for (const [key, row] of this.entries()) copy.set(key, row)
      return copy
    }
    copy.#bytes = Buffer.allocUnsafe(Math.min(LARGEST, Math.ceil(this.#end * 1.25) + 1024))
    this.#bytes.copy(copy.#bytes, 0, 0, this.#end)
    copy.#end = this.#end
    copy.#records = this.#records
    copy.#slots = this.#slots.slice()
    copy.#size = this.#size
    return copy
  }

  #append(text: string): number {
    const most = this.#end + text.length * 3
    if (most > this.#bytes.length) {
      const size = Math.min(LARGEST, Math.max(Math.ceil(this.#bytes.length * 1.5), most))
      if (size < most) throw new SigwatchError('REGISTRY_INVALID', 'the registry is larger than 4 GB')
      const larger = Buffer.allocUnsafe(size)
      this.#bytes.copy(larger, 0, 0, this.#end)
      this.#bytes = larger
    }
    const start = this.#end
    this.#end += this.#bytes.write(text, start)
    this.#records++
    return start
  }

  #keyAt(start: number): string {
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(NEWLINE, start))
  }

  #rowAt(start: number, key: string): T {
    const row = this.#bytes.indexOf(NEWLINE, start) + 1
    const json = this.#bytes.toString('utf8', row, this.#bytes.indexOf(NEWLINE, row))
    return this.#codec.unpack(JSON.parse(json), key)
  }

  /** The slot of the key, or the empty one where it belongs. */
  #slotOf(key: string): number {
    const mask = this.#slots.length - 1
    for (let slot = hash32(key) & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot] as number
      if (taken === EMPTY || this.#keyAt(taken - 1) === key) return slot
    }
  }

  #grow(): void {
    const slots = this.#slots
    this.#slots = new Uint32Array(slots.length * 2)
    for (const taken of slots) if (taken !== EMPTY) this.#slots[this.#slotOf(this.#keyAt(taken - 1))] = taken
  }
}
