import type { ExtractedMessage } from '../../detection/classify.ts'
import type { TokeniseLike } from '../../domain/token.ts'
import type { Complaint } from '../../pipeline/side-inputs/rows.ts'
import { normalise } from '../../text/normalise.ts'
import { signatureKey } from '../../text/signature.ts'

/** By what a message fits a complaint. */
export interface Fit {
  /** `unknown`: the complaint does not say to whom the message was sent. */
  readonly recipient: 'number' | 'token' | 'unknown'
  /** `prefix`: one is the other with digits added at the end. */
  readonly port?: 'exact' | 'prefix'
  readonly signature?: true
  /** Of the texts, 0 to 1; absent: the complaint quotes none. */
  readonly similarity?: number
}

export interface Candidate {
  readonly message: ExtractedMessage
  readonly fit: Fit
}

/** From here on two texts are taken for the same but for details. */
const ALIKE = 0.5
/** Without a recipient and a sender, the text alone must be all but the same. */
const SAME = 0.8
/** Shorter ports are service numbers of the carrier, and prefixes of everything. */
const MIN_PORT = 6
/** A quotation of less says nothing. */
const MIN_PAIRS = 6

const SIGN = /[\p{L}\p{N}]/gu

function pairsOf(text: string): Map<string, number> {
  const signs = normalise(text).text.match(SIGN) ?? []
  const pairs = new Map<string, number>()
  for (let i = 0; i + 1 < signs.length; i++) {
    const pair = `${signs[i]}${signs[i + 1]}`
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  }
  return pairs
}

function sizeOf(pairs: ReadonlyMap<string, number>): number {
  let size = 0
  for (const count of pairs.values()) size += count
  return size
}

/** A text to which others are compared. */
export class Quotation {
  readonly #pairs: ReadonlyMap<string, number>
  readonly #size: number

  constructor(text: string) {
    this.#pairs = pairsOf(text)
    this.#size = sizeOf(this.#pairs)
  }

  /**
   * How alike the two texts are, 0 to 1: the share of common pairs of letters (Dice) in their normalised forms, so that
   * disguises, spaces and punctuation make no difference. A quotation that lies whole in the other counts almost as
   * much as the same text: people quote a part, or add words of their own.
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

/** Whether two recipients are one: as numbers, or one as the token of the other. Both in canonical form. */
export function recipientFit(
  asked: string | undefined,
  to: string,
  tokenise: TokeniseLike,
): Fit['recipient'] | undefined {
  if (asked === undefined) return 'unknown'
  if (asked === to) return 'number'
  // A token has a dot behind the id of its key, a number has none.
  const isToken = asked.includes('.')
    ? tokenise(to, asked) === asked
    : to.includes('.') && tokenise(asked, to) === to
  return isToken ? 'token' : undefined
}

/**
 * The messages that a complaint may be about, of all that are shown to it. A message fits when it went to the
 * complainant, and came from the port or under the signature that is complained of, or has the text.
 */
export class Candidates {
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

  /** How many fitted. */
  get matched(): number {
    return this.#matched
  }

  /** Messages to the complainant that fit neither the sender nor the text. */
  get others(): number {
    return this.#others
  }

  /** Whether a message to this recipient can fit at all: asked before its text is read. */
  mayFit(to: string): boolean {
    return recipientFit(this.#complaint.to, to, this.#tokenise) !== undefined
  }

  add(message: ExtractedMessage): void {
    const fit = this.#fitOf(message)
    if (fit === undefined) return
    this.#matched++
    this.#kept.push({ message, fit })
    if (this.#kept.length >= 2 * this.#max) this.#cut()
  }

  /** To be called after the last message. */
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
      ...(port && { port }),
      ...(signed && { signature: true }),
      ...(alike !== undefined && { similarity: Math.round(alike * 1000) / 1000 }),
    }
  }
}

function strength({ port, signature }: Fit): number {
  return (port === 'exact' ? 2 : port === 'prefix' ? 1 : 0) + (signature ? 2 : 0)
}

/** The likest text first, then the closest sender, then the latest. */
function better(a: Candidate, b: Candidate): number {
  return (
    (b.fit.similarity ?? 0) - (a.fit.similarity ?? 0) ||
    strength(b.fit) - strength(a.fit) ||
    b.message.ts - a.message.ts
  )
}
