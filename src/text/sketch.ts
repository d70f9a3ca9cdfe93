import type { TextReading } from '../domain/reading.ts'
import { type Signs, SKETCH_LENGTH, SKETCH_SIZE, type Sketch, signsOf } from '../domain/sketch.ts'
import { bodyOf, inside } from './fingerprint.ts'
import { CJK, DIGIT, LATIN, unitClass } from './plain-tables.ts'

/** Units read of the normalised text; longer texts are compared by their beginning. */
const MAX_UNITS = 512
export const LONGEST_GRAM = 3
const MIN_GRAMS = 6
/** Separator where a link, a number or a contact was removed: no gram spans it. */
const GAP = 0

/** Input of a sketch: the normalised text, and the parts excluded from it. */
export type SketchInput = Pick<TextReading, 'normalised' | 'signatures' | 'urls' | 'contacts'>

/** Quantised vectors of grams: row i is `scales[i]` times the 64 bytes at `64 * i`. */
export interface SketchTable {
  /** Identifies the table: sketches of different tables cannot be compared. */
  readonly id: string
  readonly hashes: Uint32Array
  readonly scales: Float32Array
  readonly vectors: Int8Array
  /** Mean vector of the texts the table was made from. */
  readonly mean: Float32Array
}

/** The units of one text: Chinese characters and Latin words. Valid until the next text. */
export interface Units {
  length: number
  /** Code unit of a character, hash of a word; `GAP` between them. */
  readonly symbols: Int32Array
  readonly starts: Uint16Array
  readonly ends: Uint16Array
}

const units: Units = {
  length: 0,
  symbols: new Int32Array(MAX_UNITS + 1),
  starts: new Uint16Array(MAX_UNITS + 1),
  ends: new Uint16Array(MAX_UNITS + 1),
}

/** The units of a text without signatures, links, contacts, digits and marks. */
export function unitsOf({ normalised, signatures, urls, contacts }: SketchInput): Units {
  const { text, offsets } = normalised
  const [start, end] = bodyOf(normalised, signatures)
  const masked = [...urls, ...contacts].map(({ span }) => span)
  units.length = 0
  for (let i = start; i < end && units.length < MAX_UNITS; ) {
    const kind = unitClass[text.charCodeAt(i)] as number
    if ((kind & DIGIT) !== 0 || (masked.length > 0 && inside(masked, offsets[i] as number))) {
      gap(i++)
      continue
    }
    if ((kind & LATIN) === 0) {
      if ((kind & CJK) !== 0) push(text.charCodeAt(i), i, i + 1)
      i++
      continue
    }
    const from = i
    let hash = 0x811c9dc5
    while (i < end && ((unitClass[text.charCodeAt(i)] as number) & LATIN) !== 0)
      hash = Math.imul(hash ^ text.charCodeAt(i++), 0x01000193)
    push(hash | 0x10000, from, i)
  }
  return units
}

function push(symbol: number, start: number, end: number): void {
  units.symbols[units.length] = symbol
  units.starts[units.length] = start
  units.ends[units.length++] = end
}

function gap(at: number): void {
  if (units.length > 0 && units.symbols[units.length - 1] !== GAP) push(GAP, at, at)
}

/** Hash of the gram of `size` units at `at`; 0 if it spans a gap or the end of the text. */
export function gramAt({ symbols, length }: Units, at: number, size: number): number {
  if (at + size > length) return 0
  let hash = 0x9e3779b9
  for (let k = 0; k < size; k++) {
    const symbol = symbols[at + k] as number
    if (symbol === GAP) return 0
    hash = (Math.imul((hash ^ (hash >>> 16)) + symbol, 0x85ebca6b) + k) | 0
  }
  return (hash ^ (hash >>> 15)) >>> 0
}

/**
 * Sketches of texts: the mean of the gram vectors minus the mean of all texts, normalised to length 1. The vectors are distilled
 * from a text encoder (models/sketch-zh, docs/model.md), as in model2vec.
 */
export class Sketcher {
  readonly id: string
  readonly #table: SketchTable
  /** Row by hash of the gram, open addressing; -1: none. */
  readonly #slots: Int32Array
  readonly #sum = new Float32Array(SKETCH_SIZE)

  constructor(table: SketchTable) {
    this.id = table.id
    this.#table = table
    const size = 1 << Math.ceil(Math.log2(Math.max(2, table.hashes.length * 2)))
    this.#slots = new Int32Array(size).fill(-1)
    for (const [row, hash] of table.hashes.entries()) {
      let slot = hash & (size - 1)
      while (this.#slots[slot] !== -1) slot = (slot + 1) & (size - 1)
      this.#slots[slot] = row
    }
  }

  /** The sketch of a text; undefined if the text has too few grams. Depends only on the text; linear in it. */
  sketch(input: SketchInput): Sketch | undefined {
    const read = unitsOf(input)
    const sum = this.#sum.fill(0)
    let known = 0
    for (let i = 0; i < read.length; i++) {
      for (let size = 1; size <= LONGEST_GRAM; size++) {
        const hash = gramAt(read, i, size)
        if (hash === 0) break
        const row = this.#rowOf(hash)
        if (row < 0) continue
        this.#add(row)
        known++
      }
    }
    return known < MIN_GRAMS ? undefined : quantised(sum, known, this.#table.mean)
  }

  #rowOf(hash: number): number {
    const { hashes } = this.#table
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] as number
      if (row < 0 || hashes[row] === hash) return row
    }
  }

  /** Unrolled by four: most of the time of a sketch is spent here. */
  #add(row: number): void {
    const sum = this.#sum
    const vectors = this.#table.vectors
    const scale = this.#table.scales[row] as number
    for (let k = 0, at = row * SKETCH_SIZE; k < SKETCH_SIZE; k += 4, at += 4) {
      sum[k] = (sum[k] as number) + scale * (vectors[at] as number)
      sum[k + 1] = (sum[k + 1] as number) + scale * (vectors[at + 1] as number)
      sum[k + 2] = (sum[k + 2] as number) + scale * (vectors[at + 2] as number)
      sum[k + 3] = (sum[k + 3] as number) + scale * (vectors[at + 3] as number)
    }
  }
}

/** Quantises a vector's direction to 64 bytes. */
function quantised(sum: Float32Array, count: number, mean: Float32Array): Sketch {
  let square = 0
  for (let k = 0; k < SKETCH_SIZE; k++) {
    const value = (sum[k] as number) / count - (mean[k] as number)
    sum[k] = value
    square += value * value
  }
  const sketch = new Int8Array(SKETCH_SIZE)
  const scale = SKETCH_LENGTH / Math.sqrt(square || 1)
  for (let k = 0; k < SKETCH_SIZE; k++) sketch[k] = Math.round((sum[k] as number) * scale)
  return sketch
}

const votes = new Int32Array(64)

/**
 * SimHash of a text: 64 signs over all its grams, for comparing texts of any script and length that have no sketch. Texts that
 * share most of their words differ in few signs. Undefined for a text without words.
 */
export function signsOfWords(input: SketchInput): Signs | undefined {
  const read = unitsOf(input)
  votes.fill(0)
  let grams = 0
  for (let i = 0; i < read.length; i++) {
    for (let size = 1; size < LONGEST_GRAM; size++) {
      const hash = gramAt(read, i, size)
      if (hash === 0) break
      grams++
      const other = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1)
      for (let k = 0; k < 32; k++) {
        votes[k]! += (hash >>> k) & 1 ? 1 : -1
        votes[32 + k]! += (other >>> k) & 1 ? 1 : -1
      }
    }
  }
  return grams === 0 ? undefined : signsOf(votes)
}
