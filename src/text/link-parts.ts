import type { Span } from '../domain/reading.ts'
import { chain, isHostUnit, SLASH, SPACE } from './link-chain.ts'
import { type Draft, draftText, kindAt } from './plain.ts'
import { CJK, DIGIT, GLYPH, LATIN } from './plain-tables.ts'

const COLON = 0x3a
const OPENING = 0x28
const CLOSING = 0x29
export const AT = 0x40

const isPath = new Uint8Array(128)
for (let c = 0x21; c < 0x7f; c++) isPath[c] = '"<>`\\^{|}'.includes(String.fromCharCode(c)) ? 0 : 1
const isPathEnd = new Uint8Array(128)
for (const sign of '.,;:!?)]\'"') isPathEnd[sign.charCodeAt(0)] = 1

/** One label of the chain, in lower case; Chinese characters as written. */
export function labelOf(draft: Draft, text: string, label: number): string {
  let written = ''
  const end = chain.ends[label] as number
  for (let i = chain.starts[label] as number; i < end; i++) {
    const unit = draft.units[i] as number
    if (unit === SPACE) continue
    const asWritten = (kindAt(draft, i) & CJK) !== 0 || ((draft.marks[i] as number) & GLYPH) !== 0
    written += asWritten ? text[draft.offsets[i] as number] : String.fromCharCode(unit)
  }
  return written.toLowerCase()
}

/** Host made of the first `count` labels. */
export function hostOf(draft: Draft, text: string, count: number): string {
  let host = labelOf(draft, text, 0)
  for (let label = 1; label < count; label++) host += `.${labelOf(draft, text, label)}`
  return host
}

/** Longest user name before a host (https://name@host). */
const MAX_USER = 64

/** Start of the user name if `at` follows its @, else `at`. User names that look like hosts hide the real host. */
export function userStart(draft: Draft, at: number): number {
  const { units } = draft
  if (units[at - 1] !== AT) return at
  let begin = at - 1
  while (begin > 0 && at - begin <= MAX_USER) {
    const unit = units[begin - 1] as number
    if (unit === SLASH || unit === AT || unit >= 128 || isPath[unit] === 0) break
    begin--
  }
  return begin
}

/** Start of a scheme before `start` (http://, hxxps://, possibly with a user name after it), or `start`. */
export function schemeStart(draft: Draft, start: number): number {
  const { units } = draft
  let i = userStart(draft, start) - 1
  if (units[i] === SPACE) i--
  let slashes = 0
  while (units[i] === SLASH && slashes < 3) {
    i--
    slashes++
  }
  if (slashes < 1 || units[i] !== COLON) return start
  i--
  if (units[i] === SPACE) i--
  let begin = i
  while (begin >= 0 && i - begin < 6 && (kindAt(draft, begin) & LATIN) !== 0) begin--
  const word = draftText(draft, begin + 1, i + 1)
  return /^h(?:tt|xx|\*\*)ps?$/.test(word) || word === 'ftp' ? begin + 1 : start
}

/** End of a port (`:8080`) at `at`, or `at`. */
export function readPort(draft: Draft, at: number): number {
  if (draft.units[at] !== COLON || at >= draft.length) return at
  let end = at + 1
  while (end - at < 6 && (kindAt(draft, end) & DIGIT) !== 0) end++
  return end - at > 2 && (kindAt(draft, end) & (DIGIT | LATIN)) === 0 ? end : at
}

/**
 * End of a path, query or fragment at `at`, or `at`. Excludes punctuation that ends a sentence, and a bracket not closed within
 * the path: senders add notes in brackets after a link (`s.cn/a（退订回N）`).
 */
export function readPath(draft: Draft, at: number): number {
  const { units, length } = draft
  const first = at < length ? units[at] : 0
  if (first !== SLASH && first !== 0x3f && first !== 0x23) return at
  if (first === 0x3f && !isHostUnit(draft, at + 1)) return at
  let end = at
  let bracket = -1
  while (end < length) {
    const unit = units[end] as number
    if (unit >= 128 || isPath[unit] === 0) break
    if (unit === OPENING && bracket < 0) bracket = end
    else if (unit === CLOSING) bracket = -1
    end++
  }
  if (bracket >= 0) end = bracket
  while (end > at && isPathEnd[units[end - 1] as number] === 1) end--
  return end
}

/** The path as written except for compatibility forms, with a leading slash. */
export function pathText(draft: Draft, text: string, start: number, end: number): string {
  if (end === start) return ''
  const span = spanOf(draft, text, start, end)
  const path = text.slice(span.start, span.end).normalize('NFKC')
  return path.startsWith('/') ? path : `/${path}`
}

/** Range in the original of units `start` to `end` of the draft. */
export function spanOf(draft: Draft, text: string, start: number, end: number): Span {
  const last = draft.offsets[end - 1] as number
  const high = text.charCodeAt(last)
  return { start: draft.offsets[start] as number, end: last + (high >= 0xd800 && high < 0xdc00 ? 2 : 1) }
}
