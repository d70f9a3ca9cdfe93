import { wellFormed } from '../domain/well-formed.ts'
import { redactionWords } from './words.generated.ts'

/** Longest run of digits shown in a text: prices and discounts stay readable, numbers and codes do not. */
const KEPT_DIGITS = 3
/** Limit of signs between two digits of one number. */
const MAX_GAP = 4

const SEPARATORS = new Set(
  [...' \t\n\r-_.,:;/\\|~*#+()[]{}<>\'"=·•・‧∙⋅。，、：；／－–—‐‑‒−＿．＋（）【】～'].map(
    (c) => c.codePointAt(0)!,
  ),
)
const CHINESE_DIGITS = new Set([...redactionWords.chineseDigits].map((c) => c.codePointAt(0)!))
const INVISIBLE = /^[\p{Cf}\p{Mn}\p{Me}\p{Zs}]$/u
/** Combining marks that belong to the digit before, such as the frame of a keycap. */
const MARK = /^[\p{Mn}\p{Me}]$/u
const NUMERIC = /^\p{N}$/u

/** Number of digits a character represents: 2 for ⑫, 0 if it is none. */
function digitsOf(cp: number): number {
  if (cp < 0x80) return cp >= 0x30 && cp <= 0x39 ? 1 : 0
  if (CHINESE_DIGITS.has(cp)) return 1
  const char = String.fromCodePoint(cp)
  if (!NUMERIC.test(char)) return 0
  return char.normalize('NFKC').length > 1 ? 2 : 1
}

function isSeparator(cp: number): boolean {
  return SEPARATORS.has(cp) || (cp > 0x7f && INVISIBLE.test(String.fromCodePoint(cp)))
}

/**
 * Redacts a text for display: every run of more than 3 digits becomes `<number>`, whatever the script of the digits (full-width,
 * circled, Chinese) and the separators; words of letters mixed with digits become `<code>`. `codes`: the text carries a one-time
 * password, so short words in capitals are codes too. Halves of characters, as at the end of a part of an SMS, become U+FFFD:
 * parsers and databases refuse them in JSON. Linear in the text.
 */
export function redactText(text: string, codes = false): string {
  return redactWords(redactNumbers(wellFormed(text)), codes)
}

function redactNumbers(text: string): string {
  let out = ''
  let copied = 0
  let start = -1
  let end = 0
  let digits = 0
  let gap = 0
  for (let i = 0; i < text.length; ) {
    const cp = text.codePointAt(i)!
    const size = cp > 0xffff ? 2 : 1
    const count = digitsOf(cp)
    if (count > 0) {
      if (start < 0) start = i
      digits += count
      end = i + size
      gap = 0
    } else if (start >= 0 && (gap === MAX_GAP || !isSeparator(cp))) {
      flush()
    } else if (start >= 0) {
      gap++
      if (cp > 0x7f && MARK.test(String.fromCodePoint(cp)) && end === i) end = i + size
    }
    i += size
  }
  if (start >= 0) flush()
  return out + text.slice(copied)

  function flush() {
    if (digits > KEPT_DIGITS) {
      out += `${text.slice(copied, start)}<number>`
      copied = end
    }
    start = -1
    digits = 0
    gap = 0
  }
}

/** A single character class: cannot backtrack. */
const WORD = /[A-Za-z0-9]{4,}/g

function redactWords(text: string, codes: boolean): string {
  return text.replace(WORD, (word) => (isCode(word, codes) ? '<code>' : word))
}

function isCode(word: string, codes: boolean): boolean {
  let digits = 0
  let changes = 0
  let capitals = 0
  let wasDigit: boolean | undefined
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i)
    const isDigit = c < 0x3a
    if (isDigit) digits++
    else if (c < 0x5b) capitals++
    if (wasDigit !== undefined && wasDigit !== isDigit) changes++
    wasDigit = isDigit
  }
  if (codes && word.length <= 10 && (digits > 0 || capitals === word.length)) return true
  // Brand and product names end in a digit or two (iPhone15); codes alternate or have more digits.
  return digits > 0 && digits < word.length && (digits > 2 || changes > 1)
}
