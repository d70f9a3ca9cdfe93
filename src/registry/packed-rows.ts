import { SigwatchError } from '../domain/errors.ts'
import { BoundedCache } from './bounded-cache.ts'

const EMPTY = 0
const DECODED = 4096
const LARGEST = 0xf000_0000

/**
 * Rows by key in one buffer outside the heap, as JSON, with an open-addressing index: about a tenth of the memory of
 * a map of objects, and nothing for the garbage collector to walk. Read by decoding, with the last rows kept decoded.
 * A key set twice keeps the later row; the space of the earlier one is not reclaimed.
 */
export class PackedRows<T> {
  #bytes: Buffer
  #end = 1
  #slots: Uint32Array
  #hashes: Uint32Array
  #mask: number
  #size = 0
  readonly #decoded = new BoundedCache<T | undefined>(DECODED)

  constructor(expected = 16) {
    let slots = 16
    while (slots < expected * 2) slots *= 2
    this.#slots = new Uint32Array(slots)
    this.#hashes = new Uint32Array(slots)
    this.#mask = slots - 1
    this.#bytes = Buffer.allocUnsafe(Math.max(1024, expected * 64))
  }

  get size(): number {
    return this.#size
  }

  /** Bytes held outside the heap. */
  get byteLength(): number {
    return this.#bytes.length + this.#slots.byteLength + this.#hashes.byteLength
  }

  has(key: string): boolean {
    return this.#find(key, hashOf(key)) >= 0
  }

  get(key: string): T | undefined {
    return this.#decoded.get(key, (wanted) => this.read(wanted))
  }

  /** Like `get`, past the cache: for use while the table is filled. */
  read(key: string): T | undefined {
    const slot = this.#find(key, hashOf(key))
    if (slot < 0) return undefined
    const offset = this.#slots[slot] as number
    const keyLength = this.#bytes.readUInt16LE(offset)
    const start = offset + 6 + keyLength
    const end = start + this.#bytes.readUInt32LE(offset + 2)
    return JSON.parse(this.#bytes.toString('utf8', start, end)) as T
  }

  /** Only before the first `get`. */
  set(key: string, row: T): void {
    const hash = hashOf(key)
    const offset = this.#append(key, JSON.stringify(row))
    const known = this.#find(key, hash)
    if (known >= 0) {
      this.#slots[known] = offset
      return
    }
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow()
    this.#place(offset, hash)
    this.#size++
  }

  #append(key: string, json: string): number {
    const most = 6 + (key.length + json.length) * 3
    if (this.#end + most > this.#bytes.length) {
      const size = Math.min(LARGEST, Math.max(this.#bytes.length * 2, this.#end + most))
      if (size < this.#end + most) {
        throw new SigwatchError('REGISTRY_INVALID', 'the registry is larger than 3.7 GB')
      }
      const larger = Buffer.allocUnsafe(size)
      this.#bytes.copy(larger, 0, 0, this.#end)
      this.#bytes = larger
    }
    const offset = this.#end
    const keyLength = this.#bytes.write(key, offset + 6)
    const jsonLength = this.#bytes.write(json, offset + 6 + keyLength)
    this.#bytes.writeUInt16LE(keyLength, offset)
    this.#bytes.writeUInt32LE(jsonLength, offset + 2)
    this.#end = offset + 6 + keyLength + jsonLength
    return offset
  }

  /** Slot of the key, or -1. */
  #find(key: string, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const offset = this.#slots[slot] as number
      if (offset === EMPTY) return -1
      if (this.#hashes[slot] === hash && this.#keyAt(offset) === key) return slot
    }
  }

  #keyAt(offset: number): string {
    return this.#bytes.toString('utf8', offset + 6, offset + 6 + this.#bytes.readUInt16LE(offset))
  }

  #place(offset: number, hash: number): void {
    let slot = hash & this.#mask
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask
    this.#slots[slot] = offset
    this.#hashes[slot] = hash
  }

  #grow(): void {
    const slots = this.#slots
    const hashes = this.#hashes
    this.#slots = new Uint32Array(slots.length * 2)
    this.#hashes = new Uint32Array(slots.length * 2)
    this.#mask = this.#slots.length - 1
    for (let i = 0; i < slots.length; i++) {
      const offset = slots[i] as number
      if (offset !== EMPTY) this.#place(offset, hashes[i] as number)
    }
  }
}

/** FNV-1a over the code units, mixed so that the low bits are as good as the high ones. */
function hashOf(key: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return (h ^ (h >>> 13)) >>> 0
}
