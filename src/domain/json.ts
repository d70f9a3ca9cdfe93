/** Parses bytes in UTF-8, or a text, as JSON; undefined if they are not valid JSON. */
export function jsonOf<T = unknown>(json: Buffer | string): T | undefined {
  try {
    return JSON.parse(json.toString()) as T
  } catch {
    return undefined
  }
}

/** Whether a value is a mapping of keys to values: neither null nor a list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A number that may have more digits than a double holds exactly; in a string it follows a quote. */
const LONG_NUMBER = /[[:,\s]-?\d{16}/
const INTEGER = /^-?\d{16,}$/
const QUOTE = 0x22
const BACKSLASH = 0x5c
const MINUS = 0x2d
const DOT = 0x2e
const E_CAPITAL = 0x45
const E_SMALL = 0x65
const PLUS = 0x2b

/**
 * `JSON.parse`, but integers that a number would round are the text of their digits: the 64-bit ids of gateways differ in
 * the last ones.
 */
export function parseExact(json: string): unknown {
  const value: unknown = JSON.parse(json)
  return LONG_NUMBER.test(json) ? JSON.parse(quoteLongIntegers(json)) : value
}

/** Expects valid JSON. */
function quoteLongIntegers(json: string): string {
  let out = ''
  let copied = 0
  for (let i = 0; i < json.length; ) {
    const c = json.charCodeAt(i)
    if (c === QUOTE) {
      i = endOfString(json, i)
      continue
    }
    const start = i
    while (i < json.length && isNumeric(json.charCodeAt(i))) i++
    if (i === start) {
      i++
      continue
    }
    const number = json.slice(start, i)
    if (!INTEGER.test(number) || Number.isSafeInteger(Number(number))) continue
    out += `${json.slice(copied, start)}"${number}"`
    copied = i
  }
  return out + json.slice(copied)
}

/** The index after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1
  while (i < json.length && json.charCodeAt(i) !== QUOTE) i += json.charCodeAt(i) === BACKSLASH ? 2 : 1
  return i + 1
}

function isNumeric(c: number): boolean {
  return (
    (c >= 0x30 && c <= 0x39) || c === MINUS || c === DOT || c === PLUS || c === E_SMALL || c === E_CAPITAL
  )
}
