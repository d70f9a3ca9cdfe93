import type { Lookalike } from '../../domain/registry.ts'
import { damerauLevenshtein, jaroWinkler } from '../../text/distance/distance.ts'
import { lookalikesWords } from '../rules/patterns.generated.ts'
import { NAME_WORDS } from './added-words.ts'
import type { BrandName } from './brand-matcher.ts'
import { NearTexts } from './near-texts.ts'
import { isHan, reading, skeleton } from './skeleton.ts'

/** Puns that no rule finds, with the name meant. */
const PUNS: Readonly<Record<string, string>> = lookalikesWords.puns

/** Ordinary words that sound like a name: `同城` (same city) is not 同程. */
const WORDS = new Set<string>(lookalikesWords.words)

const DIGITS = /^\d+$/

/** Shorter names are compared by glyph and sound only. */
const EDIT_FROM = 4

/**
 * Finds the registered name that a name imitates, by hash look-ups only: skeletons for glyphs, pinyin for sound, and
 * the deletion neighbourhood for one edit. Similarity is the certainty without further evidence: 0.97 glyphs, 0.95 a
 * transposition, 0.9 sound, 0.86-0.9 one edit of a Latin name. Below 0.85 the name may well be that of another
 * company (two characters that sound alike, one different character, an added word).
 */
export class NameLookalikes {
  readonly #keys = new Map<string, BrandName>()
  readonly #skeletons = new Map<string, BrandName>()
  readonly #readings = new Map<string, BrandName[]>()
  readonly #near = new NearTexts<BrandName>()
  readonly #words = new Map<string, BrandName | null>()
  #longestWord = 0

  constructor(names: readonly BrandName[]) {
    for (const name of names) {
      this.#keys.set(name.key, name)
      const shape = skeleton(name.key)
      if (shape.length < 2) continue
      if (!this.#skeletons.has(shape)) this.#skeletons.set(shape, name)
      const sound = reading(name.key)
      if (sound !== undefined) push(this.#readings, sound, name)
      if (shape.length >= EDIT_FROM) this.#near.add(shape, name)
      this.#addWord(shape, name)
    }
    for (const word of NAME_WORDS) if (!this.#words.has(skeleton(word))) this.#addWord(skeleton(word), null)
  }

  /** For a normalised name that is neither registered nor filed. */
  find(key: string): Lookalike | undefined {
    if (key.length < 2 || key.length > 48) return undefined
    const shape = skeleton(key)
    if (shape.length < 2) return undefined
    return (
      this.#byGlyph(key, shape) ??
      this.#byPun(key) ??
      this.#bySound(key) ??
      this.#byEdit(key, shape) ??
      this.#byAddedWord(shape)
    )
  }

  #byGlyph(key: string, shape: string): Lookalike | undefined {
    const name = this.#skeletons.get(shape)
    if (!name) return undefined
    if (isLatin(shape)) {
      // Spaces, dots and hyphens vary freely in Latin names; short names match by chance.
      if (signsOf(key) === signsOf(name.key)) return like(name, 'glyph', 0.8)
      return like(name, 'glyph', shape.length >= EDIT_FROM || !isAscii(key) ? 0.97 : 0.8)
    }
    return like(name, 'glyph', 0.97)
  }

  #byPun(key: string): Lookalike | undefined {
    const meant = PUNS[key]
    const name = meant === undefined ? undefined : this.#keys.get(meant)
    return name && like(name, 'sound', 0.9)
  }

  #bySound(key: string): Lookalike | undefined {
    const sound = reading(key) ?? (isLatin(key) && key.length >= 5 ? key : undefined)
    const names = sound === undefined ? undefined : this.#readings.get(sound)
    if (!names || WORDS.has(key)) return undefined
    let best: Lookalike | undefined
    for (const name of names) {
      const shared = sharedSigns(key, name.key)
      const length = [...name.key].length
      if (length === 2 && shared === 0 && !/[a-z]/.test(key)) continue
      const similarity = length === 2 || shared === 0 ? 0.8 : 0.9
      if (!best || similarity > best.similarity) best = like(name, 'sound', similarity)
    }
    return best
  }

  #byEdit(key: string, shape: string): Lookalike | undefined {
    // One different digit makes an unrelated number (the brand 1O1O and the number 10010).
    if (shape.length < EDIT_FROM || DIGITS.test(key)) return undefined
    let best: Lookalike | undefined
    const seen = new Set<string>()
    for (const name of this.#near.of(shape)) {
      if (seen.has(name.key)) continue
      seen.add(name.key)
      const similarity = editSimilarity(shape, skeleton(name.key))
      if (similarity > (best?.similarity ?? 0)) best = like(name, 'edit', similarity)
    }
    return best
  }

  #byAddedWord(shape: string): Lookalike | undefined {
    let name: BrandName | undefined
    let words = 0
    for (let i = 0; i < shape.length; ) {
      let taken = 0
      for (let length = Math.min(this.#longestWord, shape.length - i); length >= 2; length--) {
        const part = this.#words.get(shape.slice(i, i + length))
        if (part === undefined) continue
        if (part !== null) {
          if (name && name.brand.id !== part.brand.id) return undefined
          if (!name || part.key.length > name.key.length) name = part
        }
        taken = length
        break
      }
      if (taken === 0) return undefined
      words++
      i += taken
    }
    return name && words > 1 ? like(name, 'added-word', 0.8) : undefined
  }

  #addWord(shape: string, name: BrandName | null): void {
    if (shape.length < 2) return
    this.#words.set(shape, name)
    this.#longestWord = Math.max(this.#longestWord, shape.length)
  }
}

/**
 * 0 unless one edit apart and similar enough to be mistaken. Han names: a transposition from four characters, an insertion or
 * deletion inside from five, a substitution from six (`X商银行` and `Y商银行` are two banks). Latin names: a transposition or a doubled
 * letter from four, any edit that keeps the first letter from five, judged by Jaro-Winkler.
 */
export function editSimilarity(shape: string, original: string): number {
  if (shape === original || damerauLevenshtein(shape, original) !== 1) return 0
  const swap = isSwap(shape, original)
  const longer = Math.max(shape.length, original.length)
  if (!isLatin(original)) {
    if (swap) return 0.95
    if (shape.length === original.length) return original.length >= 6 ? 0.82 : 0
    const outer = shape.startsWith(original) || shape.endsWith(original)
    return original.length >= 5 && !outer ? 0.84 : 0
  }
  if (DIGITS.test(original)) return 0
  if (swap || isDoubled(shape, original)) return longer >= 6 ? 0.95 : 0.86
  if (shape[0] !== original[0] || original.length < 5) return 0
  const near = jaroWinkler(shape, original)
  if (near < 0.9) return 0
  return original.length >= 7 ? 0.9 : original.length === 6 ? 0.86 : 0.8
}

function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return i + 1 < a.length && a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2)
}

/** Whether one has a doubled character where the other has it once. */
function isDoubled(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (long.length !== short.length + 1) return false
  let i = 0
  while (i < short.length && short[i] === long[i]) i++
  return i > 0 && long[i] === long[i - 1]
}

function push(map: Map<string, BrandName[]>, key: string, name: BrandName): void {
  const known = map.get(key)
  if (!known) map.set(key, [name])
  else if (!known.includes(name)) known.push(name)
}

function like(name: BrandName, how: Lookalike['how'], similarity: number): Lookalike {
  return { brand: name.brand, original: name.name, how, similarity }
}

function isLatin(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isHan(text.charCodeAt(i))) return false
  return true
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

function signsOf(key: string): string {
  return key.replace(/[^\p{L}\p{N}]/gu, '')
}

function sharedSigns(a: string, b: string): number {
  let shared = 0
  for (const sign of a) if (b.includes(sign)) shared++
  return shared
}
