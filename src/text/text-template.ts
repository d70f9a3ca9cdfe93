import type { ContactMention, NormalisedText, Span, TextReading } from '../domain/reading.ts'
import { namesMessenger } from './contact-handles.ts'
import { extractContacts } from './contacts.ts'
import { fingerprint } from './fingerprint.ts'
import type { Runs } from './free-numbers.ts'
import { asksForConsent, asksInUsualForm, hasWayOut } from './phrases.ts'

/**
 * Reads texts that differ only in free numbers: the result is that of the first, except for the numbers and the contacts among
 * them.
 */
export class TextTemplate {
  readonly #reading: TextReading
  readonly #runs: Runs
  /** Fills the numbers into the normalised text; undefined if the normalised text equals the original. */
  readonly #blank: Blank | undefined
  readonly #mayHoldHandles: boolean

  private constructor(reading: TextReading, runs: Runs, blank: Blank | undefined) {
    this.#reading = reading
    this.#runs = runs
    this.#blank = blank
    this.#mayHoldHandles = namesMessenger(reading.normalised.text)
  }

  /**
   * Creates a template from a text, its free numbers and its reading. Undefined if it has no free numbers, or one of them is part
   * of a link or a name, or affects a phrase.
   */
  static of(text: string, runs: Runs, reading: TextReading): TextTemplate | undefined {
    if (runs.length === 0) return undefined
    const { normalised, signatures, urls } = reading
    for (const { span } of [...signatures, ...urls]) if (span && holdsOneOf(runs, span)) return undefined
    const pieces = piecesOf(normalised, text, runs)
    if (pieces === undefined || !readsAlike(pieces, runs)) return undefined
    const blank = normalised.text === text ? undefined : new Blank(normalised.text, pieces, runs)
    return new TextTemplate(reading, runs, blank)
  }

  /** Reading of a text that is alike (`areAlike`). */
  read(text: string): TextReading {
    const first = this.#reading
    const { urls, signatures } = first
    const { offsets, folded, folds } = first.normalised
    const written = this.#blank === undefined ? text : this.#blank.filled(text, this.#runs)
    const normalised: NormalisedText = { text: written, offsets, folded, folds }
    const contacts = extractContacts(normalised, text, urls, this.#mayHoldHandles)
    return {
      normalised,
      signature: first.signature,
      signatures,
      urls,
      contacts,
      optOut: first.optOut,
      asksConsent: first.asksConsent,
      asksAlone: first.asksAlone,
      traditional: first.traditional,
      otp: first.otp,
      bands: haveSameSpans(contacts, first.contacts)
        ? first.bands
        : fingerprint(normalised, { urls, contacts, signatures }),
    }
  }
}

/** A normalised text with places for the free numbers of other texts. */
class Blank {
  /** UTF-16LE; overwritten by each text. */
  readonly #units: Buffer
  readonly #starts: Uint16Array

  constructor(text: string, pieces: readonly string[], runs: Runs) {
    // Outside the pool, whose blocks of 8 kB would be held by the templates that share them.
    this.#units = Buffer.allocUnsafeSlow(text.length * 2)
    this.#units.write(text, 'utf16le')
    this.#starts = new Uint16Array(runs.length / 2)
    let at = 0
    for (let k = 0; k < runs.length; k += 2) {
      at += (pieces[k / 2] as string).length
      this.#starts[k / 2] = at
      at += (runs[k + 1] as number) - (runs[k] as number)
    }
  }

  /** `runs`: the free numbers of `text`, equal in number and length to those of the template. */
  filled(text: string, runs: Runs): string {
    for (let k = 0; k < runs.length; k += 2) {
      const start = runs[k] as number
      const shift = (this.#starts[k / 2] as number) - start
      // Digits have a high byte of 0.
      for (let i = start; i < (runs[k + 1] as number); i++) this.#units[2 * (i + shift)] = text.charCodeAt(i)
    }
    // A single flat string: one joined of pieces costs three times the memory.
    return this.#units.toString('utf16le')
  }
}

function holdsOneOf(runs: Runs, { start, end }: Span): boolean {
  for (let k = 0; k < runs.length; k += 2)
    if ((runs[k] as number) < end && start < (runs[k + 1] as number)) return true
  return false
}

/** Pieces of the normalised text between the free numbers; undefined if a number is not contained unchanged. */
function piecesOf({ text, offsets }: NormalisedText, original: string, runs: Runs) {
  const pieces: string[] = []
  let from = 0
  let at = 0
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number
    const number = original.slice(start, runs[k + 1])
    while (at < text.length && (offsets[at] as number) < start) at++
    if (!text.startsWith(number, at) || offsets[at + number.length - 1] !== start + number.length - 1)
      return undefined
    pieces.push(text.slice(from, at))
    at += number.length
    from = at
  }
  pieces.push(text.slice(from))
  return pieces
}

/** The normalised text with the free numbers of another text filled in. */
function filled(pieces: readonly string[], text: string, runs: Runs): string {
  let written = pieces[0] as string
  for (let k = 0; k < runs.length; k += 2)
    written += text.slice(runs[k], runs[k + 1]) + (pieces[k / 2 + 1] as string)
  return written
}

/**
 * Whether the phrases found in a text do not depend on its free numbers. The patterns name only the digits 1 and 2, as in `回复1`
 * and `stop 2 end`, and never exclude a digit: a phrase found without them is always found, and one not found when all digits are
 * one of them is never found.
 */
function readsAlike(pieces: readonly string[], runs: Runs): boolean {
  const texts = ['0', '1', '2'].map((digit) => filled(pieces, digit.repeat(runs.at(-1) as number), runs))
  return [asksInUsualForm, asksForConsent, hasWayOut].every((phrase) => {
    const [first, ...others] = texts.map((text) => phrase(text))
    return others.every((found) => found === first)
  })
}

function haveSameSpans(some: readonly ContactMention[], others: readonly ContactMention[]): boolean {
  if (some.length !== others.length) return false
  for (let i = 0; i < some.length; i++) {
    const { span } = some[i] as ContactMention
    const { span: other } = others[i] as ContactMention
    if (span.start !== other.start || span.end !== other.end) return false
  }
  return true
}
