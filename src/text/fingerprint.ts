import { finalise } from '../domain/hash32.ts'
import type { ContactMention, NormalisedText, SignatureMention, Span, UrlMention } from '../domain/reading.ts'
import { CJK, DIGIT, FOREIGN, LATIN, OTHER_LETTER, unitClass } from './plain-tables.ts'
import { fingerprintWords } from './words.generated.ts'

const BANDS = 4
/**
 * Hashes per band: texts that share a part s of their shingles share a band with probability 1 - (1 - s^3)^4. Measured on 1,308
 * real messages with Chinese pairs as shingles, the share of changed texts that keep a band: one word replaced 97%, 5% of the
 * characters 93%, 10% 72%, 20% 39%. Of 855,000 pairs, 10 shared a band without being similar. Two rows let through 5 times as
 * many of these; with four rows or triples, only 94% of texts with one word replaced keep a band.
 */
const ROWS = 3
const HASHES = BANDS * ROWS
/** With fewer distinct shingles a text is too short to identify. */
const MIN_SHINGLES = 12
/** Longer texts are compared by their beginning. */
const MAX_UNITS = 1500
/** Characters per shingle; fewer for Chinese, as each character carries more information. */
const CHINESE_SHINGLE = 2
const LATIN_SHINGLE = 5
const TABLE = 4096

const LINK = 0xe000
const CONTACT = 0xe001
const NUMBER = 0xe002

const sequence = new Uint16Array(MAX_UNITS)
const minima = new Int32Array(HASHES)
const table = new Int32Array(TABLE)
const stamps = new Int32Array(TABLE)
let stamp = 0

const multipliers = new Int32Array(HASHES)
const increments = new Int32Array(HASHES)
for (let i = 0, state = 0x9e3779b9; i < HASHES; i++) {
  state = finalise(state + 0x6d2b79f5)
  multipliers[i] = state | 1
  state = finalise(state + 0x6d2b79f5)
  increments[i] = state
}

/** What a fingerprint ignores besides digits. */
export interface Masks {
  readonly urls: readonly UrlMention[]
  readonly contacts: readonly ContactMention[]
  readonly signatures: readonly SignatureMention[]
}

const SALUTATIONS = fingerprintWords.salutations
const TITLES = fingerprintWords.titles
const NAME_ENDS = fingerprintWords.nameEnds
const MAX_NAME = 12

/**
 * MinHash bands of a text, 8 hex digits each: texts that differ by a few words share at least one, unrelated texts none. Ignores
 * numbers, links, contacts, names after a salutation and signatures. Empty if the text is too short to identify.
 */
export function fingerprint(normalised: NormalisedText, masks: Masks): string[] {
  const length = maskedSequence(normalised, masks)
  let chinese = 0
  for (let i = 0; i < length; i++) if (((unitClass[sequence[i] as number] as number) & CJK) !== 0) chinese++
  const size = chinese * 4 >= length ? CHINESE_SHINGLE : LATIN_SHINGLE
  if (minHash(length, size) < MIN_SHINGLES) return []
  // An array literal has capacity for exactly four; a grown array would keep spare capacity with every text.
  return [bandOf(0), bandOf(1), bandOf(2), bandOf(3)]
}

function bandOf(band: number): string {
  let h = finalise(band + 1)
  for (let row = 0; row < ROWS; row++) h = finalise(Math.imul(h, 31) ^ (minima[band * ROWS + row] as number))
  return (h >>> 0).toString(16).padStart(8, '0')
}

/**
 * Fills `minima` from the first `length` units of the sequence; returns the number of distinct shingles. The shingle hash is part
 * of every campaign id and must not change: another hash would reopen every campaign.
 */
function minHash(length: number, size: number): number {
  minima.fill(0x7fffffff)
  stamp++
  let distinct = 0
  for (let i = 0; i + size <= length; i++) {
    let h = 0
    for (let k = 0; k < size; k++) h = (Math.imul(h ^ (sequence[i + k] as number), 0x01000193) + 0x9e37) | 0
    h = finalise(h)
    let slot = h & (TABLE - 1)
    while (stamps[slot] === stamp && table[slot] !== h) slot = (slot + 1) & (TABLE - 1)
    if (stamps[slot] === stamp) continue
    stamps[slot] = stamp
    table[slot] = h
    distinct++
    for (let k = 0; k < HASHES; k++) {
      let v = (Math.imul(h, multipliers[k] as number) + (increments[k] as number)) | 0
      v ^= v >>> 15
      if (v < (minima[k] as number)) minima[k] = v
    }
  }
  return distinct
}

/** Writes the units that count to `sequence`; returns its length. */
function maskedSequence(normalised: NormalisedText, masks: Masks): number {
  const { text, offsets } = normalised
  const [start, end] = bodyOf(normalised, masks.signatures)
  const links = masks.urls.map((u) => u.span)
  const contacts = masks.contacts.map((c) => c.span)
  let n = 0
  for (let i = start; i < end && n < MAX_UNITS; i++) {
    const offset = offsets[i] as number
    if (links.length > 0 && inside(links, offset)) {
      if (n === 0 || sequence[n - 1] !== LINK) sequence[n++] = LINK
      continue
    }
    if (contacts.length > 0 && inside(contacts, offset)) {
      if (n === 0 || sequence[n - 1] !== CONTACT) sequence[n++] = CONTACT
      continue
    }
    const unit = text.charCodeAt(i)
    const kind = unitClass[unit] as number
    if ((kind & DIGIT) !== 0) {
      if (n === 0 || sequence[n - 1] !== NUMBER) sequence[n++] = NUMBER
      continue
    }
    if ((kind & (CJK | LATIN | FOREIGN | OTHER_LETTER)) === 0) continue
    const salutation = salutationAt(text, i)
    if (salutation > 0) {
      i = nameEnd(text, i + salutation) - 1
      continue
    }
    if (unit === 0x5148 || unit === 0x5973 || unit === 0x5c0f || unit === 0x540c || unit === 0x5bb6) {
      n = withoutName(text, i, n)
    }
    sequence[n++] = unit
  }
  return n
}

export function inside(spans: readonly Span[], offset: number): boolean {
  for (const span of spans) if (offset >= span.start && offset < span.end) return true
  return false
}

/** Range of the normalised text without the signatures at its ends, and without the boilerplate after a trailing one. */
export function bodyOf(
  { text, offsets }: NormalisedText,
  signatures: readonly SignatureMention[],
): [number, number] {
  let start = 0
  let end = text.length
  for (const { place, span } of signatures) {
    if (span === undefined) continue
    if (place === 'leading') while (start < end && (offsets[start] as number) < span.end) start++
    else while (end > start && (offsets[end - 1] as number) >= span.start) end--
  }
  return [start, end]
}

const isSalutationStart = new Uint8Array(65536)
for (const salutation of SALUTATIONS) isSalutationStart[salutation.charCodeAt(0)] = 1

function salutationAt(text: string, at: number): number {
  if (isSalutationStart[text.charCodeAt(at)] === 0) return 0
  for (const salutation of SALUTATIONS) {
    if (!text.startsWith(salutation, at)) continue
    const latin = salutation.charCodeAt(0) < 128
    if (latin && at > 0 && ((unitClass[text.charCodeAt(at - 1)] as number) & LATIN) !== 0) continue
    return salutation.length
  }
  return 0
}

function nameEnd(text: string, start: number): number {
  const found = text.slice(start, start + MAX_NAME).search(NAME_ENDS)
  return found < 0 ? start : start + found
}

/** Removes a name before a title from the end of the sequence. */
function withoutName(text: string, at: number, length: number): number {
  if (!TITLES.some((title) => text.startsWith(title, at))) return length
  let name = 0
  while (name < 3 && name < length && ((unitClass[text.charCodeAt(at - 1 - name)] as number) & CJK) !== 0)
    name++
  const boundary = at - name === 0 || ((unitClass[text.charCodeAt(at - 1 - name)] as number) & CJK) === 0
  return length - (boundary ? name : Math.min(name, 1))
}
