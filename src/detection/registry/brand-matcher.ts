import type { Brand, BrandMention } from '../../domain/registry.ts'
import { brandMatcherWords } from '../rules/patterns.generated.ts'

export interface BrandName {
  readonly brand: Brand
  /** As registered. */
  readonly name: string
  /** Look-up key as of signatures: letters and digits only. */
  readonly key: string
  /** Form in normalised text. */
  readonly text: string
}

/** Words that contain a brand's name but do not refer to it. */
const LONGER_WORDS = brandMatcherWords.longerWords.split(/\s+/).filter((word) => word !== '')

/** Characters after an abbreviated bank (`中行`, `建行`) that make it part of another word. */
const AFTER_HANG = new Set(brandMatcherWords.afterHang)
/** Characters before it that start another word. */
const BEFORE_HANG: Readonly<Record<string, string>> = brandMatcherWords.beforeHang
/** Characters after a short name that make it a place. */
const PLACES = new Set(brandMatcherWords.places)

/**
 * Finds registered names in normalised text, at most one per start, the longest; one pass over the text, independent of the
 * number of brands. Latin names and digits must be at word boundaries and not part of a host; Chinese names are not found inside
 * words known to contain them.
 */
export class BrandMatcher {
  /** Filters on the first code unit, and on the first two together: rules out nearly all positions of a text. */
  readonly #first = new Uint8Array(65_536)
  readonly #firstTwo = new Uint8Array(65_536)
  /** By the first two code units. */
  readonly #byFirst = new Map<number, BrandName[]>()
  readonly #swallowers = new Map<string, string[]>()

  constructor(names: readonly BrandName[]) {
    for (const name of names) {
      if (name.text.length < 2) continue
      const code = name.text.charCodeAt(0)
      const second = name.text.charCodeAt(1)
      this.#first[code] = 1
      this.#firstTwo[placeOf(code, second)] = 1
      const key = code * 65_536 + second
      const known = this.#byFirst.get(key)
      if (known) known.push(name)
      else this.#byFirst.set(key, [name])
    }
    for (const some of this.#byFirst.values()) some.sort((a, b) => b.text.length - a.text.length)
    for (const name of names) {
      const around = LONGER_WORDS.filter((word) => word.length > name.text.length && word.includes(name.text))
      if (around.length > 0) this.#swallowers.set(name.text, around)
    }
  }

  /** Longest first, then by position. Mentions do not overlap. */
  find(text: string): readonly BrandMention[] {
    let found: BrandMention[] | undefined
    for (let i = 0; i + 1 < text.length; i++) {
      const code = text.charCodeAt(i)
      if (this.#first[code] === 0) continue
      const second = text.charCodeAt(i + 1)
      if (this.#firstTwo[placeOf(code, second)] === 0) continue
      const names = this.#byFirst.get(code * 65_536 + second)
      const name = names && this.#at(text, i, names)
      if (!name) continue
      const end = i + name.text.length
      found ??= []
      found.push({ brand: name.brand, name: name.name, start: i, end })
      i = end - 1
    }
    if (!found) return NONE
    return found.length === 1
      ? found
      : found.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)
  }

  #at(text: string, start: number, names: readonly BrandName[]): BrandName | undefined {
    for (const name of names) {
      if (!text.startsWith(name.text, start)) continue
      const end = start + name.text.length
      if (isBounded(text, start, end) && !this.#isPartOfLongerWord(text, start, name.text)) return name
    }
    return undefined
  }

  #isPartOfLongerWord(text: string, start: number, name: string): boolean {
    const words = this.#swallowers.get(name)
    if (words) {
      for (const word of words) {
        const at = start - word.indexOf(name)
        if (at >= 0 && text.startsWith(word, at)) return true
      }
    }
    if (name.length !== 2) return false
    const after = text[start + 2] ?? ''
    if (PLACES.has(after)) return true
    if (name[1] !== brandMatcherWords.hang) return false
    const before = start > 0 ? (text[start - 1] as string) : ''
    return AFTER_HANG.has(after) || (before !== '' && (BEFORE_HANG[name[0] as string] ?? '').includes(before))
  }
}

const NONE: readonly BrandMention[] = []

/** Position of two code units in the bit set of pairs. */
function placeOf(first: number, second: number): number {
  return (Math.imul(first, 0x9e37) ^ second) & 0xffff
}

/** Latin letters or digits at the ends of a name must be at a word boundary, and not in a host, path or address. */
function isBounded(text: string, start: number, end: number): boolean {
  if (isWordCode(text.charCodeAt(start)) && start > 0) {
    const before = text.charCodeAt(start - 1)
    if (isWordCode(before)) return false
    if (isJoint(before) && start > 1 && (isWordCode(text.charCodeAt(start - 2)) || before !== DASH))
      return false
  }
  if (isWordCode(text.charCodeAt(end - 1)) && end < text.length) {
    const after = text.charCodeAt(end)
    if (isWordCode(after)) return false
    if (isJoint(after) && end + 1 < text.length && isWordCode(text.charCodeAt(end + 1))) return false
  }
  return true
}

const DASH = 45

function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

/** `.`, `-`, `/`, `_`, `@`: joins labels of a host or an address. */
function isJoint(code: number): boolean {
  return code === 46 || code === DASH || code === 47 || code === 95 || code === 64
}
