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

/** Kinds of folding, in the order of `Draft.folds`; described in docs/folding.md. */
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

/** Maximum code units read per text; offsets must fit 16 bits. */
export const MAX_UNITS = 65_535

/**
 * Working text: code units, the offset in the original of each, and marks. Buffers are reused, so a draft is valid until the next
 * one is made.
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
  /** Whether a digit is next to a Latin letter. */
  mixed: boolean
  /** Number of isolated Latin letters. */
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

/** Classes of the unit at an index; none outside the draft. */
export function kindAt(draft: Draft, at: number): number {
  return at >= 0 && at < draft.length ? (unitClass[draft.units[at] as number] as number) : 0
}

/** Adds `by` to the folds of a kind (an index of KINDS). */
export function bump(draft: Draft, kind: number, by: number): void {
  draft.folds[kind] = (draft.folds[kind] as number) + by
}

/** Grows the buffers to `capacity` units, keeping their contents. */
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

/** Limit of units read beyond the end. */
const AHEAD = 8

const KEYCAP = 0x20e3
const WORDLIKE = CJK | LATIN | DIGIT

/** NFKC forms of code points outside the BMP, cached: emoji repeat. */
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
 * Joins a combining mark to the character before it if Unicode has a composed form, else drops it: stacked marks or a line
 * through a letter only deface it.
 */
function combine(draft: Draft, last: number, mark: number): void {
  if (last < 0) return
  const base = draft.units[last] as number
  const composed = (String.fromCharCode(base) + String.fromCharCode(mark)).normalize('NFC')
  if (composed.length === 1) draft.units[last] = composed.charCodeAt(0)
  else if (((unitClass[base] as number) & WORDLIKE) !== 0) bump(draft, KIND.invisible, 1)
}

/**
 * State of the plain pass between two characters: classes of the last two units, and number of zero-width characters since the
 * last one. One pass at a time.
 */
const pass = { before: 0, previous: 0, hidden: 0 }

/**
 * The plain pass: NFKC, lower case, simplified characters; removes zero-width characters, replaces lone surrogates with U+FFFD.
 * One table look-up per code unit. Separators between letters, look-alikes and the rest are later passes.
 */
export function readPlain(draft: Draft, text: string): void {
  const end = begin(draft, text)
  let { units, offsets, marks } = draft
  let n = 0
  let seen = 0
  let singles = 0
  let mixed = false
  let before = 0
  let previous = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    const unit = plainUnit[code] as number
    const mark = unitMark[code] as number
    if (unit <= SPECIAL || mark !== 0 || pass.hidden > 0) {
      // More than a look-up: save the state of the pass and restore it afterwards.
      draft.length = n
      pass.before = before
      pass.previous = previous
      i = readUnusual(draft, text, i, end)
      n = draft.length
      before = pass.before
      previous = pass.previous
      ;({ units, offsets, marks } = draft)
      continue
    }
    const kind = unitClass[unit] as number
    units[n] = unit
    offsets[n] = i
    marks[n++] = 0
    seen |= kind
    if (((kind | previous) & (LATIN | DIGIT)) === (LATIN | DIGIT)) mixed = true
    if ((previous & LATIN) !== 0 && ((kind | before) & LATIN) === 0) singles++
    before = previous
    previous = kind
  }
  if ((previous & LATIN) !== 0 && (before & LATIN) === 0) singles++
  draft.length = n
  // Clear a few units so that look-ahead finds nothing of the text before.
  units.fill(0, n, n + AHEAD)
  draft.seen |= seen
  draft.singles += singles
  if (mixed) draft.mixed = true
}

/** Resets the draft; returns the end of the part to read. */
function begin(draft: Draft, text: string): number {
  const end = Math.min(text.length, MAX_UNITS)
  ensure(draft, end + 64)
  draft.folds.fill(0)
  draft.length = 0
  draft.sourceLength = end
  draft.seen = 0
  draft.marked = 0
  draft.mixed = false
  draft.singles = 0
  pass.hidden = 0
  return end
}

/** Reads a character at `at` that is marked, has no width, or maps to none or several units; returns its last unit. */
function readUnusual(draft: Draft, text: string, at: number, end: number): number {
  const code = text.charCodeAt(at)
  const unit = plainUnit[code] as number
  if (unit > SPECIAL) {
    const mark = unitMark[code] as number
    if (mark === GLYPH) bump(draft, KIND.glyph, 1)
    else if (mark === STYLED && (pass.previous & LATIN) !== 0) bump(draft, KIND.lookalike, 1)
    countHidden(draft, unit)
    draft.marked |= mark
    put(draft, unit, at, mark)
    return at
  }
  if (unit === DROP) {
    if (silent[code] === 0) pass.hidden++
    else if (code === KEYCAP && (pass.previous & DIGIT) !== 0) {
      draft.marks[draft.length - 1] = ENCLOSED
      draft.marked |= ENCLOSED
    }
    return at
  }
  const low = at + 1 < end ? text.charCodeAt(at + 1) : 0
  const paired = code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
  const form = paired
    ? astral(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
    : code >= 0xd800 && code <= 0xdfff
      ? REPLACEMENT
      : expansions.get(code)
  if (form === undefined) combine(draft, draft.length - 1, code)
  else putForm(draft, form, at, end)
  return paired ? at + 1 : at
}

/** Appends the replacement of a character, all at the character's offset. */
function putForm(draft: Draft, form: Expansion, at: number, end: number): void {
  const { text, mark } = form
  if (text === '') {
    pass.hidden++
    return
  }
  // Reserve capacity for the rest of the text too: the fast path does not check.
  ensure(draft, draft.length + text.length + (end - at) + 64)
  countHidden(draft, text.charCodeAt(0))
  draft.marked |= mark
  if (mark === STYLED) bump(draft, KIND.lookalike, 1)
  for (let k = 0; k < text.length; k++) put(draft, text.charCodeAt(k), at, mark)
}

/** Counts zero-width characters as a disguise if they split a word; `unit` follows them. */
function countHidden(draft: Draft, unit: number): void {
  if (pass.hidden === 0) return
  if ((pass.previous & WORDLIKE) !== 0 && ((unitClass[unit] as number) & WORDLIKE) !== 0) {
    bump(draft, KIND.invisible, pass.hidden)
  }
  pass.hidden = 0
}

function put(draft: Draft, unit: number, offset: number, mark: number): void {
  const kind = unitClass[unit] as number
  const at = draft.length++
  draft.units[at] = unit
  draft.offsets[at] = offset
  draft.marks[at] = mark
  draft.seen |= kind
  if (((kind | pass.previous) & (LATIN | DIGIT)) === (LATIN | DIGIT)) draft.mixed = true
  if ((pass.previous & LATIN) !== 0 && ((kind | pass.before) & LATIN) === 0) draft.singles++
  pass.before = pass.previous
  pass.previous = kind
}

const REPLACEMENT: Expansion = { text: '\ufffd', mark: 0 }

/** The draft's text from `start` to `end`. */
export function draftText(draft: Draft, start = 0, end = draft.length): string {
  return Buffer.from(draft.units.buffer, start * 2, (end - start) * 2).toString('utf16le')
}
