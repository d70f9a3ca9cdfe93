import type { ContactMention } from '../domain/reading.ts'
import { contactNumbersWords } from './words.generated.ts'

/** Characters before a number that are searched for its purpose. */
const CONTEXT = 12
/** Limit of digit runs examined per text. */
const MAX_RUNS = 200
const MAX_GROUPS = 16
const SHORTEST = 3
const LONGEST = 17
const SPACE = 0x20

type Kind = ContactMention['kind']

/** Called with a contact and its range in the normalised text, `end` excluded. */
export type AddContact = (kind: Kind, value: string, start: number, end: number) => void

const CALL = contactNumbersWords.call
const CALL_AFTER = contactNumbersWords.callAfter
/** Words before digits that are not a phone number. */
const OTHER_NUMBER = contactNumbersWords.otherNumber
const UNIT_AFTER = contactNumbersWords.unitAfter

/**
 * Groups of consecutive digits that may form one number: start and end of each in the text, and whether it is preceded by a space
 * or nothing, so that a number may start there. Reused between calls, because most texts have digits.
 */
const starts = new Int32Array(MAX_GROUPS)
const ends = new Int32Array(MAX_GROUPS)
const isApart = new Uint8Array(MAX_GROUPS)

const sizeOf = (group: number) => (ends[group] as number) - (starts[group] as number)

export const isDigit = (code: number) => code >= 48 && code <= 57
export const isLatin = (code: number) => code >= 97 && code <= 122
/** Separators inside a number: space - . · _ ( ) – — / */
const INNER = new Set([...' -.·_()–—\u2009'].map((c) => c.charCodeAt(0)))

function digitsEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/**
 * Finds the digit groups from `start`, separated by one separator, optionally with spaces around it, or by a bracket and a space.
 * Returns their number.
 */
function findGroups(text: string, start: number): number {
  let count = 0
  let begin = start
  let apart = 1
  while (count < MAX_GROUPS) {
    const end = digitsEnd(text, begin)
    starts[count] = begin
    ends[count] = end
    isApart[count++] = apart
    let next = end
    apart = 0
    while (next < end + 3 && INNER.has(text.charCodeAt(next))) {
      if (text.charCodeAt(next) === SPACE) apart = 1
      next++
    }
    if (next === end || !isDigit(text.charCodeAt(next))) break
    begin = next
  }
  return count
}

/** Whether the groups from `first` to `last` look like one phone number instead of a list of amounts. */
function isGrouped(first: number, last: number, digits: number): boolean {
  const count = last - first + 1
  if (count === 1) return true
  if (count > 6 && digits > count) return false
  if (digits <= 6) return count <= 2 && digits >= 5
  if (count === digits) return true
  for (let k = first; k <= last; k++) if (sizeOf(k) > 8) return false
  return true
}

export const MOBILE = /^1[3-9]\d{9}$/
const AREA = /^0(?:10|2[0-57-9]|[3-9]\d{2})\d{7,8}$/
const AREA_WITH_EXTENSION = /^(0(?:10|2[0-57-9]|[3-9]\d{2})\d{7,8})\d{1,4}$/
const FREE = /^[48]00\d{7}$/
/** Looks like a service number with too many digits; readers would still call it. */
const LIKE_SERVICE = /^(?:[48]00\d{8}|95\d{6,11})$/
const SHORT_HOTLINE =
  /^(?:95\d{3,4}|951\d{5}|96\d{3,4}|100(?:00|0[1-9]|1\d|50|60|86|99)\d?|123\d{2}|12[0-9]{3}|118114|116114|11[0249]|12[02]|11185|12580|10198)$/

const COUNTRY = /^(?:00)?86/
const ABROAD = /^00[1-9]/
/** Area codes without their leading 0. */
const AREA_OF_COUNTRY = /^(?:10|2\d|[3-9]\d{2})\d{7,8}$/
const SUBSCRIBER = /^[2-9]\d{6,7}$/

/** Minimum digits of a number without area or country code, except for services. */
const SHORTEST_LOCAL = 7

/** Most short numbers are not phone numbers, whatever the context. */
function isShort(digits: string): boolean {
  return digits.length < SHORTEST_LOCAL && !SHORT_HOTLINE.test(digits) && !COUNTRY.test(digits)
}

/** Describes the number that `add` receives; reused between calls. */
const number: { kind: Kind; value: string } = { kind: 'mobile', value: '' }

function is(kind: Kind, value: string): true {
  number.kind = kind
  number.value = value
  return true
}

/** Whether the groups from `first` to `last` are a phone number, described in `number`. `plus`: preceded by a +. */
function isNumber(digits: string, first: number, last: number, plus: boolean, before: string, after: string) {
  if (isShort(digits)) return false
  if (!isGrouped(first, last, digits.length)) return false
  if (OTHER_NUMBER.test(before) && !contactNumbersWords.beforeNumber.test(before)) return false
  const isSingle = first === last
  const called = CALL.test(before) || CALL_AFTER.test(after)
  let national = digits
  if (digits.startsWith('0086')) national = digits.slice(4)
  else if (digits.startsWith('86') && (plus || digits.length === 13)) national = digits.slice(2)
  if (MOBILE.test(national) && !(plus && national === digits)) return is('mobile', national)
  if (national === digits && (plus || ABROAD.test(digits))) {
    const international = digits.replace(/^00/, '')
    const long = international.length >= 9 && international.length <= 15
    return long && international[0] !== '0' && is('overseas', international)
  }
  if (AREA.test(national)) return is('landline', national)
  if (national !== digits && AREA_OF_COUNTRY.test(national)) return is('landline', `0${national}`)
  const extended = AREA_WITH_EXTENSION.exec(national)
  if (extended !== null && !isSingle) return is('landline', extended[1] as string)
  if (FREE.test(digits) && (called || !isSingle || !UNIT_AFTER.test(after))) return is('hotline', digits)
  const abroad = foreignNumber(digits, first, last, called)
  if (abroad !== undefined) return is('overseas', abroad)
  const amount = UNIT_AFTER.test(after)
  if (called && LIKE_SERVICE.test(national) && !(amount && isSingle)) {
    if (!beginsWithWhole(digits, first, last)) return is('hotline', national)
  }
  if (!called || amount) return false
  if (SHORT_HOTLINE.test(national)) return is('hotline', national)
  return SUBSCRIBER.test(digits) && !looksLikeDate(digits) && is('landline', digits)
}

/** Whether the groups before the last are already a complete service number, followed by hours or a date: `95588 2026年`. */
function beginsWithWhole(digits: string, first: number, last: number): boolean {
  let length = 0
  for (let k = first; k < last; k++) {
    length += sizeOf(k)
    const begin = digits.slice(0, length)
    if (FREE.test(begin) || (k === first && SHORT_WHOLE.test(begin))) return true
  }
  return false
}

/** North American numbers, grouped 3-3-4, with or without country code 1. */
const NORTH_AMERICA = /^1?([2-9]\d{2}[2-9]\d{6})$/
/** UK numbers and Taiwan mobiles in national form that cannot be Chinese numbers. */
const BRITAIN = /^0([127]\d{9})$/
const TAIWAN = /^0(9\d{8})$/

/** A foreign number in its national form, with the country code added; undefined if it is not one. */
function foreignNumber(digits: string, first: number, last: number, called: boolean): string | undefined {
  if (isGroupedAmerican(first, last)) {
    const american = NORTH_AMERICA.exec(digits)
    if (american) return `1${american[1]}`
  }
  if (!called && first === last) return undefined
  const british = BRITAIN.exec(digits)
  if (british) return `44${british[1]}`
  const taiwanese = TAIWAN.exec(digits)
  return taiwanese ? `886${taiwanese[1]}` : undefined
}

/** Whether the sizes of the groups are 3-3-4 or 1-3-3-4. */
function isGroupedAmerican(first: number, last: number): boolean {
  if (last - first < 2 || sizeOf(last) !== 4 || sizeOf(last - 1) !== 3 || sizeOf(last - 2) !== 3) return false
  return last - first === 2 || (last - first === 3 && sizeOf(first) === 1)
}

function looksLikeDate(digits: string): boolean {
  return /^20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(digits)
}

export function findNumbers(text: string, add: AddContact): void {
  let runs = 0
  for (let i = 0; i < text.length && runs < MAX_RUNS; ) {
    if (!isDigit(text.charCodeAt(i))) {
      i++
      continue
    }
    runs++
    const end = digitsEnd(text, i)
    if (isNone(text, i, end)) {
      i = end
      continue
    }
    const count = findGroups(text, i)
    const start = i
    i = ends[count - 1] as number
    if (!isPartOfWord(text, start, i)) readGroups(text, count, add)
  }
}

/** Whether the digits from `start` to `end` stand alone and cannot be a phone number. Most runs of digits do, so the check allocates nothing. */
function isNone(text: string, start: number, end: number): boolean {
  if (INNER.has(text.charCodeAt(end))) return false
  const length = end - start
  return length < SHORTEST || length > LONGEST || (length < SHORTEST_LOCAL && isShort(text.slice(start, end)))
}

/** Whether the digits from `start` to `end` are part of a word, a masked number or a decimal fraction. */
function isPartOfWord(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1)
  const after = text.charCodeAt(end)
  if (before === 0x2a || after === 0x2a || isLatin(after)) return true
  if (before === 0x2e && isDigit(text.charCodeAt(start - 2))) return true
  if (!isLatin(before)) return false
  const word = /[a-z]{1,12}$/.exec(text.slice(Math.max(0, start - 12), start))?.[0] ?? ''
  return !/^(?:tel|call|phone|t|mob|whatsapp)$/.test(word)
}

/** Four or more groups of four digits: a bank card or account. */
function isCardNumber(count: number): boolean {
  if (count < 4) return false
  for (let k = 0; k < 4; k++) if (sizeOf(k) !== 4) return false
  return true
}

/** A complete service number in one group; a following group is an extension or opening hours. */
const SHORT_WHOLE = /^(?:95\d{3,4}|951\d{5}|96\d{3,4}|100\d{2,3}|123\d{2}|118114|116114)$/
const MAX_EXTENSION = 4

/**
 * Last group of the number that starts at group `s`, if an extension follows: `95511-2`, `400-820-8820-1`, `0755-83776688-1`,
 * `95338(24小时)`. Undefined if no number is complete before the last group.
 */
function lastBeforeExtension(text: string, count: number, s: number): number | undefined {
  let digits = ''
  for (let k = s; k < Math.min(s + 3, count - 1); k++) {
    digits += text.slice(starts[k], ends[k])
    if (isApart[k + 1] === 1 || sizeOf(k + 1) > MAX_EXTENSION) continue
    const whole = k === s ? SHORT_WHOLE.test(digits) : false
    if (whole || FREE.test(digits) || AREA.test(digits)) return k
  }
  return undefined
}

/** Dotted quad: an IP address, linked or not. */
const DOTTED_QUAD = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Finds the numbers in the first `count` groups: the longest from each group that is set apart. */
function readGroups(text: string, count: number, add: AddContact): void {
  if (isCardNumber(count)) return
  if (count === 4 && DOTTED_QUAD.test(text.slice(starts[0], ends[3]))) return
  let from = starts[0] as number
  if (text[from - 1] === '(') from--
  const plus = text[from - 1] === '+'
  const lead = text.slice(Math.max(0, from - CONTEXT), plus ? from - 1 : from)
  for (let s = 0; s < count; ) {
    let next = s + 1
    const whole = isApart[s] === 1 ? lastBeforeExtension(text, count, s) : undefined
    for (let e = whole ?? count - 1; isApart[s] === 1 && e >= s; e--) {
      if (e + 1 < count && isApart[e + 1] === 0 && e !== whole) continue
      const digits = digitsOf(text, s, e)
      if (digits.length < SHORTEST || digits.length > LONGEST) continue
      const end = ends[e] as number
      if (!isNumber(digits, s, e, plus && s === 0, lead, text.slice(end, end + 8))) continue
      add(number.kind, number.value, starts[s] as number, end)
      next = e + 1
      break
    }
    s = next
  }
}

/** The digits of the groups from `first` to `last`. */
function digitsOf(text: string, first: number, last: number): string {
  let digits = ''
  for (let k = first; k <= last; k++) digits += text.slice(starts[k], ends[k])
  return digits
}
