import type { ExtractedMessage } from '../../detection/classify.ts'
import { given } from '../../domain/given.ts'
import { occurrences } from '../../domain/maps.ts'
import type { Message, SmsRecord } from '../../domain/message.ts'
import type { TokeniseLike } from '../../domain/token.ts'
import type { Complaint } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { normalise } from '../../text/normalise.ts'
import { signatureKey } from '../../text/signature.ts'

/** How a message matches a complaint, or that its id was asked for. */
export interface Fit {
  readonly id?: true
  /** `unknown`: the complaint does not name the recipient. Absent if the id was asked for. */
  readonly recipient?: 'number' | 'token' | 'unknown'
  /** `prefix`: one port is the other with digits appended. */
  readonly port?: 'exact' | 'prefix'
  readonly signature?: true
  /** Similarity of the texts, 0 to 1; absent if the complaint quotes none. */
  readonly similarity?: number
}

export interface Candidate {
  readonly message: ExtractedMessage
  readonly fit: Fit
}

/** Collects the messages that are searched for. */
export interface Sought {
  /** Best first. */
  readonly kept: readonly Candidate[]
  /** Number of matching messages. */
  readonly matched: number
  /** Messages to the complainant that do not match. */
  readonly others: number
  /** Whether a record can be, or be a part of, such a message. Checked before its text is read. */
  mayFit(record: SmsRecord): boolean
  add(message: Message, read: () => ExtractedMessage): void
  /** Call after the last message. */
  finish(): void
}

/** Texts at least this similar are considered the same apart from details. */
const ALIKE = 0.5
/** Required similarity if neither recipient nor sender is known. */
const SAME = 0.8
/** Shorter ports are service numbers of the carrier and prefixes of many others. */
const MIN_PORT = 6
/** Shorter quotations are not significant. */
const MIN_PAIRS = 6

const SIGN = /[\p{L}\p{N}]/gu

function pairsOf(text: string): Map<string, number> {
  const signs = normalise(text).text.match(SIGN) ?? []
  return occurrences(signs.slice(1).map((sign, i) => `${signs[i]}${sign}`))
}

function sizeOf(pairs: ReadonlyMap<string, number>): number {
  let size = 0
  for (const count of pairs.values()) size += count
  return size
}

/** A quoted text to compare others with. */
export class Quotation {
  readonly #pairs: ReadonlyMap<string, number>
  readonly #size: number

  constructor(text: string) {
    this.#pairs = pairsOf(text)
    this.#size = sizeOf(this.#pairs)
  }

  /**
   * Similarity to another text, 0 to 1: the Dice coefficient of character bigrams of the normalised texts, so that disguises,
   * spaces and punctuation make no difference. A quotation fully contained in the text, or the reverse, counts almost as much
   * as an equal one, because people quote a part or add their own words.
   */
  similarity(text: string): number {
    const pairs = pairsOf(text)
    const size = sizeOf(pairs)
    const small = Math.min(size, this.#size)
    if (small === 0) return 0
    let common = 0
    for (const [pair, count] of pairs) common += Math.min(count, this.#pairs.get(pair) ?? 0)
    const dice = (2 * common) / (size + this.#size)
    return small < MIN_PAIRS ? dice : Math.max(dice, (0.95 * common) / small)
  }
}

function portFit(asked: string, from: string): Fit['port'] {
  if (asked === from) return 'exact'
  const [short, long] = asked.length < from.length ? [asked, from] : [from, asked]
  return short.length >= MIN_PORT && long.startsWith(short) ? 'prefix' : undefined
}

/** Whether two recipients are the same: as numbers, or one as the token of the other. Both in canonical form. */
export function recipientFit(
  asked: string | undefined,
  to: string,
  tokenise: TokeniseLike,
): NonNullable<Fit['recipient']> | undefined {
  if (asked === undefined) return 'unknown'
  if (asked === to) return 'number'
  // Tokens contain a dot after the key id, numbers do not.
  const isToken = asked.includes('.')
    ? tokenise(to, asked) === asked
    : to.includes('.') && tokenise(asked, to) === to
  return isToken ? 'token' : undefined
}

/**
 * Collects messages that a complaint may be about. A message matches if it was sent to the complainant and has the port, the
 * signature or the text of the complaint.
 */
export class Candidates implements Sought {
  readonly #complaint: Complaint
  readonly #tokenise: TokeniseLike
  readonly #max: number
  readonly #key: string | undefined
  readonly #quotation: Quotation | undefined
  #kept: Candidate[] = []
  #matched = 0
  #others = 0

  constructor(complaint: Complaint, tokenise: TokeniseLike, max: number) {
    this.#complaint = complaint
    this.#tokenise = tokenise
    this.#max = max
    this.#key = complaint.signature === undefined ? undefined : signatureKey(complaint.signature)
    this.#quotation = complaint.text === undefined ? undefined : new Quotation(complaint.text)
  }

  /** Best first, at most `max`. */
  get kept(): readonly Candidate[] {
    return this.#kept
  }

  /** Number of matching messages. */
  get matched(): number {
    return this.#matched
  }

  /** Messages to the complainant that match neither the sender nor the text. */
  get others(): number {
    return this.#others
  }

  /** Whether the recipient can be the complainant. */
  mayFit({ to }: SmsRecord): boolean {
    return recipientFit(this.#complaint.to, canonicalNumber(to), this.#tokenise) !== undefined
  }

  add(_joined: Message, read: () => ExtractedMessage): void {
    const message = read()
    const fit = this.#fitOf(message)
    if (fit === undefined) return
    this.#matched++
    this.#kept.push({ message, fit })
    if (this.#kept.length >= 2 * this.#max) this.#cut()
  }

  /** Call after the last message. */
  finish(): void {
    this.#cut()
  }

  #cut(): void {
    this.#kept = this.#kept.sort(better).slice(0, this.#max)
  }

  #fitOf(message: ExtractedMessage): Fit | undefined {
    const { from, to, text } = this.#complaint
    const recipient = recipientFit(to, message.to, this.#tokenise)
    if (recipient === undefined) return undefined
    const port = from === undefined ? undefined : portFit(from, message.from)
    const signed =
      this.#key !== undefined &&
      (message.signature?.key === this.#key || message.signatures.some(({ key }) => key === this.#key))
    const alike = this.#quotation?.similarity(message.text)
    const sender = port !== undefined || signed
    const fits =
      recipient === 'unknown'
        ? sender
          ? alike === undefined || alike >= ALIKE
          : (alike ?? 0) >= SAME
        : sender ||
          (from === undefined && this.#key === undefined && text === undefined) ||
          (alike ?? 0) >= ALIKE
    if (!fits) {
      if (recipient !== 'unknown') this.#others++
      return undefined
    }
    return {
      recipient,
      ...given({
        port: port || undefined,
        signature: signed ? true : undefined,
        similarity: alike !== undefined ? Math.round(alike * 1000) / 1000 : undefined,
      }),
    }
  }
}

function strength({ port, signature }: Fit): number {
  return (port === 'exact' ? 2 : port === 'prefix' ? 1 : 0) + (signature ? 2 : 0)
}

/** Sorts by similarity of the text, then by match of the sender, then latest first. */
function better(a: Candidate, b: Candidate): number {
  return (
    (b.fit.similarity ?? 0) - (a.fit.similarity ?? 0) ||
    strength(b.fit) - strength(a.fit) ||
    b.message.ts - a.message.ts
  )
}
