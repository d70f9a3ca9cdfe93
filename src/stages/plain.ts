import {
  CJK,
  DIGIT,
  DROP,
  ENCLOSED,
  type Expansion,
  expansions,
  GLYPH,
  LATIN,
  plainUnit,
  SPECIAL,
  STYLED,
  silent,
  unitClass,
  unitMark,
} from './plain-tables.ts'

/** Kinds of folding, in the order of `Draft.folds`. docs/folding.md says what each is. */
export const KINDS = [
  'invisible',
  'separator',
  'spaced',
  'digit',
  'lookalike',
  'glyph',
  'split',
  'word',
  'contact',
  'link',
] as const
export type Kind = (typeof KINDS)[number]
export const KIND = Object.fromEntries(KINDS.map((kind, i) => [kind, i])) as Readonly<Record<Kind, number>>

/** Texts are read up to here; offsets fit 16 bits. */
export const MAX_UNITS = 65_535

/**
 * A text in the making: code units, the offset in the original that each came from, and marks. Buffers are reused
 * from message to message, so a draft lives until the next one is made.
 */
export interface Draft {
  units: Uint16Array
  offsets: Uint16Array
  marks: Uint8Array
  length: number
  /** Code units of the original that were read. */
  sourceLength: number
  /** Union of the classes of all units. */
  seen: number
  /** Union of the marks of all units. */
  marked: number
  /** A digit stands beside a Latin letter. */
  mixed: boolean
  /** Latin letters that stand alone. */
  singles: number
  folds: Int32Array
}

export function newDraft(): Draft {
  return {
    units: new Uint16Array(4096),
    offsets: new Uint16Array(4096),
    marks: new Uint8Array(4096),
    length: 0,
    sourceLength: 0,
    seen: 0,
    marked: 0,
    mixed: false,
    singles: 0,
    folds: new Int32Array(KINDS.length),
  }
}

/** Counts `by` more folds of a kind (an index of KINDS). */
export function bump(draft: Draft, kind: number, by: number): void {
  draft.folds[kind] = (draft.folds[kind] as number) + by
}

/** Makes room for `capacity` units, keeping what is there. */
export function ensure(draft: Draft, capacity: number): void {
  if (draft.units.length >= capacity) return
  const size = Math.max(capacity, draft.units.length * 2)
  const units = new Uint16Array(size)
  const offsets = new Uint16Array(size)
  const marks = new Uint8Array(size)
  units.set(draft.units)
  offsets.set(draft.offsets)
  marks.set(draft.marks)
  draft.units = units
  draft.offsets = offsets
  draft.marks = marks
}

const KEYCAP = 0x20e3
const WORDLIKE = CJK | LATIN | DIGIT

/** NFKC form of a code point beyond the basic plane, cached: emoji repeat. */
const astralForms = new Map<number, Expansion>()
const ASTRAL_CACHE = 4096

function astral(code: number): Expansion {
  const known = expansions.get(code) ?? astralForms.get(code)
  if (known !== undefined) return known
  const character = String.fromCodePoint(code)
  let text = character.normalize('NFKC').toLowerCase()
  let mark = 0
  if ((code >= 0xe0000 && code <= 0xe0fff) || (code >= 0x1d173 && code <= 0x1d17a)) text = ''
  else if (code >= 0x1d400 && code <= 0x1d7ff && text !== character) mark = STYLED
  if (text.length === 1) text = String.fromCharCode(plainUnit[text.charCodeAt(0)] ?? 0xfffd)
  const form = { text, mark }
  if (astralForms.size < ASTRAL_CACHE) astralForms.set(code, form)
  return form
}

/**
 * A combining mark: joined to the character before it where Unicode has the two as one, else left out (a stack of marks
 * or a line through a letter only defaces it).
 */
function combine(draft: Draft, last: number, mark: number): void {
  if (last < 0) return
  const base = draft.units[last] as number
  const composed = (String.fromCharCode(base) + String.fromCharCode(mark)).normalize('NFC')
  if (composed.length === 1) draft.units[last] = composed.charCodeAt(0)
  else if (((unitClass[base] as number) & WORDLIKE) !== 0) bump(draft, KIND.invisible, 1)
}

/**
 * The plain pass: NFKC, lower case, simplified characters; what has no width is left out, lone surrogates become U+FFFD.
 * One table look-up a code unit. Signs between letters, look-alikes and the rest are later passes.
 */
export function readPlain(draft: Draft, text: string): void {
  const end = Math.min(text.length, MAX_UNITS)
  ensure(draft, end + 64)
  draft.folds.fill(0)
  let { units, offsets, marks } = draft
  let n = 0
  let seen = 0
  let marked = 0
  let mixed = false
  let singles = 0
  let before = 0
  let previous = 0
  let hidden = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    const unit = plainUnit[code] as number
    if (unit > SPECIAL) {
      const kind = unitClass[unit] as number
      const mark = unitMark[code] as number
      if (hidden > 0) {
        if ((previous & WORDLIKE) !== 0 && (kind & WORDLIKE) !== 0) {
          bump(draft, KIND.invisible, hidden)
        }
        hidden = 0
      }
      if (mark !== 0) {
        marked |= mark
        if (mark === GLYPH) bump(draft, KIND.glyph, 1)
        else if (mark === STYLED && (previous & LATIN) !== 0) {
          bump(draft, KIND.lookalike, 1)
        }
      }
      units[n] = unit
      offsets[n] = i
      marks[n] = mark
      n++
      seen |= kind
      if (((kind | previous) & (LATIN | DIGIT)) === (LATIN | DIGIT)) mixed = true
      if ((previous & LATIN) !== 0 && ((kind | before) & LATIN) === 0) singles++
      before = previous
      previous = kind
      continue
    }
    if (unit === DROP) {
      if (silent[code] === 0) hidden++
      else if (code === KEYCAP && (previous & DIGIT) !== 0) {
        marks[n - 1] = ENCLOSED
        marked |= ENCLOSED
      }
      continue
    }
    const at = i
    let form: Expansion | undefined
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = i + 1 < end ? text.charCodeAt(i + 1) : 0
      if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        i++
        form = astral(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
      } else form = REPLACEMENT
    } else {
      form = expansions.get(code)
      if (form === undefined) {
        combine(draft, n - 1, code)
        continue
      }
    }
    const expansion = form.text
    if (expansion === '') {
      hidden++
      continue
    }
    if (n + expansion.length + 64 > units.length) {
      draft.length = n
      ensure(draft, n + expansion.length + (end - i) + 64)
      ;({ units, offsets, marks } = draft)
    }
    const first = expansion.charCodeAt(0)
    if (hidden > 0) {
      if ((previous & WORDLIKE) !== 0 && ((unitClass[first] as number) & WORDLIKE) !== 0) {
        bump(draft, KIND.invisible, hidden)
      }
      hidden = 0
    }
    marked |= form.mark
    if (form.mark === STYLED) bump(draft, KIND.lookalike, 1)
    for (let k = 0; k < expansion.length; k++) {
      const one = expansion.charCodeAt(k)
      units[n] = one
      offsets[n] = at
      marks[n] = form.mark
      n++
      const kind = unitClass[one] as number
      seen |= kind
      if (((kind | previous) & (LATIN | DIGIT)) === (LATIN | DIGIT)) mixed = true
      if ((previous & LATIN) !== 0 && ((kind | before) & LATIN) === 0) singles++
      before = previous
      previous = kind
    }
  }
  if ((previous & LATIN) !== 0 && (before & LATIN) === 0) singles++
  draft.length = n
  draft.sourceLength = end
  draft.seen = seen
  draft.marked = marked
  draft.mixed = mixed
  draft.singles = singles
}

const REPLACEMENT: Expansion = { text: '\ufffd', mark: 0 }

/** The draft's text from `start` to `end`. */
export function draftText(draft: Draft, start = 0, end = draft.length): string {
  return Buffer.from(draft.units.buffer, start * 2, (end - start) * 2).toString('utf16le')
}
