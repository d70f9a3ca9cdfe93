import { LATIN_WORDS } from './fold-tables.ts'
import { bump, type Draft, KIND, kindAt } from './plain.ts'
import { DIGIT, FOREIGN, LATIN, LETTER_SIGN, SEPARATOR } from './plain-tables.ts'

const MAX_WORD = 20
const words = new Set(LATIN_WORDS.split(/\s+/).filter((word) => word !== ''))
/** Words of three or more letters that are joined. */
const shortWords = new Set(
  'app apk atm bet com dhl gov irs nhs otp pin pos sex sms tax usdt vip vpn win www'.split(' '),
)

// Without μ, the sign for micro.
const lookalike = new Uint16Array(65536)
const pairs = 'аaвbгrеeёeззкkмmнhоoрpсcтtуyхxіiїiјjѕsӏlԁdԛqԝwһhѵvьbпnиuαaβbγyεeζzηhθoιiκkνnοoρpτtυyχxωwϲcϳj'
for (let i = 0; i + 1 < pairs.length; i += 2) lookalike[pairs.charCodeAt(i)] = pairs.charCodeAt(i + 1)

/** Digits and signs used for letters; 1 is tried as i and as l. */
const leet = new Uint16Array(65536)
for (const [sign, letter] of ['0o', '1i', '3e', '4a', '5s', '7t', '8b', '@a', '$s']) {
  leet[(sign as string).charCodeAt(0)] = (letter as string).charCodeAt(0)
}
const ONE = 0x31
const LETTER_L = 0x6c
const DOT = 0x2e

/**
 * Folds Cyrillic and Greek letters next to Latin ones, or isolated in a text without other such letters, to their Latin
 * look-alikes. In place.
 */
export function foldLookalikes(draft: Draft): void {
  const { units, length } = draft
  let genuine = false
  for (let i = 0; i < length && !genuine; i++) {
    genuine = (kindAt(draft, i) & FOREIGN) !== 0 && lookalike[units[i] as number] === 0
  }
  for (let i = 0; i < length; ) {
    if ((kindAt(draft, i) & (LATIN | FOREIGN)) === 0) {
      i++
      continue
    }
    const start = i
    let latin = 0
    let foreign = 0
    for (; i < length && (kindAt(draft, i) & (LATIN | FOREIGN)) !== 0; i++) {
      if ((kindAt(draft, i) & LATIN) !== 0) latin++
      else foreign++
    }
    if (foreign === 0 || (latin === 0 && (genuine || foreign < 3))) continue
    for (let k = start; k < i; k++) {
      const letter = lookalike[units[k] as number] as number
      if (letter === 0) continue
      units[k] = letter
      bump(draft, KIND.lookalike, 1)
    }
  }
}

/** Folds words with digits and signs for letters (V0DAF0NE, p@yment) if the word is in the table. In place. */
export function foldLeet(draft: Draft): void {
  const { length } = draft
  const part = LATIN | DIGIT | LETTER_SIGN
  for (let i = 0; i < length; ) {
    if ((kindAt(draft, i) & part) === 0) {
      i++
      continue
    }
    const start = i
    let letters = 0
    let signs = 0
    for (; i < length && (kindAt(draft, i) & part) !== 0; i++) {
      if ((kindAt(draft, i) & LATIN) !== 0) letters++
      else signs++
    }
    if (signs === 0 || letters < 2 || i - start > MAX_WORD) continue
    // Skip hosts and addresses: look-alike domains are judged elsewhere.
    if (draft.units[i] === DOT && i + 1 < length && (kindAt(draft, i + 1) & LATIN) !== 0) continue
    replaceLeet(draft, start, i)
  }
}

function replaceLeet(draft: Draft, start: number, end: number): void {
  for (const one of [0, LETTER_L]) {
    let word = ''
    let changed = 0
    for (let k = start; k < end; k++) {
      const unit = draft.units[k] as number
      const letter = unit === ONE && one !== 0 ? one : (leet[unit] as number)
      if (letter !== 0) changed++
      word += String.fromCharCode(letter === 0 ? unit : letter)
    }
    if (!words.has(word)) continue
    for (let k = start; k < end; k++) draft.units[k] = word.charCodeAt(k - start)
    bump(draft, KIND.lookalike, changed)
    return
  }
}

/** Joins letters separated by the same sign (f r e e, U-S-D-T). In place. */
export function joinSpaced(draft: Draft): void {
  const { units, offsets, marks, length } = draft
  let out = 0
  for (let i = 0; i < length; ) {
    const end = spacedEnd(draft, i)
    if (end === i) {
      units[out] = units[i] as number
      offsets[out] = offsets[i] as number
      marks[out++] = marks[i++] as number
      continue
    }
    bump(draft, KIND.spaced, (end - i - 1) / 2)
    for (; i < end; i += 2) {
      units[out] = units[i] as number
      offsets[out] = offsets[i] as number
      marks[out++] = marks[i] as number
    }
    i = end
  }
  draft.length = out
}

/** Whether the single letter at `at` continues a run that was already judged from its first letter. */
function continuesRun(draft: Draft, at: number, sign: number): boolean {
  return (
    draft.units[at - 1] === sign &&
    (kindAt(draft, at - 2) & LATIN) !== 0 &&
    (kindAt(draft, at - 3) & (LATIN | DIGIT)) === 0
  )
}

/** End of a run of single letters to join that starts at `start`, or `start`. Each run is read once. */
function spacedEnd(draft: Draft, start: number): number {
  const { units, length } = draft
  if ((kindAt(draft, start) & LATIN) === 0 || (kindAt(draft, start - 1) & (LATIN | DIGIT)) !== 0) return start
  const sign = units[start + 1] as number
  if (start + 4 >= length || (kindAt(draft, start + 1) & SEPARATOR) === 0 || sign >= 0xd800) return start
  if (continuesRun(draft, start, sign)) return start
  // Letters separated by full stops are joined only to words of the table, so there is no need to read further.
  const limit = sign === DOT ? Math.min(length, start + 2 * MAX_WORD + 2) : length
  let i = start
  let ascending = true
  while (
    units[i + 1] === sign &&
    i + 2 < limit &&
    (kindAt(draft, i + 2) & LATIN) !== 0 &&
    (kindAt(draft, i + 3) & (LATIN | DIGIT)) === 0
  ) {
    if ((units[i + 2] as number) !== (units[i] as number) + 1) ascending = false
    i += 2
  }
  const letters = (i - start) / 2 + 1
  if (letters < 3 || ascending) return start
  if ((letters < 5 || sign === DOT) && !isJoinedWord(draft, start, letters)) return start
  return i + 1
}

/** Whether every second unit from `start`, `letters` of them, spells a word of the tables. */
function isJoinedWord(draft: Draft, start: number, letters: number): boolean {
  if (letters > MAX_WORD) return false
  let word = ''
  for (let k = 0; k < letters; k++) word += String.fromCharCode(draft.units[start + 2 * k] as number)
  return words.has(word) || shortWords.has(word)
}
