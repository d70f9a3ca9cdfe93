import { TRADITIONAL } from './fold-table.generated.ts'
import { COMPONENTS, GLYPHS } from './fold-tables.ts'
import { neighbourMap } from './fold-variants.ts'
import { plainTablesWords } from './words.generated.ts'

/** Classes of code units after the plain pass, as bits. */
export const CJK = 1
export const LATIN = 2
export const DIGIT = 4
/** Cyrillic and Greek letters. */
export const FOREIGN = 8
export const CHINESE_DIGIT = 16
/** Signs and spaces put between the characters of a word to hide it; never ordinary Chinese punctuation. */
export const SEPARATOR = 32
/** A component that is not a character on its own. */
export const COMPONENT = 64
export const SURROGATE = 128
export const OTHER_LETTER = 256
/** Signs used for letters: @ for a, $ for s. */
export const LETTER_SIGN = 512

/** Marks of a draft unit: the kind of character it was before the plain pass. */
export const ENCLOSED = 1
export const STYLED = 2
export const GLYPH = 4

/** Values of `plainUnit`: the unit is dropped, or needs more than a table look-up. */
export const DROP = 0
export const SPECIAL = 1
/** Replacement of a code unit; DROP: removed; SPECIAL: see `expansions`, or a surrogate. */
export const plainUnit = new Uint16Array(65536)
export const unitMark = new Uint8Array(65536)
/** Dropped without counting as evidence (variation selectors and the like). */
export const silent = new Uint8Array(65536)
export const unitClass = new Uint16Array(65536)

/** A table of 65,536 with 1 at the code units of `characters`. */
export function unitSet(characters: string): Uint8Array {
  const table = new Uint8Array(65536)
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1
  return table
}

/** Replacement of a code point that is not a single unit. */
export interface Expansion {
  readonly text: string
  readonly mark: number
}
/** By code point. */
export const expansions = new Map<number, Expansion>()

const CHINESE_DIGITS = plainTablesWords.chineseDigits

function fillClasses(): void {
  const set = (from: number, to: number, bits: number) => {
    for (let c = from; c <= to; c++) unitClass[c] = (unitClass[c] ?? 0) | bits
  }
  set(0x3400, 0x9fff, CJK)
  set(0xf900, 0xfaff, CJK)
  set(0x3007, 0x3007, CJK)
  set(0x61, 0x7a, LATIN)
  set(0x30, 0x39, DIGIT)
  set(0x370, 0x52f, FOREIGN)
  set(0xd800, 0xdfff, SURROGATE | SEPARATOR)
  set(0x40, 0x40, LETTER_SIGN)
  set(0x24, 0x24, LETTER_SIGN)
  for (const c of CHINESE_DIGITS) set(c.charCodeAt(0), c.charCodeAt(0), CHINESE_DIGIT)
  for (const c of COMPONENTS) set(c.charCodeAt(0), c.charCodeAt(0), COMPONENT)
  for (const c of ' *^~_#@&+-./|\\$%=<>·•・‧∙˙￣¯¤§¦¨°´×÷〓〒〃')
    set(c.charCodeAt(0), c.charCodeAt(0), SEPARATOR)
  set(0x2010, 0x2017, SEPARATOR)
  set(0x2020, 0x2027, SEPARATOR)
  set(0x2190, 0x245f, SEPARATOR)
  set(0x2500, 0x2775, SEPARATOR)
  set(0x2794, 0x27ff, SEPARATOR)
  set(0x2900, 0x2bff, SEPARATOR)
  set(0x327f, 0x327f, SEPARATOR)
  const letter = /\p{L}/u
  for (const [from, to] of [
    [0xaa, 0x36f],
    [0x530, 0x1fff],
    [0x2c00, 0x2dff],
    [0x3040, 0x318f],
    [0xa000, 0xd7ff],
  ] as const) {
    for (let c = from; c <= to; c++) {
      if (unitClass[c] === 0 && letter.test(String.fromCharCode(c))) unitClass[c] = OTHER_LETTER
    }
  }
}

function fillPlain(): void {
  const invisible =
    /^(?:\p{Cf}|\p{Cc}|[\ufe00-\ufe0f]|\u20e3|\u034f|[\u115f\u1160\u17b4\u17b5]|[\u180b-\u180f]|\u3164|\uffa0)$/u
  const quiet = /^(?:\p{Cc}|[\ufe00-\ufe0f]|\u20e3|[\u180b-\u180f]|[\u0600-\u0605\u06dd]|\u070f)$/u
  for (let c = 0; c < 65536; c++) {
    if (c >= 0xd800 && c <= 0xdfff) {
      plainUnit[c] = SPECIAL
      continue
    }
    if ((c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) || (c >= 0xe000 && c < 0xf900)) {
      plainUnit[c] = c
      continue
    }
    const character = String.fromCharCode(c)
    if (invisible.test(character)) {
      plainUnit[c] = DROP
      silent[c] = quiet.test(character) ? 1 : 0
      continue
    }
    setForm(c, character.normalize('NFKC').toLowerCase(), 0)
  }
  for (const [code, form] of [
    [0x09, ' '],
    [0x0a, '\n'],
    [0x0b, '\n'],
    [0x0c, '\n'],
    [0x0d, ' '],
    [0x85, '\n'],
    // Compatibility forms that start with a space, which would separate their neighbours.
    [0xa8, '¨'],
    [0xaf, '¯'],
    [0xb4, "'"],
    [0xb8, '¸'],
    [0x2d9, '˙'],
    [0x2028, '\n'],
    [0x2029, '\n'],
    [0x2044, '/'],
    [0x203e, '¯'],
    [0xffe3, '¯'],
    [0xfffd, '\ufffd'],
    [0xff61, '。'],
    // Unify quotation marks and apostrophes.
    [0x2018, "'"],
    [0x2019, "'"],
  ] as const) {
    setForm(code, form, 0)
  }
  setForm(0x130, 'i', 0)
  // Combining marks: `combine` joins them to the character before.
  for (let c = 0x300; c <= 0x36f; c++) {
    plainUnit[c] = SPECIAL
    expansions.delete(c)
  }
  plainUnit[0x3099] = SPECIAL
  plainUnit[0x309a] = SPECIAL
}

function setForm(code: number, form: string, mark: number): void {
  if (form.length === 1 && code < 65536 && form.charCodeAt(0) > SPECIAL) {
    plainUnit[code] = form.charCodeAt(0)
    unitMark[code] = mark
    expansions.delete(code)
  } else {
    if (code < 65536) plainUnit[code] = SPECIAL
    expansions.set(code, { text: form, mark })
  }
}

function fillEnclosed(): void {
  const run = (from: number, to: number, first: number) => {
    for (let code = from; code <= to; code++) setForm(code, String(first + code - from), ENCLOSED)
  }
  run(0x2460, 0x2473, 1)
  run(0x24ea, 0x24ea, 0)
  run(0x24eb, 0x24f4, 11)
  run(0x24f5, 0x24fe, 1)
  run(0x24ff, 0x24ff, 0)
  run(0x2776, 0x277f, 1)
  run(0x2780, 0x2789, 1)
  run(0x278a, 0x2793, 1)
  run(0x3251, 0x325f, 21)
  run(0x32b1, 0x32bf, 36)
  run(0x1f10b, 0x1f10b, 0)
  run(0x1f10c, 0x1f10c, 0)
  run(0x1f51f, 0x1f51f, 10)
  // Numbers with brackets or a full stop: only the number, so that it joins its neighbours.
  run(0x2474, 0x2487, 1)
  run(0x2488, 0x249b, 1)
  for (let d = 0; d < 10; d++) setForm(0x1f101 + d, String(d), ENCLOSED)
  setForm(0x1f100, '0', ENCLOSED)
  for (let d = 0; d < 10; d++) {
    const numeral = plainTablesWords.numeralsOfTens[d] as string
    setForm(0x3280 + d, numeral, 0)
    setForm(0x3220 + d, `(${numeral})`, 0)
  }
}

const SMALL_CAPITALS = 'ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz'

function fillStyled(): void {
  for (let i = 0; i + 1 < SMALL_CAPITALS.length; i += 2) {
    setForm(SMALL_CAPITALS.charCodeAt(i), SMALL_CAPITALS[i + 1] as string, STYLED)
  }
  for (let i = 0; i < 26; i++) {
    const letter = String.fromCharCode(97 + i)
    // Circled and squared capitals, negative ones too; parenthesised small letters.
    for (const start of [0x24b6, 0x24d0, 0x249c, 0x1f110, 0x1f130, 0x1f150, 0x1f170])
      setForm(start + i, letter, STYLED)
  }
}

function fillSimplified(): void {
  const form = new Map<number, number>()
  for (const pair of TRADITIONAL.split(/\s+/)) {
    if (pair.length === 2) form.set(pair.charCodeAt(0), pair.charCodeAt(1))
  }
  for (let c = 0; c < 65536; c++) {
    const to = form.get(plainUnit[c] as number)
    if (to !== undefined) plainUnit[c] = to
  }
  for (const [to, neighbours] of neighbourMap(GLYPHS)) {
    for (const from of neighbours) {
      const code = from.charCodeAt(0)
      if (from.length !== 1 || form.has(code)) continue
      plainUnit[code] = to.charCodeAt(0)
      unitMark[code] = GLYPH
    }
  }
}

fillClasses()
fillPlain()
fillEnclosed()
fillStyled()
fillSimplified()
