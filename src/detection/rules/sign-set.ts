import type { Span } from '../../domain/message.ts'

/** Assigns ids to sign names in order of first use. */
export class SignNames {
  readonly #ids = new Map<string, number>()

  idOf(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    this.#ids.set(name, this.#ids.size)
    return this.#ids.size - 1
  }

  get size(): number {
    return this.#ids.size
  }
}

const ENDS_SENTENCE = /[。!?;\n]/

/** The signs of one message. Signs found in the text have positions in the normalised text, in code units. */
export class SignSet {
  readonly text: string
  /** Whether words of an operator are among them. */
  readonly hasOwnWords: boolean
  readonly #present: Set<number>
  /** Shared by copies: signs with a position are added only to sets with their own map. */
  readonly #spans: Map<number, Span[]>

  constructor(text: string, of?: SignSet, ownWords = false) {
    this.text = text
    this.hasOwnWords = ownWords || of?.hasOwnWords === true
    this.#present = new Set(of === undefined ? [] : of.#present)
    if (of === undefined) this.#spans = new Map()
    else this.#spans = ownWords ? new Map(of.#spans) : of.#spans
  }

  /** A copy to which signs without a position may be added. */
  copy(): SignSet {
    return new SignSet(this.text, this)
  }

  /** A copy to which an operator's words with their positions may be added. */
  copyForOwnWords(): SignSet {
    return new SignSet(this.text, this, true)
  }

  add(sign: number): void {
    this.#present.add(sign)
  }

  addAt(sign: number, start: number, end: number): void {
    this.#present.add(sign)
    const spans = this.#spans.get(sign)
    if (spans) spans.push({ start, end })
    else this.#spans.set(sign, [{ start, end }])
  }

  has(sign: number): boolean {
    return this.#present.has(sign)
  }

  /** Positions of a sign, ordered by end; empty for signs without positions. */
  spansOf(sign: number): readonly Span[] {
    return this.#spans.get(sign) ?? NONE
  }

  /** Whether no sentence ends between two positions. */
  isOneSentence(from: number, to: number): boolean {
    return !ENDS_SENTENCE.test(this.text.slice(from, to))
  }
}

const NONE: readonly Span[] = []
