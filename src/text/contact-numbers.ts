import type { ContactMention } from '../domain/reading.ts'
import { contactNumbersWords } from './words.generated.ts'

/** Characters before a number that are searched for its purpose. */
const CONTEXT = 12
/** Limit of digit runs examined per text. */
const MAX_RUNS = 200
const MAX_GROUPS = 16
/** Digits of a phone number. */
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

/** Consecutive digits. */
interface DigitGroup {
  readonly start: number
  readonly end: number
  /** Preceded by a space or nothing: a number may start here. */
  readonly apart: boolean
}

/** Groups that may form one number. */
interface Run {
  readonly digits: string
  readonly groups: readonly DigitGroup[]
  /** Preceded by a +. */
  readonly plus: boolean
}

export const isDigit = (code: number) => code >= 48 && code <= 57
export const isLatin = (code: number) => code >= 97 && code <= 122
/** Separators inside a number: space - . · _ ( ) – — / */
const INNER = new Set([...' -.·_()–—\u2009'].map((c) => c.charCodeAt(0)))

function digitsEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/** Digit groups from `start`, separated by one separator, optionally with spaces around it, or by a bracket and a space. */
function groupsAt(text: string, start: number): DigitGroup[] {
  let count = 0
  let begin = start
  let apart = true
  while (count < MAX_GROUPS) {
    const end = digitsEnd(text, begin)
    groupsFound[count++] = { start: begin, end, apart }
    let next = end
    apart = false
    while (next < end + 3 && INNER.has(text.charCodeAt(next))) {
      if (text.charCodeAt(next) === SPACE) apart = true
      next++
    }
    if (next === end || !isDigit(text.charCodeAt(next))) break
    begin = next
  }
  return groupsFound.slice(0, count)
}

/** Reused between calls; results are copies, because a grown list keeps spare capacity. */
const groupsFound: DigitGroup[] = []

/** Whether the groups look like one phone number instead of a list of amounts. */
function isGrouped(groups: readonly DigitGroup[], digits: number): boolean {
  if (groups.length === 1) return true
  if (groups.length > 6 && digits > groups.length) return false
  if (digits <= 6) return groups.length <= 2 && digits >= 5
  return groups.length === digits || groups.every((g) => g.end - g.start <= 8)
}

export const MOBILE = /^1[3-9]\d{9}$/
const AREA = /^0(?:10|2[0-57-9]|[3-9]\d{2})\d{7,8}$/
/** Landline followed by an extension. */
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

function classify(run: Run, before: string, after: string): { kind: Kind; value: string } | undefined {
  const { digits, groups, plus } = run
  if (isShort(digits)) return undefined
  if (!isGrouped(groups, digits.length)) return undefined
  if (OTHER_NUMBER.test(before) && !contactNumbersWords.beforeNumber.test(before)) return undefined
  const called = CALL.test(before) || CALL_AFTER.test(after)
  let national = digits
  if (digits.startsWith('0086')) national = digits.slice(4)
  else if (digits.startsWith('86') && (plus || digits.length === 13)) national = digits.slice(2)
  if (MOBILE.test(national) && !(plus && national === digits)) return { kind: 'mobile', value: national }
  if (national === digits && (plus || ABROAD.test(digits))) {
    const international = digits.replace(/^00/, '')
    const long = international.length >= 9 && international.length <= 15
    return long && international[0] !== '0' ? { kind: 'overseas', value: international } : undefined
  }
  if (AREA.test(national)) return { kind: 'landline', value: national }
  if (national !== digits && AREA_OF_COUNTRY.test(national))
    return { kind: 'landline', value: `0${national}` }
  const extended = AREA_WITH_EXTENSION.exec(national)
  if (extended !== null && groups.length > 1) return { kind: 'landline', value: extended[1] as string }
  if (FREE.test(digits) && (called || groups.length > 1 || !UNIT_AFTER.test(after)))
    return { kind: 'hotline', value: digits }
  const abroad = foreignNumber(digits, groups, called)
  if (abroad !== undefined) return { kind: 'overseas', value: abroad }
  const amount = UNIT_AFTER.test(after)
  if (called && LIKE_SERVICE.test(national) && !(amount && groups.length === 1)) {
    if (!beginsWithWhole(digits, groups)) return { kind: 'hotline', value: national }
  }
  if (!called || amount) return undefined
  if (SHORT_HOTLINE.test(national)) return { kind: 'hotline', value: national }
  if (SUBSCRIBER.test(digits) && !looksLikeDate(digits)) return { kind: 'landline', value: digits }
  return undefined
}

/** Whether the groups before the last are already a complete service number, followed by hours or a date: `95588 2026年`. */
function beginsWithWhole(digits: string, groups: readonly DigitGroup[]): boolean {
  const first = (groups[0] as DigitGroup).end - (groups[0] as DigitGroup).start
  let length = 0
  return groups.slice(0, -1).some(({ start, end }) => {
    length += end - start
    const begin = digits.slice(0, length)
    return FREE.test(begin) || (length === first && SHORT_WHOLE.test(begin))
  })
}

/** North American numbers, grouped 3-3-4, with or without country code 1. */
const NORTH_AMERICA = /^1?([2-9]\d{2}[2-9]\d{6})$/
/** UK numbers and Taiwan mobiles in national form that cannot be Chinese numbers. */
const BRITAIN = /^0([127]\d{9})$/
const TAIWAN = /^0(9\d{8})$/

/** A foreign number in its national form, with the country code added; undefined if it is not one. */
function foreignNumber(digits: string, groups: readonly DigitGroup[], called: boolean): string | undefined {
  const sizes = groups.map((g) => g.end - g.start).join('')
  if (sizes === '334' || sizes === '1334') {
    const american = NORTH_AMERICA.exec(digits)
    if (american) return `1${american[1]}`
  }
  if (!called && groups.length === 1) return undefined
  const british = BRITAIN.exec(digits)
  if (british) return `44${british[1]}`
  const taiwanese = TAIWAN.exec(digits)
  return taiwanese ? `886${taiwanese[1]}` : undefined
}

function looksLikeDate(digits: string): boolean {
  return /^20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(digits)
}

/** Finds the phone numbers of a normalised text. */
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
    const groups = groupsAt(text, i)
    const last = groups.at(-1) as DigitGroup
    i = last.end
    if (!isPartOfWord(text, groups[0] as DigitGroup, last)) readGroups(text, groups, add)
  }
}

/** Whether the digits from `start` to `end` stand alone and cannot be a phone number. Most runs of digits do, so the check allocates nothing. */
function isNone(text: string, start: number, end: number): boolean {
  if (INNER.has(text.charCodeAt(end))) return false
  const length = end - start
  return length < SHORTEST || length > LONGEST || (length < SHORTEST_LOCAL && isShort(text.slice(start, end)))
}

/** Whether the digits are part of a word, a masked number or a decimal fraction. */
function isPartOfWord(text: string, first: DigitGroup, last: DigitGroup): boolean {
  const before = text.charCodeAt(first.start - 1)
  const after = text.charCodeAt(last.end)
  if (before === 0x2a || after === 0x2a || isLatin(after)) return true
  if (before === 0x2e && isDigit(text.charCodeAt(first.start - 2))) return true
  if (!isLatin(before)) return false
  const word = /[a-z]{1,12}$/.exec(text.slice(Math.max(0, first.start - 12), first.start))?.[0] ?? ''
  return !/^(?:tel|call|phone|t|mob|whatsapp)$/.test(word)
}

/** Four or more groups of four digits: a bank card or account. */
function isCardNumber(groups: readonly DigitGroup[]): boolean {
  return groups.length >= 4 && groups.slice(0, 4).every((g) => g.end - g.start === 4)
}

/** A complete service number in one group; a following group is an extension or opening hours. */
const SHORT_WHOLE = /^(?:95\d{3,4}|951\d{5}|96\d{3,4}|100\d{2,3}|123\d{2}|118114|116114)$/
const MAX_EXTENSION = 4

/**
 * Last group of the number that starts at group `s`, if an extension follows: `95511-2`, `400-820-8820-1`, `0755-83776688-1`,
 * `95338(24小时)`. Undefined if no number is complete before the last group.
 */
function lastBeforeExtension(text: string, groups: readonly DigitGroup[], s: number): number | undefined {
  let digits = ''
  for (let k = s; k < Math.min(s + 3, groups.length - 1); k++) {
    const group = groups[k] as DigitGroup
    digits += text.slice(group.start, group.end)
    const following = groups[k + 1] as DigitGroup
    if (following.apart || following.end - following.start > MAX_EXTENSION) continue
    const whole = k === s ? SHORT_WHOLE.test(digits) : false
    if (whole || FREE.test(digits) || AREA.test(digits)) return k
  }
  return undefined
}

/** Dotted quad: an IP address, linked or not. */
const DOTTED_QUAD = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Finds the numbers in groups: the longest from each group that is set apart. */
function readGroups(text: string, groups: readonly DigitGroup[], add: AddContact): void {
  const first = groups[0] as DigitGroup
  if (isCardNumber(groups)) return
  if (groups.length === 4 && DOTTED_QUAD.test(text.slice(first.start, groups[3]?.end))) return
  let from = first.start
  if (text[from - 1] === '(') from--
  const plus = text[from - 1] === '+'
  const lead = text.slice(Math.max(0, from - CONTEXT), plus ? from - 1 : from)
  for (let s = 0; s < groups.length; ) {
    let next = s + 1
    const start = groups[s] as DigitGroup
    const whole = start.apart ? lastBeforeExtension(text, groups, s) : undefined
    for (let e = whole ?? Math.min(groups.length, s + MAX_GROUPS) - 1; start.apart && e >= s; e--) {
      const end = groups[e] as DigitGroup
      const following = groups[e + 1]
      if (following !== undefined && !following.apart && e !== whole) continue
      const part = groups.slice(s, e + 1)
      const digits = part.map((g) => text.slice(g.start, g.end)).join('')
      if (digits.length < SHORTEST || digits.length > LONGEST) continue
      const run = { digits, groups: part, plus: plus && s === 0 }
      const found = classify(run, lead, text.slice(end.end, end.end + 8))
      if (found === undefined) continue
      add(found.kind, found.value, start.start, end.end)
      next = e + 1
      break
    }
    s = next
  }
}
