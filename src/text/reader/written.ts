import { DIGIT, LETTER, SPACE, unitClass } from './symbols.ts'

/** Copies the code units of a text to `into`, with runs of white space as one space and none at the start. Returns the length. */
export function writtenUnits(text: string, into: Int32Array, most: number): number {
  const n = Math.min(text.length, most)
  let length = 0
  for (let i = 0; i < n; i++) {
    const unit = text.charCodeAt(i)
    if (unitClass(unit) !== SPACE) into[length++] = unit
    else if (length > 0 && into[length - 1] !== 0x20) into[length++] = 0x20
  }
  return length
}

/**
 * Replaces code units with one hash per word: a run of lower-cased letters and digits, or any other sign except a space. Returns
 * the number of words.
 */
export function writtenWords(units: Int32Array, length: number): number {
  let words = 0
  for (let i = 0; i < length; ) {
    const unit = units[i++] as number
    if (unit === 0x20) continue
    let hash = mixed(0x2c1b3c6d, lower(unit))
    if (isWordUnit(unit)) {
      while (i < length && isWordUnit(units[i] as number)) hash = mixed(hash, lower(units[i++] as number))
    }
    units[words++] = hash
  }
  return words
}

function isWordUnit(unit: number): boolean {
  const kind = unitClass(unit)
  return kind === LETTER || kind === DIGIT
}

function mixed(hash: number, unit: number): number {
  return (Math.imul(hash ^ unit, 0x01000193) + 0x5bd1e995) | 0
}

function lower(unit: number): number {
  if (unit < 128) return unit >= 65 && unit <= 90 ? unit + 32 : unit
  return unitClass(unit) === LETTER ? String.fromCharCode(unit).toLowerCase().charCodeAt(0) : unit
}
