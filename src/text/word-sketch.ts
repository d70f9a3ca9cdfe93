import { finalise } from '../domain/hash32.ts'
import type { WordSketch } from '../domain/templates.ts'
import { gramAt, type SketchInput, unitsOf } from './sketch.ts'

export const SLOTS = 128
const MIN_GRAMS = 16
/** Maximum units per gram: a replaced word breaks every longer one. */
const LONGEST = 2

const factors = Int32Array.from({ length: SLOTS }, (_, i) => finalise(Math.imul(i + 1, 0x9e3779b9)) | 1)
const increments = factors.map((factor) => finalise(factor))
const minima = new Int32Array(SLOTS)
const seen = new Set<number>()

/**
 * MinHash of the characters, words and their pairs in a text, without signatures, links, contacts and digits. Undefined if there
 * are too few. Depends only on the text; linear in it.
 */
export function wordSketch(input: SketchInput): WordSketch | undefined {
  const units = unitsOf(input)
  minima.fill(0x7fffffff)
  seen.clear()
  for (let i = 0; i < units.length; i++) {
    for (let size = 1; size <= LONGEST; size++) {
      const hash = gramAt(units, i, size)
      if (hash === 0) break
      if (seen.has(hash)) continue
      seen.add(hash)
      for (let k = 0; k < SLOTS; k++) {
        const value = (Math.imul(hash, factors[k] as number) + (increments[k] as number)) | 0
        if (value < (minima[k] as number)) minima[k] = value
      }
    }
  }
  return seen.size < MIN_GRAMS ? undefined : Uint8Array.from(minima, (value) => finalise(value) & 0xff)
}

/** Share of words common to two texts, 0 to 1, to within 0.04. */
export function sharedWords(a: WordSketch, b: WordSketch): number {
  let same = 0
  for (let k = 0; k < SLOTS; k++) if (a[k] === b[k]) same++
  return same / SLOTS
}
