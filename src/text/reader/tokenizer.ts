import { FeatureRows } from './feature-rows.ts'
import { type LinkShape, readLink } from './links.ts'
import { isServiceNumber, leadingSignature, trailingSignature } from './places.ts'
import { lengthClass, numberShape, SHAPES, surfaceOf } from './shapes.ts'
import { DIGIT, IDEOGRAPH, LETTER, MARK, PAIR, SKIP, unitClass } from './symbols.ts'
import type { TokenizerSettings } from './tokenizer-settings.ts'
import { writtenUnits, writtenWords } from './written.ts'

/** Symbols for classes are above the code units, so that they cannot collide with a character. */
const BOUNDARY = 0x10000
const LINK = 0x10001
const NUMBER = 0x10100
/** Numbers that act as names (10086, 95588, 12306) are kept. */
const SERVICE_NUMBER = 0x20000

/** Namespaces of features other than grams. */
const SHAPE = 0x51ed270b
const WORD = 0x2f6e2b1d
const MARKS = 0x7f4a7c15
const WRITTEN = 0x3c6ef372
const WRITTEN_WORD = 0x1b56c4e9

const MAX_UNITS = 2048
/** Limit of features per text besides those of `written`, which may be as many as its grams. */
const MAX_FEATURES = 4 * MAX_UNITS

export class Tokenizer extends FeatureRows {
  readonly #symbols = new Int32Array(MAX_UNITS + 2)
  readonly #places = new Uint8Array(MAX_UNITS + 2)
  #length = 0
  /** Whether a mark or a space precedes the next symbol. */
  #parted = false
  #numbers = 0
  #letters = 0
  #ideographs = 0
  #exclamations = 0
  #wordHash = 0 // Differs from src/domain/hash32.ts: the shipped weights depend on it.
  #wordLength = 0
  #previousWord = 0

  /** `known`: 1 for each row that may be used; all if absent. The first row of a bag is always used, so that no bag is empty. */
  constructor(settings: TokenizerSettings, known?: Uint8Array) {
    const grams = (settings.written ?? 0) * MAX_UNITS
    super(settings, MAX_FEATURES + (settings.parted === true ? 2 * grams + 3 * MAX_UNITS : grams), known)
  }

  /** `normalised`: the result of `normalise` on `original`. Reads at most 2,048 code units of either. */
  read(normalised: string, original: string): void {
    const parted = this.settings.parted === true
    this.begin()
    this.#shape(SHAPES.bias)
    this.#stream(normalised)
    this.#grams()
    for (const shape of surfaceOf(original, MAX_UNITS)) this.#shape(shape)
    if (parted) this.beginBag(1)
    this.counting = parted
    const length = this.#written(original)
    this.counting = false
    if (parted) {
      this.beginBag(2)
      this.#writtenWords(length)
    }
    this.end()
  }

  #shape(number: number): void {
    this.add(Math.imul(number + 1, 0x632be5ab) ^ SHAPE)
  }

  #push(symbol: number, place: number): void {
    if (this.#length >= MAX_UNITS) return
    this.#symbols[this.#length] = symbol
    this.#places[this.#length++] = place
  }

  /** Emits characters, numbers and links as symbols; marks and spaces only separate words. */
  #stream(text: string): void {
    const n = Math.min(text.length, MAX_UNITS)
    const lead = leadingSignature(text)
    const tail = lead === 0 ? trailingSignature(text) : text.length
    this.#begin(lead > 0, tail < text.length)
    for (let i = 0; i < n; ) {
      const unit = text.charCodeAt(i)
      const kind = unitClass(unit)
      const place = i < lead || i >= tail ? 1 : 0
      this.signature = place
      if (unit < 128 && (kind === LETTER || kind === DIGIT)) {
        const link = readLink(text, i)
        if (link !== undefined) {
          this.#link(link, place)
          i = link.end
          continue
        }
      }
      if (kind === DIGIT) {
        i = this.#digits(text, i, n, place)
        continue
      }
      i++
      if (kind === LETTER) this.#letter(unit, place)
      else if (kind === IDEOGRAPH) this.#ideograph(unit, place)
      else if (kind === PAIR) this.#pair(text, i - 1, unit)
      else if (kind !== SKIP) this.#mark(unit, kind)
    }
    this.signature = 0
    this.#endWord()
    this.#counts()
  }

  #begin(leading: boolean, trailing: boolean): void {
    this.#length = 0
    this.#parted = false
    this.#numbers = 0
    this.#letters = 0
    this.#ideographs = 0
    this.#exclamations = 0
    this.#wordHash = 0
    this.#wordLength = 0
    this.#previousWord = 0
    const trailed = trailing ? SHAPES.signatureTrailing : SHAPES.signatureNone
    this.#shape(leading ? SHAPES.signatureLeading : trailed)
  }

  #endWord(): void {
    if (this.#wordLength === 0) return
    if (this.#wordLength > 1 && this.settings.words > 0) {
      this.add(this.#wordHash ^ WORD)
      if (this.#previousWord !== 0 && this.settings.words > 1) {
        this.add(Math.imul(this.#previousWord, 0x1b873593) ^ this.#wordHash)
      }
    }
    this.#previousWord = this.#wordHash
    this.#wordHash = 0
    this.#wordLength = 0
  }

  #link(link: LinkShape, place: number): void {
    this.#endWord()
    this.#push(LINK, place)
    this.#shape(SHAPES.link)
    if (link.scheme) this.#shape(SHAPES.linkScheme)
    if (link.shortener) this.#shape(SHAPES.linkShortener)
    if (link.hyphen) this.#shape(SHAPES.linkHyphen)
    if (link.digits) this.#shape(SHAPES.linkDigits)
    if (link.path) this.#shape(SHAPES.linkPath)
    if (link.hostLength > 16) this.#shape(SHAPES.linkLongHost)
    this.#shape(SHAPES.topLevel + (link.topLevel & 0xffff))
    this.add(link.host ^ WORD)
    this.#parted = false
  }

  /** Reads the digits from `start` as one number; returns its end. */
  #digits(text: string, start: number, limit: number, place: number): number {
    this.#endWord()
    let end = start + 1
    while (end < limit && unitClass(text.charCodeAt(end)) === DIGIT) end++
    this.#number(text, start, end, place)
    this.#numbers++
    this.#parted = false
    return end
  }

  #letter(unit: number, place: number): void {
    if (this.#parted) this.#push(BOUNDARY, place)
    this.#parted = false
    this.#letters++
    this.#push(unit, place)
    this.#wordHash = Math.imul(this.#wordHash ^ unit, 0x01000193) + 0x5bd1e995
    this.#wordLength++
  }

  #ideograph(unit: number, place: number): void {
    this.#endWord()
    this.#previousWord = 0
    this.#parted = false
    this.#ideographs++
    this.#push(unit, place)
  }

  #pair(text: string, at: number, unit: number): void {
    this.#endWord()
    if (unit < 0xdc00) this.add(Math.imul(text.codePointAt(at) ?? 0, 0x9e3779b1) ^ MARKS)
  }

  /** Handles a mark or a space. An apostrophe does not separate words: don't, i'm. */
  #mark(unit: number, kind: number): void {
    if (unit === 0x27 || unit === 0x2019) return
    this.#endWord()
    if (this.#length > 0) this.#parted = true
    if (kind !== MARK) return
    if (unit === 0x21 || unit === 0xff01) this.#exclamations++
    this.add(Math.imul(unit, 0x9e3779b1) ^ MARKS)
  }

  #counts(): void {
    if (this.#numbers === 0) this.#shape(SHAPES.noNumbers)
    if (this.#numbers > 4) this.#shape(SHAPES.manyNumbers)
    if (this.#letters > 0) this.#shape(SHAPES.latin)
    if (this.#ideographs > 0) this.#shape(SHAPES.ideographs)
    if (this.#exclamations > 1) this.#shape(SHAPES.exclamations)
    const weight = Math.log2(1 + this.#ideographs * 2 + this.#letters)
    this.#shape(SHAPES.length + Math.min(15, Math.floor(weight * 2)))
  }

  #number(text: string, start: number, end: number, place: number): void {
    const length = end - start
    if ((length === 5 || length === 6) && isServiceNumber(text, start, length)) {
      let value = 0
      for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - 48
      this.#push(SERVICE_NUMBER + value, place)
      return
    }
    const shape = numberShape(text.charCodeAt(start), length)
    if (shape !== undefined) this.#shape(shape)
    this.#push(NUMBER + lengthClass(length), place)
  }

  #grams(): void {
    const symbols = this.#symbols
    const places = this.#places
    const grams = this.settings.grams
    for (let i = 0; i < this.#length; i++) {
      const a = symbols[i] as number
      let hash = Math.imul(a, 0x9e3779b1)
      let inside = places[i] as number
      this.signature = inside
      if (a !== BOUNDARY) this.add(hash)
      for (let k = 1; k < grams && i + k < this.#length; k++) {
        hash = Math.imul((hash ^ (hash >>> 16)) + (symbols[i + k] as number), 0x85ebca6b) + k
        inside &= places[i + k] as number
        this.signature = inside
        this.add(hash)
      }
    }
    this.signature = 0
  }

  /** Adds grams of the original text, with runs of white space as one space. Returns how many code units were read. */
  #written(original: string): number {
    const grams = this.settings.written ?? 0
    if (grams === 0 && this.settings.parted !== true) return 0
    const symbols = this.#symbols
    const length = writtenUnits(original, symbols, MAX_UNITS)
    for (let i = 0; i < length; i++) {
      let hash = WRITTEN
      for (let k = 0; k < grams && i + k < length; k++) {
        hash = Math.imul((hash ^ (hash >>> 16)) + (symbols[i + k] as number), 0x85ebca6b) + k
        this.add(hash)
      }
    }
    return length
  }

  /** Adds single words and pairs of the text just read by `#written`. */
  #writtenWords(length: number): void {
    const symbols = this.#symbols
    const words = writtenWords(symbols, length)
    for (let i = 0; i < words; i++) {
      const hash = symbols[i] as number
      this.add(hash ^ WRITTEN_WORD)
      if (i > 0) this.add((Math.imul(symbols[i - 1] as number, 0x1b873593) + hash) ^ WRITTEN_WORD)
    }
  }
}
