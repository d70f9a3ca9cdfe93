import { BoundedCache } from '../../domain/bounded-cache.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { hash32 } from '../../domain/hash32.ts'

const EMPTY = 0
const DECODED = 8192
const LARGEST = 0xf000_0000
const SEPARATOR = '\n'

export interface Codec<T> {
  pack(row: T, key: string): unknown
  unpack(value: unknown, key: string): T
}

/**
 * Rows by key as JSON in one off-heap buffer with an open-addressing index: a fraction of the memory of a map of
 * objects, and invisible to the garbage collector. Rows are decoded on access, with a cache of recent ones. Setting
 * a key again replaces its row; a copy reclaims the old space.
 */
export class PackedRows<T> {
  readonly #codec: Codec<T>
  #bytes: Buffer
  #end = 0
  /** Start of each record, and end of the last. */
  #offsets: Uint32Array
  #records = 0
  /** Record number + 1. */
  #slots: Uint32Array
  #mask: number
  #size = 0
  readonly #decoded = new BoundedCache<T | undefined>(DECODED)

  constructor(codec: Codec<T>, expected = 16) {
    this.#codec = codec
    let slots = 16
    while (slots < expected * 2) slots *= 2
    this.#slots = new Uint32Array(slots)
    this.#mask = slots - 1
    this.#offsets = new Uint32Array(Math.max(16, expected) + 1)
    this.#bytes = Buffer.allocUnsafe(Math.max(1024, expected * 96))
  }

  get size(): number {
    return this.#size
  }

  /** Bytes held outside the heap. */
  get byteLength(): number {
    return this.#bytes.length + this.#offsets.byteLength + this.#slots.byteLength
  }

  get(key: string): T | undefined {
    return this.#decoded.get(key, (wanted) => this.read(wanted))
  }

  /** Like `get` without the cache, for use while filling the table. */
  read(key: string): T | undefined {
    const slot = this.#find(key)
    if (slot < 0) return undefined
    const record = this.#record((this.#slots[slot] as number) - 1)
    return this.#codec.unpack(JSON.parse(record.slice(key.length + 1)), key)
  }

  /** Sets a row; only allowed before the first `get`. */
  set(key: string, row: T): void {
    const record = this.#append(`${key}${SEPARATOR}${JSON.stringify(this.#codec.pack(row, key))}`)
    const known = this.#find(key)
    if (known >= 0) {
      this.#slots[known] = record + 1
      return
    }
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow()
    this.#place(record + 1, key)
    this.#size++
  }

  /** Keys and rows in no particular order. */
  *entries(): Generator<[string, T]> {
    for (const number of this.#slots) {
      if (number === EMPTY) continue
      const record = this.#record(number - 1)
      const key = keyOf(record)
      yield [key, this.#codec.unpack(JSON.parse(record.slice(key.length + 1)), key)]
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
    copy.#offsets = this.#offsets.slice()
    copy.#records = this.#records
    copy.#slots = this.#slots.slice()
    copy.#mask = this.#mask
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
    if (this.#records + 2 > this.#offsets.length) {
      const larger = new Uint32Array(this.#offsets.length * 2)
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    this.#end += this.#bytes.write(text, this.#end)
    this.#offsets[this.#records + 1] = this.#end
    return this.#records++
  }

  #record(number: number): string {
    return this.#bytes.toString('utf8', this.#offsets[number], this.#offsets[number + 1])
  }

  /** Slot of the key, or -1. */
  #find(key: string): number {
    for (let slot = hash32(key) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const number = this.#slots[slot] as number
      if (number === EMPTY) return -1
      if (keyOf(this.#record(number - 1)) === key) return slot
    }
  }

  #place(number: number, key: string): void {
    let slot = hash32(key) & this.#mask
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask
    this.#slots[slot] = number
  }

  #grow(): void {
    const slots = this.#slots
    this.#slots = new Uint32Array(slots.length * 2)
    this.#mask = this.#slots.length - 1
    for (const number of slots) if (number !== EMPTY) this.#place(number, keyOf(this.#record(number - 1)))
  }
}

const keyOf = (record: string): string => record.slice(0, record.indexOf(SEPARATOR))
