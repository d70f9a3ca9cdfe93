const ZERO = 48
const NINE = 57
const EIGHT = 56

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < ZERO || code > NINE) return false
  }
  return text.length > 0
}

const OTHER_SIGNS = /[^\0-\x7f]/

/** The digits of a number without spaces and `+`; undefined if it is none. */
function digitsOf(number: string): string | undefined {
  const plain = OTHER_SIGNS.test(number) ? number.normalize('NFKC') : number
  const digits = plain.replaceAll(' ', '').replaceAll('+', '')
  return isDigits(digits) ? digits : undefined
}

/**
 * Canonical form for comparing numbers: converts full-width digits (NFKC), drops spaces, `+` and a leading `00`, then `86` before
 * `106` or before 11 digits that start with 1. Other values are returned unchanged.
 */
export function canonicalNumber(number: string): string {
  const first = number.charCodeAt(0)
  let digits = number
  if (!isDigits(number)) {
    const found = digitsOf(number)
    if (found === undefined) return number
    digits = found
  } else if (first !== ZERO && first !== EIGHT) return number
  if (digits.startsWith('00')) digits = digits.slice(2)
  if (digits === '') return number
  if (digits.startsWith('86106') || (digits.length === 13 && digits.startsWith('861'))) return digits.slice(2)
  return digits
}

const SHORTEST = 8
const NO_DIGITS = /\D+/g

/**
 * The number inside a value that `canonicalNumber` leaves unchanged, such as `138-0013-8000`, in its canonical form; undefined
 * below 8 digits.
 */
export function numberWithin(value: string): string | undefined {
  const digits = value.normalize('NFKC').replace(NO_DIGITS, '')
  return digits.length < SHORTEST ? undefined : canonicalNumber(digits)
}

const PUNCTUATED = /^[\p{Nd}\p{P}\p{Z}\p{Cf}+\t]+$/u

/** Whether a value is a number for people, but not for `canonicalNumber`, because of dashes or brackets. */
export function isPunctuatedNumber(value: string): boolean {
  return PUNCTUATED.test(value) && !isDigits(canonicalNumber(value)) && numberWithin(value) !== undefined
}
