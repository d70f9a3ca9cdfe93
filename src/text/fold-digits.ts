import { bump, type Draft, ensure, KIND } from './plain.ts'
import { CHINESE_DIGIT, CJK, DIGIT, ENCLOSED, LATIN, unitClass, unitSet } from './plain-tables.ts'
import { foldDigitsWords } from './words.generated.ts'

const ZERO = 0x30
const ONE = 0x31
const SPACE = 0x20
/** Minimum digits of a run that is a phone number, an account or the like, and not a quantity. */
const LONG = 6
/** Limit of spaces inserted between list numbers and the quantity after them. */
const MAX_INSERTED = 64

const values = new Int8Array(65536).fill(-1)
const { numerals, numeralsOfDocuments, numeralsBesides } = foldDigitsWords
for (const digits of [numerals, numeralsOfDocuments, numeralsBesides]) {
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i
}
for (let d = 0; d < 10; d++) values[ZERO + d] = d

/** Separators inside a number. */
const isInner = unitSet(' -.·_—–')
/** Units of measure after which numerals are a quantity in words, or a date. */
const isMeasure = unitSet(foldDigitsWords.isMeasure)

const LETTER_O = 0x6f
const LETTER_L = 0x6c
const LETTER_I = 0x69
const HYPHEN = 0x2d
const DOT = 0x2e
const isDigitLetter = (unit: number) => unit === LETTER_O || unit === LETTER_L || unit === LETTER_I

/** Folds o, l and i among digits to 0 and 1 (1OO86, 1Oo-88oo-I23, 5ooo), outside hosts. In place. */
export function foldDigitLetters(draft: Draft): void {
  const { units, length } = draft
  let i = 0
  while (i < length) {
    if (((unitClass[units[i] as number] as number) & (LATIN | DIGIT)) === 0) {
      i++
      continue
    }
    const start = i
    let digits = 0
    let letters = 0
    let pure = true
    for (; i < length; i++) {
      const unit = units[i] as number
      const kind = unitClass[unit] as number
      if ((kind & DIGIT) !== 0) digits++
      else if (isDigitLetter(unit)) letters++
      else if ((kind & LATIN) !== 0) pure = false
      else if (unit !== HYPHEN && !(unit === DOT && values[units[i + 1] as number] !== -1)) break
    }
    if (!pure || letters === 0 || digits === 0) continue
    if (inHost(draft, start, i)) continue
    const enough =
      digits >= 2
        ? digits + letters >= 4
        : digits === 1 && letters >= 2 && values[units[start] as number] !== -1
    if (!enough || isBrandNumber(draft, start, i)) continue
    for (let k = start; k < i; k++) {
      const unit = units[k] as number
      if (!isDigitLetter(unit)) continue
      const after = k + 1 < i ? (units[k + 1] as number) : 0
      // A letter after the digits is a unit (500l), unless it makes a round number.
      if (unit !== LETTER_O && (digits < 3 || (!isDigitLetter(after) && values[after] === -1))) continue
      units[k] = unit === LETTER_O ? ZERO : ONE
      bump(draft, KIND.digit, 1)
    }
  }
}

/** 1O1O is the name of a Hong Kong carrier. */
function isBrandNumber(draft: Draft, start: number, end: number): boolean {
  const { units } = draft
  return (
    end - start === 4 &&
    units[start] === ONE &&
    units[start + 1] === LETTER_O &&
    units[start + 2] === ONE &&
    units[start + 3] === LETTER_O
  )
}

/** Whether the run is next to a dot with a letter after it, a slash or @: part of a host, a path or an address. */
function inHost(draft: Draft, start: number, end: number): boolean {
  const { units, length } = draft
  const before = start > 0 ? units[start - 1] : 0
  if (
    before === 0x2f ||
    before === 0x40 ||
    before === 0x5f ||
    (before === 0x2e && start > 1 && isLatin(units[start - 2]))
  )
    return true
  const after = end < length ? units[end] : 0
  if (after === 0x2f || after === 0x40 || after === 0x5f) return true
  return (after === 0x2e || after === 0x3002) && end + 1 < length && isLatin(units[end + 1])
}

function isLatin(unit: number | undefined): boolean {
  return unit !== undefined && ((unitClass[unit] as number) & LATIN) !== 0
}

/** Folds numerals and circled digits inside numbers to digits; list numbers stay separate from the text after them. In place. */
export function foldNumerals(draft: Draft): void {
  let inserted = 0
  for (let i = 0; i < draft.length; ) {
    const unit = draft.units[i] as number
    if (values[unit] === -1) {
      i++
      continue
    }
    const end = runEnd(draft, i)
    const grown = end - i > 1 ? foldRun(draft, i, end, inserted < MAX_INSERTED) : 0
    inserted += grown
    i = end + grown
  }
}

function runEnd(draft: Draft, start: number): number {
  const { units, length } = draft
  let i = start + 1
  while (i < length) {
    if (values[units[i] as number] !== -1) i++
    else if (
      isInner[units[i] as number] === 1 &&
      i + 1 < length &&
      continues(units[i - 1] as number, units[i + 1] as number)
    ) {
      i += 2
    } else break
  }
  return i
}

/** Whether a number continues across a separator: only with the same kind of digits. */
function continues(before: number, after: number): boolean {
  if (values[after] === -1) return false
  return ((unitClass[before] as number) & CHINESE_DIGIT) === ((unitClass[after] as number) & CHINESE_DIGIT)
}

/** Folds one run of digits and numerals; returns by how many units it grew. */
function foldRun(draft: Draft, start: number, end: number, mayInsert: boolean): number {
  const { units, offsets, marks } = draft
  let total = 0
  let numerals = 0
  let zeros = 0
  let enclosed = 0
  let ascending = true
  let first = -1
  let previous = -1
  let lastOffset = -1
  for (let i = start; i < end; i++) {
    const unit = units[i] as number
    const value = values[unit] as number
    if (value === -1) continue
    total++
    const kind = unitClass[unit] as number
    if ((kind & CHINESE_DIGIT) !== 0) {
      numerals++
      if (value === 0) zeros++
    }
    if (marks[i] === ENCLOSED && offsets[i] !== lastOffset) enclosed++
    lastOffset = offsets[i] as number
    if (first === -1) first = value
    else if (value !== previous + 1) ascending = false
    previous = value
  }
  if (enclosed > 0 && numerals === 0)
    return foldEnclosed(draft, start, end, total, enclosed, ascending && first <= 1, mayInsert)
  if (numerals === 0 || ascending) return 0
  const after = end < draft.length ? (units[end] as number) : 0
  const ascii = total - numerals
  const wanted =
    isMeasure[after] === 1
      ? false
      : ascii === 0
        ? total >= LONG
        : numerals === 1
          ? total > LONG && (zeros === 1 || (total >= 9 && !hasDash(draft, start, end)))
          : total > LONG
  if (!wanted) return 0
  for (let i = start; i < end; i++) {
    const unit = units[i] as number
    if (((unitClass[unit] as number) & CHINESE_DIGIT) === 0) continue
    units[i] = ZERO + (values[unit] as number)
    bump(draft, KIND.digit, 1)
  }
  draft.seen |= DIGIT
  return 0
}

/** Whether the run contains 一, which may be a dash between two halves of a number (0594一2345678). */
function hasDash(draft: Draft, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (draft.units[i] === 0x4e00) return true
  return false
}

function foldEnclosed(
  draft: Draft,
  start: number,
  end: number,
  total: number,
  enclosed: number,
  list: boolean,
  mayInsert: boolean,
): number {
  const { units, marks, offsets } = draft
  if (list) return 0
  let width = 1
  while (start + width < end && offsets[start + width] === offsets[start]) width++
  const single = enclosed === 1 && marks[start] === ENCLOSED
  if (single && width === total) return 0
  const zeros = units[start + width] === ZERO && units[start + width + 1] === ZERO
  if (single && total <= LONG && !zeros && values[units[start + width] as number] !== -1) {
    if (!mayInsert) return 0
    ensure(draft, draft.length + 64)
    draft.units.copyWithin(start + width + 1, start + width, draft.length)
    draft.offsets.copyWithin(start + width + 1, start + width, draft.length)
    draft.marks.copyWithin(start + width + 1, start + width, draft.length)
    draft.units[start + width] = SPACE
    draft.marks[start + width] = 0
    draft.length++
    return 1
  }
  bump(draft, KIND.digit, enclosed)
  return 0
}

/** Whether a draft may hold numerals, judged by its character classes, so that the numeral pass is needed. */
export function mayHoldNumerals(draft: Draft): boolean {
  return (draft.marked & ENCLOSED) !== 0 || ((draft.seen & CHINESE_DIGIT) !== 0 && (draft.seen & CJK) !== 0)
}
