const BASE = 0x01000193

/**
 * Finds entries within one edit, by hashes of each added text and of the query, and of each with one code unit removed. Results
 * may include entries further away. Keeps no text and allocates no string.
 */
export class NearTexts<T> {
  readonly #byHash = new Map<number, T[]>()

  add(text: string, item: T): void {
    for (const hash of hashesOf(text)) {
      const known = this.#byHash.get(hash)
      if (!known) this.#byHash.set(hash, [item])
      else if (!known.includes(item)) known.push(item)
    }
  }

  /** Matches of the whole text first; entries may repeat. */
  of(text: string): T[] {
    const found: T[] = []
    for (const hash of hashesOf(text)) for (const item of this.#byHash.get(hash) ?? []) found.push(item)
    return found
  }
}

/** Hashes of the text and of each variant with one code unit removed. */
function hashesOf(text: string): Int32Array {
  const hashes = new Int32Array(text.length + 1)
  let whole = 0
  for (let i = 0; i < text.length; i++) whole = (Math.imul(whole, BASE) + text.charCodeAt(i) + 1) | 0
  hashes[0] = whole
  // From the end: the prefix hash is multiplied by the power for the length of the suffix.
  let [behind, power] = [0, 1]
  let ahead = whole
  const inverse = 0x359c449b
  for (let i = text.length - 1; i >= 0; i--) {
    const unit = text.charCodeAt(i) + 1
    ahead = Math.imul((ahead - unit) | 0, inverse)
    hashes[i + 1] = (Math.imul(ahead, power) + behind) | 0
    behind = (behind + Math.imul(unit, power)) | 0
    power = Math.imul(power, BASE)
  }
  return hashes
}
