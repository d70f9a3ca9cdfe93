import { randomInt } from 'node:crypto'
import { hash32 } from './hash32.ts'

/** Random, so that no sender can choose keys that collide. */
const [SEED, OTHER_SEED] = [randomInt(2 ** 32), randomInt(2 ** 32)]

/** Counts by 64-bit hash of the key: open addressing with linear probing; a count of 0 marks a free slot. */
class Table {
  readonly #mask: number
  readonly #hashes: Uint32Array
  readonly #counts: Uint8Array
  size = 0

  constructor(slots: number) {
    this.#mask = slots - 1
    this.#hashes = new Uint32Array(2 * slots)
    this.#counts = new Uint8Array(slots)
  }

  get(hash: number, other: number): number {
    return this.#counts[this.#slotOf(hash, other)]!
  }

  set(hash: number, other: number, count: number): void {
    const slot = this.#slotOf(hash, other)
    if (this.#counts[slot] === 0) this.size++
    this.#hashes[2 * slot] = hash
    this.#hashes[2 * slot + 1] = other
    this.#counts[slot] = count
  }

  /** The slot of the key, or the free one that it would take. */
  #slotOf(hash: number, other: number): number {
    let slot = hash & this.#mask
    while (
      this.#counts[slot] !== 0 &&
      (this.#hashes[2 * slot] !== hash || this.#hashes[2 * slot + 1] !== other)
    )
      slot = (slot + 1) & this.#mask
    return slot
  }
}

/**
 * Counts from 1 to 255 of the keys used last: at least `most`, at most twice as many. Two generations, as in
 * BoundedCache, but 9 bytes a slot instead of a string and a map entry a key. Two keys share a count if 64 bits of their
 * hashes are equal.
 */
export class RecentCounts {
  readonly #most: number
  readonly #slots: number
  #young: Table
  #old: Table

  constructor(most: number) {
    this.#most = most
    this.#slots = 2 ** Math.ceil(Math.log2(most * 1.25))
    this.#young = new Table(this.#slots)
    this.#old = new Table(this.#slots)
  }

  /** The count of the key, which becomes the one used last; 0 if it is not known. */
  get(key: string): number {
    const [hash, other] = [hash32(key, SEED), hash32(key, OTHER_SEED)]
    const count = this.#young.get(hash, other)
    if (count > 0) return count
    const old = this.#old.get(hash, other)
    if (old > 0) this.#set(hash, other, old)
    return old
  }

  set(key: string, count: number): void {
    this.#set(hash32(key, SEED), hash32(key, OTHER_SEED), count)
  }

  #set(hash: number, other: number, count: number): void {
    this.#young.set(hash, other, count)
    if (this.#young.size < this.#most) return
    this.#old = this.#young
    this.#young = new Table(this.#slots)
  }
}
