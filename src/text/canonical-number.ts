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

/**
 * Canonical form for comparing numbers: drops spaces, `+` and a leading `00`, then `86` before `106` or before 11 digits that
 * start with 1. Other values are returned unchanged.
 */
export function canonicalNumber(number: string): string {
  const first = number.charCodeAt(0)
  let digits = number
  if (!isDigits(number)) {
    digits = number.replaceAll(' ', '').replaceAll('+', '')
    if (!isDigits(digits)) return number
  } else if (first !== ZERO && first !== EIGHT) return number
  if (digits.startsWith('00')) digits = digits.slice(2)
  if (digits === '') return number
  if (digits.startsWith('86106') || (digits.length === 13 && digits.startsWith('861'))) return digits.slice(2)
  return digits
}
