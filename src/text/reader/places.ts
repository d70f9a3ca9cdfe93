import { placesWords } from '../words.generated.ts'
/**
 * Recognises service numbers and signatures exactly as when the shipped weights were trained. The text layer recognises more of
 * both, and may change without a new model.
 */
import { DIGIT, IDEOGRAPH, LETTER, unitClass } from './symbols.ts'

/**
 * Well-known service numbers of five or six digits: 95588, 10086, 12306, 12345, 950618, 118114. Six digits may also be a one-time
 * password: they count only if the text says to call them.
 */
export function isServiceNumber(text: string, start: number, length: number): boolean {
  if (length === 6 && !isCalled(text, start)) return false
  const a = text.charCodeAt(start)
  const b = text.charCodeAt(start + 1)
  if (a === 0x39) return b === 0x35 || b === 0x36
  if (a !== 0x31) return false
  const c = text.charCodeAt(start + 2)
  if (length === 6) return b === 0x31 && c === 0x38
  return (b === 0x30 && c === 0x30) || (b === 0x32 && (c === 0x33 || c === 0x35))
}

/** Final characters of words that say to call the number after them: 致电 拨打 热线 客服 详询 联系. */
const CALLING = new Set(placesWords.calling.split(''))
const CALLING_WORDS = new Set(['call', 'dial', 'tel', 'phone', 'hotline'])
/** Limit of marks and spaces between the word and the number. */
const CALLING_GAP = 3

function isCalled(text: string, start: number): boolean {
  let end = start
  while (end > 0 && start - end <= CALLING_GAP && !isWordUnit(text.charCodeAt(end - 1))) end--
  if (CALLING.has(text[end - 1] ?? '')) return true
  let from = end
  while (from > 0 && end - from < 8 && unitClass(text.charCodeAt(from - 1)) === LETTER) from--
  return CALLING_WORDS.has(text.slice(from, end).toLowerCase())
}

function isWordUnit(unit: number): boolean {
  const kind = unitClass(unit)
  return kind === IDEOGRAPH || kind === LETTER || kind === DIGIT
}

const OPENING = new Set('【[「『〔〖'.split(''))
const CLOSING = new Set('】]」』〕〗'.split(''))
const LONGEST_SIGNATURE = 24

/** Length in code units of a bracketed signature at the start, brackets included; 0 without one. */
export function leadingSignature(text: string): number {
  if (!OPENING.has(text[0] ?? '')) return 0
  for (let i = 1; i <= LONGEST_SIGNATURE && i < text.length; i++) {
    if (CLOSING.has(text[i] as string)) return i + 1
  }
  return 0
}

/** Start of a bracketed signature at the end; the length of the text without one. */
export function trailingSignature(text: string): number {
  const last = text.length - 1
  if (last < 2 || !CLOSING.has(text[last] as string)) return text.length
  for (let i = last - 1; i >= 0 && last - i <= LONGEST_SIGNATURE; i--) {
    if (OPENING.has(text[i] as string)) return i
  }
  return text.length
}
