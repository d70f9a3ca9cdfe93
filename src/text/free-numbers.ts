import { isDigit } from './contact-numbers.ts'
import { PHRASES } from './fold-tables.ts'
import { entries } from './fold-variants.ts'
import {
  CHINESE_DIGIT,
  COMPONENT,
  DIGIT,
  ENCLOSED,
  expansions,
  FOREIGN,
  LATIN,
  LETTER_SIGN,
  OTHER_LETTER,
  plainUnit,
  SPECIAL,
  SURROGATE,
  unitClass,
  unitMark,
  unitSet,
} from './plain-tables.ts'
import { freeNumbersWords } from './words.generated.ts'

/** Alternating start and end offsets of numbers in a text, in code units. */
export type Runs = readonly number[]

const NONE: Runs = []
/** Longer texts are treated as having no free numbers. */
const LONGEST = 1_000
/** Possible neighbours of a free number: a character that separates it from the rest, or one that may join two numbers. */
const STOP = 1
const JOINT = 2
const neighbours = new Uint8Array(65536)
/** Signs that may join numerals: those of `foldNumerals`, and those read as the dot of a host. */
const isJoint = unitSet(freeNumbersWords.isJoint)
const PARTS = LATIN | DIGIT | FOREIGN | OTHER_LETTER | CHINESE_DIGIT | LETTER_SIGN | SURROGATE | COMPONENT
/** Circled digits are folded by their values: a text with any of them has no free number. */
const isEnclosed = unitSet('\u20e3')
for (let code = 0; code < 65536; code++) {
  const unit = plainUnit[code] as number
  if (unitMark[code] === ENCLOSED || expansions.get(code)?.mark === ENCLOSED) isEnclosed[code] = 1
  if (unit <= SPECIAL || unitMark[code] !== 0 || ((unitClass[unit] as number) & PARTS) !== 0) continue
  neighbours[code] = isJoint[unit] === 1 ? JOINT : STOP
}

/** Characters around the digits of disguises that contain digits: 冲100送, 4件tao. */
const aroundDisguises = entries(PHRASES, '=').flatMap(([from]) =>
  [...from.matchAll(/(\D?)\d+(\D?)/g)].map(([, before = '', after = '']) => ({ before, after })),
)
const isBehindDisguise = unitSet(aroundDisguises.map(({ after }) => after).join(''))
/** How far from the digits these characters may be: up to two signs in between. */
const REACH = 3

/** Three dots with little in between, which may be an IP address; a dot spelled out; a sign used as a dot. */
const MAY_BE_ADDRESS = freeNumbersWords.mayBeAddress
/** A dot or a hyphen followed by a letter. A full stop is followed by a space and preceded by none. */
const HOST_GOES_ON = freeNumbersWords.hostGoesOn
const SENTENCE_ENDS = /^[.．]\s/

/** More digits than can replace letters at the end of a word (LATIN_WORDS), after at most SERIAL_LETTERS letters. */
const SERIAL_DIGITS = 8
const SERIAL_LETTERS = 4
/** Numbers of at least this length keep their first digit, which distinguishes mobiles and landlines. */
const TELEPHONE = 10

/**
 * The free numbers of a text: runs of ASCII digits whose values do not affect how the rest is read, because they are not part of
 * a word, a link, a numeral or a disguise. Excludes numbers of known services (95588, 10086) and the first digit of long ones.
 * Texts that differ only in their free numbers are alike. The next call may overwrite the list. Linear in the text.
 */
export function borrowFreeNumbers(text: string): Runs {
  if (text.length > LONGEST) return NONE
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) {
      if (isEnclosed[code] === 1) return NONE
      continue
    }
    const end = groupEnd(text, i)
    if (isFree(text, i, end)) {
      for (let start = i; start < end; ) {
        const stop = runEnd(text, start)
        const kept = keptOf(text, start, stop)
        if (start + kept < stop) {
          found[count++] = start + kept
          found[count++] = stop
        }
        start = stop + 1
      }
    }
    i = end - 1
  }
  return count === 0 || MAY_BE_ADDRESS.test(text) ? NONE : lent(count)
}

/** Reused between calls. */
const found = new Uint16Array(2 * LONGEST)
/** One list for each length, reused between calls. */
const lists: number[][] = []

/** The numbers found, in a list of their length. */
function lent(count: number): Runs {
  lists[count] ??= new Array<number>(count).fill(0)
  const list = lists[count]
  for (let k = 0; k < count; k++) list[k] = found[k] as number
  return list
}

export function hashOfForm(text: string, runs: Runs): number {
  let hash = 0x811c9dc5
  let at = 0
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number
    for (; at < start; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    at = runs[k + 1] as number
    hash = Math.imul(hash ^ at, 0x01000193)
  }
  for (; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}

export function areAlike(some: string, runs: Runs, other: string, otherRuns: Runs): boolean {
  if (some.length !== other.length || runs.length !== otherRuns.length) return false
  let at = 0
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number
    if (start !== otherRuns[k] || runs[k + 1] !== otherRuns[k + 1]) return false
    for (; at < start; at++) if (some.charCodeAt(at) !== other.charCodeAt(at)) return false
    at = runs[k + 1] as number
  }
  for (; at < some.length; at++) if (some.charCodeAt(at) !== other.charCodeAt(at)) return false
  return true
}

function runEnd(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/** End of the digit runs from `start` that are joined by single joining signs. */
function groupEnd(text: string, start: number): number {
  for (let at = start; ; ) {
    const end = runEnd(text, at)
    if (neighbours[text.charCodeAt(end)] !== JOINT || !isDigit(text.charCodeAt(end + 1))) return end
    at = end + 1
  }
}

/** Whether no context gives the numbers from `start` to `end` a meaning of their own. */
function isFree(text: string, start: number, end: number): boolean {
  if (!isApart(text, start, -1) && !isSerial(text, start, end)) return false
  return isApart(text, end - 1, 1) && !isHostBegun(text, end) && !isDisguise(text, start, end)
}

/** Whether the digits that end at `at` in the direction of `step` are separated from anything they could belong to. */
function isApart(text: string, at: number, step: -1 | 1): boolean {
  const next = at + step
  if (next < 0 || next >= text.length) return true
  const neighbour = neighbours[text.charCodeAt(next)]
  if (neighbour !== JOINT) return neighbour === STOP
  const beyond = next + step
  return beyond < 0 || beyond >= text.length || !mayJoin(text.charCodeAt(beyond))
}

/**
 * Whether a joining sign merges digits with this character into one number: true if it folds to a digit. ASCII digits are already
 * in the group.
 */
function mayJoin(code: number): boolean {
  if (isDigit(code)) return false
  const unit = plainUnit[code] as number
  return unit <= SPECIAL || unitMark[code] !== 0 || ((unitClass[unit] as number) & (DIGIT | SURROGATE)) !== 0
}

/** Whether digits may start a host. */
function isHostBegun(text: string, end: number): boolean {
  if (neighbours[text.charCodeAt(end)] !== JOINT) return false
  const next = text.slice(end, end + 6)
  return HOST_GOES_ON.test(next) && !SENTENCE_ENDS.test(next)
}

/**
 * Whether digits are a serial number, such as that of a parcel: after one to four letters, at least one of which does not stand
 * for a digit, and too many to be disguised letters of a word.
 */
function isSerial(text: string, start: number, end: number): boolean {
  if (end - start < SERIAL_DIGITS || runEnd(text, start) < end) return false
  let from = start
  let letters = false
  for (; from > 0 && start - from < SERIAL_LETTERS; from--) {
    const lower = text.charCodeAt(from - 1) | 0x20
    if (text.charCodeAt(from - 1) > 0x7a || lower < 0x61 || lower > 0x7a) break
    if (lower !== 0x6f && lower !== 0x69 && lower !== 0x6c) letters = true
  }
  return letters && (from === 0 || neighbours[text.charCodeAt(from - 1)] === STOP)
}

/** Whether digits may be part of a disguise, judged by the characters around them. */
function isDisguise(text: string, start: number, end: number): boolean {
  let behind = false
  for (let at = end; at < Math.min(end + REACH, text.length); at++)
    if (isBehindDisguise[text.charCodeAt(at)] === 1) behind = true
  if (!behind) return false
  const next = text.slice(end, end + REACH)
  const last = text.slice(Math.max(0, start - REACH), start)
  return aroundDisguises.some(({ before, after }) => next.includes(after) && last.includes(before))
}

/** Number of leading digits that are not free: all of a service number, the first of a long one, else none. */
function keptOf(text: string, start: number, end: number): number {
  const length = end - start
  if (length >= TELEPHONE) return 1
  return (length === 5 || length === 6) && isLikeService(text, start) ? length : 0
}

/** Numbers of five or six digits that the text model knows by value: 95588, 10086, 12306, 12580, 118114. */
function isLikeService(text: string, start: number): boolean {
  const first = text.charCodeAt(start)
  const second = text.charCodeAt(start + 1)
  if (first === 0x39) return second === 0x35 || second === 0x36
  if (first !== 0x31) return false
  const third = text.charCodeAt(start + 2)
  if (second === 0x30) return third === 0x30
  return second === 0x31 ? third === 0x38 : second === 0x32 && (third === 0x33 || third === 0x35)
}
