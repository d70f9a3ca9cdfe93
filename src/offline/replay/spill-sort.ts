import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { orUsage } from '../../domain/errors.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'

/** Sorted by the first number, then the second, then the third. */
export type SortKey = readonly [number, number, number]

export interface SortEntry {
  readonly key: SortKey
  readonly payload: Buffer
}

/** Bytes of a key and the length of its payload. */
const HEAD = 28
/** Approximate memory overhead of an entry besides its payload, bytes. */
const OVERHEAD = 200
/** Bounds for a single read of one run, bytes; all runs together read about `MERGE_BYTES`. */
const MAX_READ = 1 << 20
const MIN_READ = 1 << 14
const MERGE_BYTES = 64_000_000
const WRITE_BYTES = 1 << 20

/**
 * External merge sort: holds a bounded number of bytes in memory and writes the rest to a folder as sorted runs, which are
 * merged when they are read. Entries with equal keys keep the order in which they were added.
 */
export class SpillSort {
  readonly #folder: string
  readonly #name: string
  readonly #maxBytes: number
  #held: SortEntry[] = []
  #bytes = 0
  readonly #runs: string[] = []
  #count = 0

  /** `name` distinguishes its files from others in the folder; `maxBytes` is the limit of memory. */
  constructor(folder: string, name: string, maxBytes = 64_000_000) {
    this.#folder = folder
    this.#name = name
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#count
  }

  add(key: SortKey, payload: Buffer): void {
    this.#held.push({ key, payload })
    this.#bytes += payload.length + OVERHEAD
    this.#count++
    if (this.#bytes >= this.#maxBytes) this.#spill()
  }

  /** Yields the entries in order. Can be called once: runs are removed as they are read. */
  *sorted(): Generator<SortEntry> {
    if (this.#runs.length === 0) {
      const held = sortEntries(this.#held)
      this.#held = []
      yield* held
      return
    }
    this.#spill()
    const share = Math.min(MAX_READ, Math.max(MIN_READ, Math.floor(MERGE_BYTES / this.#runs.length)))
    const heap = new Heap()
    const readers = this.#runs.splice(0).map((path, order) => new RunReader(path, order, share))
    try {
      for (const reader of readers) if (reader.next()) heap.push(reader)
      for (let reader = heap.pop(); reader; reader = heap.pop()) {
        yield reader.entry!
        if (reader.next()) heap.push(reader)
      }
    } finally {
      for (const reader of readers) reader.close()
    }
  }

  #spill(): void {
    if (this.#held.length === 0) return
    const path = join(this.#folder, `${this.#name}-${this.#runs.length}.run`)
    const file = openSync(path, 'w', OWNER_ONLY)
    try {
      let pieces: Buffer[] = []
      let bytes = 0
      for (const { key, payload } of sortEntries(this.#held)) {
        const head = Buffer.allocUnsafe(HEAD)
        for (let i = 0; i < 3; i++) head.writeDoubleLE(key[i]!, i * 8)
        head.writeUInt32LE(payload.length, 24)
        pieces.push(head, payload)
        bytes += HEAD + payload.length
        if (bytes < WRITE_BYTES) continue
        writeAll(path, file, Buffer.concat(pieces))
        pieces = []
        bytes = 0
      }
      writeAll(path, file, Buffer.concat(pieces))
    } finally {
      closeSync(file)
    }
    this.#runs.push(path)
    this.#held = []
    this.#bytes = 0
  }
}

function compareKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

function sortEntries(entries: SortEntry[]): SortEntry[] {
  return entries.sort((a, b) => compareKeys(a.key, b.key))
}

function writeAll(path: string, file: number, bytes: Buffer): void {
  orUsage(`cannot write ${path}`, () => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  })
}

/** Reads one run from start to end. */
class RunReader {
  readonly #path: string
  readonly #read: number
  readonly order: number
  #file: number | undefined
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  entry: SortEntry | undefined

  constructor(path: string, order: number, read: number) {
    this.#path = path
    this.order = order
    this.#read = read
    this.#file = openSync(path, 'r')
  }

  /** Moves to the next entry. Returns false at the end. */
  next(): boolean {
    this.entry = undefined
    if (!this.#has(HEAD)) return false
    const buffer = this.#buffer
    const at = this.#at
    const key: SortKey = [buffer.readDoubleLE(at), buffer.readDoubleLE(at + 8), buffer.readDoubleLE(at + 16)]
    const length = buffer.readUInt32LE(at + 24)
    this.#at += HEAD
    if (!this.#has(length)) throw new Error(`${this.#path} is cut off`)
    this.entry = { key, payload: Buffer.from(this.#buffer.subarray(this.#at, this.#at + length)) }
    this.#at += length
    return true
  }

  close(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    rmSync(this.#path, { force: true })
  }

  /** Whether this many bytes are available; reads more if necessary. */
  #has(bytes: number): boolean {
    while (this.#buffer.length - this.#at < bytes) {
      const rest = this.#buffer.subarray(this.#at)
      const more = Buffer.allocUnsafe(Math.max(this.#read, bytes - rest.length))
      const got = readSync(this.#file!, more, 0, more.length, null)
      if (got === 0) return false
      this.#buffer = Buffer.concat([rest, more.subarray(0, got)])
      this.#at = 0
    }
    return true
  }
}

/** Min-heap of readers by their current entry; of equal entries, that of the run written first comes first. */
class Heap {
  readonly #items: RunReader[] = []

  push(reader: RunReader): void {
    const items = this.#items
    let at = items.length
    items.push(reader)
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!before(reader, items[up]!)) break
      items[at] = items[up]!
      at = up
    }
    items[at] = reader
  }

  pop(): RunReader | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined || items.length === 0) return top
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= items.length) break
      if (down + 1 < items.length && before(items[down + 1]!, items[down]!)) down++
      if (!before(items[down]!, last)) break
      items[at] = items[down]!
      at = down
    }
    items[at] = last
    return top
  }
}

function before(a: RunReader, b: RunReader): boolean {
  const order = compareKeys(a.entry!.key, b.entry!.key)
  return order < 0 || (order === 0 && a.order < b.order)
}
