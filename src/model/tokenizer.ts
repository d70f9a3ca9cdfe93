import { COMPONENTS } from '../stages/fold-tables.ts'
import { readLink } from './links.ts'
import { DIGIT, IDEOGRAPH, LETTER, MARK, PAIR, SKIP, SPACE, unitClass } from './symbols.ts'

/** What turns a text into features; part of the artifact, so that serving reads as training did. */
export interface TokenizerSettings {
  /** log2 of the rows of the embedding table. */
  readonly bits: number
  /** Longest character gram, 1 to 4. */
  readonly grams: number
  /** Word grams of alphabetic scripts, 0 to 2. */
  readonly words: number
  /** Longest gram of code units of the text as written: case, marks, spaces and digits count. 0 to 4; 0 if absent. */
  readonly written?: number
  /** Whether features whose row of the table is all zero are left out of the bag and of its count; false if absent. */
  readonly skipUnknown?: boolean
}

/** Symbols of the stream stand for classes above the code units, so that they cannot meet a character. */
const BOUNDARY = 0x10000
const LINK = 0x10001
const NUMBER = 0x10100
/** Numbers that are names (10086, 95588, 12306): kept as they are. */
const SERVICE_NUMBER = 0x20000

/** Namespaces of features that are no grams. */
const SHAPE = 0x51ed270b
const WORD = 0x2f6e2b1d
const MARKS = 0x7f4a7c15
const WRITTEN = 0x3c6ef372

/** Shape features; their number is part of the model format. */
export const SHAPES = {
  bias: 0,
  signatureLeading: 1,
  signatureTrailing: 2,
  signatureNone: 3,
  link: 4,
  linkScheme: 5,
  linkShortener: 6,
  linkHyphen: 7,
  linkDigits: 8,
  linkPath: 9,
  linkLongHost: 10,
  mobile: 11,
  longNumber: 12,
  landline: 13,
  code: 14,
  manyNumbers: 15,
  noNumbers: 16,
  shouting: 17,
  invisible: 18,
  enclosed: 19,
  fullWidth: 20,
  emoji: 21,
  latin: 22,
  ideographs: 23,
  exclamations: 24,
  wedged: 25,
  wedgedMuch: 26,
  component: 27,
  mixedScript: 28,
  length: 32,
  topLevel: 64,
} as const

const MAX_UNITS = 2048
/** Features of one text, beside those of `written`, which may be as many as its grams. */
const MAX_FEATURES = 4 * MAX_UNITS

/**
 * Reads one text at a time into the rows of the embedding table that it touches, each once, in the order of first
 * sight. Buffers are reused: `rows[0..count)` is valid until the next `read`.
 */
export class Tokenizer {
  readonly settings: TokenizerSettings
  readonly rows: Int32Array
  /** 1 where the feature lies wholly inside the leading or trailing signature. */
  readonly inSignature: Uint8Array
  count = 0
  readonly #mask: number
  readonly #known: Uint8Array | undefined
  readonly #seen: Uint32Array
  #stamp = 0
  readonly #symbols = new Int32Array(MAX_UNITS + 2)
  readonly #places = new Uint8Array(MAX_UNITS + 2)
  #length = 0
  #signature = 0

  /** `known`: 1 for each row that may be touched, all without it. The bias always is, so that no text has none. */
  constructor(settings: TokenizerSettings, known?: Uint8Array) {
    this.settings = settings
    const most = MAX_FEATURES + (settings.written ?? 0) * MAX_UNITS
    this.rows = new Int32Array(most)
    this.inSignature = new Uint8Array(most)
    this.#mask = (1 << settings.bits) - 1
    this.#known = known
    this.#seen = new Uint32Array(1 << settings.bits)
  }

  /** `normalised`: what `normalise` made of `original`. Reads at most 2,048 code units of either. */
  read(normalised: string, original: string): void {
    this.count = 0
    this.#stamp++
    if (this.#stamp === 0xffffffff) {
      this.#seen.fill(0)
      this.#stamp = 1
    }
    this.#signature = 0
    this.#shape(SHAPES.bias)
    this.#stream(normalised)
    this.#grams()
    this.#surface(original)
    this.#written(original)
  }

  #add(hash: number): void {
    let h = hash ^ (hash >>> 15)
    h = Math.imul(h, 0x2c1b3c6d)
    h ^= h >>> 12
    h = Math.imul(h, 0x297a2d39)
    h ^= h >>> 15
    const row = h & this.#mask
    if (this.#known !== undefined && this.#known[row] === 0 && this.count > 0) return
    if (this.#seen[row] === this.#stamp) return
    this.#seen[row] = this.#stamp
    if (this.count === this.rows.length) return
    this.inSignature[this.count] = this.#signature
    this.rows[this.count++] = row
  }

  #shape(number: number): void {
    this.#add(Math.imul(number + 1, 0x632be5ab) ^ SHAPE)
  }

  #push(symbol: number, place: number): void {
    if (this.#length >= MAX_UNITS) return
    this.#symbols[this.#length] = symbol
    this.#places[this.#length++] = place
  }

  /** Characters, numbers and links as symbols; marks and spaces only as far as they part words. */
  #stream(text: string): void {
    const n = Math.min(text.length, MAX_UNITS)
    this.#length = 0
    const lead = leadingSignature(text)
    const tail = lead === 0 ? trailingSignature(text) : text.length
    this.#shape(
      lead > 0
        ? SHAPES.signatureLeading
        : tail < text.length
          ? SHAPES.signatureTrailing
          : SHAPES.signatureNone,
    )
    let pending = false
    let numbers = 0
    let letters = 0
    let ideographs = 0
    let exclamations = 0
    let wordHash = 0
    let wordLength = 0
    let previousWord = 0
    const endWord = () => {
      if (wordLength > 1 && this.settings.words > 0) {
        this.#add(wordHash ^ WORD)
        if (previousWord !== 0 && this.settings.words > 1) {
          this.#add(Math.imul(previousWord, 0x1b873593) ^ wordHash)
        }
      }
      if (wordLength > 0) previousWord = wordHash
      wordHash = 0
      wordLength = 0
    }
    for (let i = 0; i < n; ) {
      const unit = text.charCodeAt(i)
      const kind = unitClass(unit)
      const place = i < lead || i >= tail ? 1 : 0
      this.#signature = place
      if (kind === LETTER || kind === DIGIT) {
        const link = unit < 128 ? readLink(text, i) : undefined
        if (link !== undefined) {
          endWord()
          this.#push(LINK, place)
          this.#shape(SHAPES.link)
          if (link.scheme) this.#shape(SHAPES.linkScheme)
          if (link.shortener) this.#shape(SHAPES.linkShortener)
          if (link.hyphen) this.#shape(SHAPES.linkHyphen)
          if (link.digits) this.#shape(SHAPES.linkDigits)
          if (link.path) this.#shape(SHAPES.linkPath)
          if (link.hostLength > 16) this.#shape(SHAPES.linkLongHost)
          this.#shape(SHAPES.topLevel + (link.topLevel & 0xffff))
          this.#add(link.host ^ WORD)
          i = link.end
          pending = false
          continue
        }
      }
      if (kind === DIGIT) {
        endWord()
        let end = i + 1
        while (end < n && unitClass(text.charCodeAt(end)) === DIGIT) end++
        this.#number(text, i, end, place)
        numbers++
        i = end
        pending = false
        continue
      }
      i++
      if (kind === LETTER) {
        if (pending) this.#push(BOUNDARY, place)
        pending = false
        letters++
        this.#push(unit, place)
        wordHash = Math.imul(wordHash ^ unit, 0x01000193) + 0x5bd1e995
        wordLength++
        continue
      }
      if (kind === IDEOGRAPH) {
        endWord()
        previousWord = 0
        pending = false
        ideographs++
        this.#push(unit, place)
        continue
      }
      if (kind === SKIP) continue
      if (kind === PAIR) {
        endWord()
        if (unit < 0xdc00) this.#add(Math.imul(text.codePointAt(i - 1) ?? 0, 0x9e3779b1) ^ MARKS)
        continue
      }
      // An apostrophe parts no word: don't, i'm.
      if (unit === 0x27 || unit === 0x2019) continue
      endWord()
      if (this.#length > 0) pending = true
      if (kind === SPACE) continue
      if (kind === MARK) {
        if (unit === 0x21 || unit === 0xff01) exclamations++
        this.#add(Math.imul(unit, 0x9e3779b1) ^ MARKS)
      }
    }
    this.#signature = 0
    endWord()
    if (numbers === 0) this.#shape(SHAPES.noNumbers)
    if (numbers > 4) this.#shape(SHAPES.manyNumbers)
    if (letters > 0) this.#shape(SHAPES.latin)
    if (ideographs > 0) this.#shape(SHAPES.ideographs)
    if (exclamations > 1) this.#shape(SHAPES.exclamations)
    this.#shape(SHAPES.length + Math.min(15, Math.floor(Math.log2(1 + ideographs * 2 + letters) * 2)))
  }

  #number(text: string, start: number, end: number, place: number): void {
    const length = end - start
    if ((length === 5 || length === 6) && isServiceNumber(text, start, length)) {
      let value = 0
      for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - 48
      this.#push(SERVICE_NUMBER + value, place)
      return
    }
    const first = text.charCodeAt(start)
    if (length === 11 && first === 0x31) this.#shape(SHAPES.mobile)
    else if ((length === 11 || length === 12 || length === 10) && first === 0x30) this.#shape(SHAPES.landline)
    else if (length === 10 && first === 0x34) this.#shape(SHAPES.landline)
    else if (length >= 8) this.#shape(SHAPES.longNumber)
    else if (length === 4 || length === 6) this.#shape(SHAPES.code)
    const bucket = length < 7 ? length : length < 10 ? 7 : length < 12 ? 8 : 9
    this.#push(NUMBER + bucket, place)
  }

  #grams(): void {
    const symbols = this.#symbols
    const places = this.#places
    const grams = this.settings.grams
    for (let i = 0; i < this.#length; i++) {
      const a = symbols[i] as number
      let hash = Math.imul(a, 0x9e3779b1)
      let inside = places[i] as number
      this.#signature = inside
      if (a !== BOUNDARY) this.#add(hash)
      for (let k = 1; k < grams && i + k < this.#length; k++) {
        hash = Math.imul((hash ^ (hash >>> 16)) + (symbols[i + k] as number), 0x85ebca6b) + k
        inside &= places[i + k] as number
        this.#signature = inside
        this.#add(hash)
      }
    }
    this.#signature = 0
  }

  /** Grams of the text as it is; a run of white space is one space. */
  #written(original: string): void {
    const grams = this.settings.written ?? 0
    if (grams === 0) return
    const symbols = this.#symbols
    const n = Math.min(original.length, MAX_UNITS)
    let length = 0
    for (let i = 0; i < n; i++) {
      const unit = original.charCodeAt(i)
      if (unitClass(unit) !== SPACE) symbols[length++] = unit
      else if (length > 0 && symbols[length - 1] !== 0x20) symbols[length++] = 0x20
    }
    for (let i = 0; i < length; i++) {
      let hash = WRITTEN
      for (let k = 0; k < grams && i + k < length; k++) {
        hash = Math.imul((hash ^ (hash >>> 16)) + (symbols[i + k] as number), 0x85ebca6b) + k
        this.#add(hash)
      }
    }
  }

  /** What normalisation took away: how the text looked. */
  #surface(original: string): void {
    const n = Math.min(original.length, MAX_UNITS)
    let upper = 0
    let lower = 0
    let invisible = 0
    let enclosed = 0
    let fullWidth = 0
    let emoji = 0
    let wedged = 0
    let components = 0
    let mixed = 0
    let before = 0
    let beforeThat = 0
    for (let i = 0; i < n; i++) {
      const unit = original.charCodeAt(i)
      const kind = unitClass(unit)
      if (unit < 128) {
        if (unit >= 65 && unit <= 90) upper++
        else if (unit >= 97 && unit <= 122) lower++
      } else if (kind === IDEOGRAPH) {
        if (COMPONENT_UNITS.has(unit)) components++
        else if (beforeThat === IDEOGRAPH && before === MARK && !STOPS.has(original.charCodeAt(i - 1)))
          wedged++
        else if (beforeThat === IDEOGRAPH && before === LETTER) mixed++
      } else if (unit >= 0x200b && unit <= 0x200f) invisible++
      else if ((unit >= 0x2460 && unit <= 0x24ff) || unit === 0x20e3 || (unit >= 0x2776 && unit <= 0x2793))
        enclosed++
      else if ((unit >= 0xff10 && unit <= 0xff19) || (unit >= 0xff21 && unit <= 0xff5a)) fullWidth++
      else if (unit >= 0xd800 && unit <= 0xdbff) emoji++
      beforeThat = before
      before = kind
    }
    if (wedged > 1) this.#shape(SHAPES.wedged)
    if (wedged > 4) this.#shape(SHAPES.wedgedMuch)
    if (components > 0) this.#shape(SHAPES.component)
    if (mixed > 0) this.#shape(SHAPES.mixedScript)
    if (upper > 5 && upper > lower) this.#shape(SHAPES.shouting)
    if (invisible > 0) this.#shape(SHAPES.invisible)
    if (enclosed > 0) this.#shape(SHAPES.enclosed)
    if (fullWidth > 0) this.#shape(SHAPES.fullWidth)
    if (emoji > 0) this.#shape(SHAPES.emoji)
  }
}

/**
 * Numbers of five or six digits that everybody knows a service by: 95588, 10086, 12306, 12345, 950618, 118114. Six digits
 * may as well be a one-time password: they are a service where the text says to call them.
 */
function isServiceNumber(text: string, start: number, length: number): boolean {
  if (length === 6 && !isCalled(text, start)) return false
  const a = text.charCodeAt(start)
  const b = text.charCodeAt(start + 1)
  if (a === 0x39) return b === 0x35 || b === 0x36
  if (a !== 0x31) return false
  const c = text.charCodeAt(start + 2)
  if (length === 6) return b === 0x31 && c === 0x38
  return (b === 0x30 && c === 0x30) || (b === 0x32 && (c === 0x33 || c === 0x35))
}

/** What says to call the number behind it ends so: 致电 拨打 热线 客服 详询 联系. */
const CALLING = new Set('电话拨打线服询系叫'.split(''))
const CALLING_WORDS = new Set(['call', 'dial', 'tel', 'phone', 'hotline'])
/** Marks and spaces between the word and the number. */
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

const COMPONENT_UNITS = new Set([...COMPONENTS].map((ch) => ch.charCodeAt(0)))
/** Marks that ordinary text has between characters. */
const STOPS = new Set([...'，。！？、；：,.!?;:“”‘’（）()《》【】-~…/+&%'].map((ch) => ch.charCodeAt(0)))

const OPENING = new Set('【[「『〔〖'.split(''))
const CLOSING = new Set('】]」』〕〗'.split(''))
const LONGEST_SIGNATURE = 24

/** Code units of a signature in brackets at the start, brackets included; 0 without one. */
function leadingSignature(text: string): number {
  if (!OPENING.has(text[0] ?? '')) return 0
  for (let i = 1; i <= LONGEST_SIGNATURE && i < text.length; i++) {
    if (CLOSING.has(text[i] as string)) return i + 1
  }
  return 0
}

/** Where a signature in brackets at the end begins; the length of the text without one. */
function trailingSignature(text: string): number {
  const last = text.length - 1
  if (last < 2 || !CLOSING.has(text[last] as string)) return text.length
  for (let i = last - 1; i >= 0 && last - i <= LONGEST_SIGNATURE; i--) {
    if (OPENING.has(text[i] as string)) return i
  }
  return text.length
}
