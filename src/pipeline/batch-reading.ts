import { classify, type ExtractedMessage } from '../detection/classify.ts'
import { readMessage } from '../detection/read-message.ts'
import type { TextCache } from '../detection/text-cache.ts'
import type { Emit } from '../domain/events.ts'
import type { Message } from '../domain/message.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Tokenise } from '../domain/token.ts'
import { Isolation } from './isolation.ts'
import type { Intaken } from './outputs.ts'

export interface BatchReadingParts {
  readonly tokenise: Tokenise
  readonly texts: TextCache
  readonly emit: Emit
}

/** Messages per step, some milliseconds in which the event loop is blocked. */
const STEP = 256

/**
 * Reads the texts of a batch in steps, while the batch is collected and while the previous one waits for its stores.
 * Scores are cached with the text, so scoring the whole batch repeats no work.
 */
export class BatchReading {
  readonly isolation: Isolation
  readonly #parts: BatchReadingParts
  readonly #items: readonly Intaken[]
  readonly #read: ExtractedMessage[] = []
  #at = 0
  /** Number of items that steps may read. */
  #upTo = 0
  /** Time spent in the steps, s. */
  #seconds = { intake: 0, classify: 0 }

  /** `items` may grow until `finish`. */
  constructor(items: readonly Intaken[], parts: BatchReadingParts) {
    this.#parts = parts
    this.#items = items
    this.isolation = new Isolation(parts.emit)
  }

  /** Reads the current items of the batch in steps, each in its own turn of the event loop. */
  ahead(classifier: () => Classifier): void {
    const isStepping = this.#at < this.#upTo
    this.#upTo = this.#items.length
    if (!isStepping) this.#goOn(classifier)
  }

  #goOn(classifier: () => Classifier): void {
    setImmediate(() => {
      if (this.#at >= this.#upTo) return
      this.#step(classifier())
      if (this.#at < this.#upTo) this.#goOn(classifier)
    })
  }

  /** All messages of the batch except those that could not be read, and the time spent on reading them, s. */
  finish() {
    const began = performance.now()
    this.#readUpTo(this.#items.length)
    this.#seconds.intake += (performance.now() - began) / 1000
    return { read: this.#read, seconds: this.#seconds }
  }

  #step(classifier: Classifier): void {
    const from = this.#read.length
    const began = performance.now()
    this.#readUpTo(Math.min(this.#at + STEP, this.#upTo))
    const read = performance.now()
    try {
      classify(this.#read.slice(from), classifier)
    } catch {
      // The batch is scored again as a whole, which isolates messages that cannot be scored.
    }
    this.#seconds.intake += (read - began) / 1000
    this.#seconds.classify += (performance.now() - read) / 1000
  }

  #readUpTo(end: number): void {
    const { tokenise, texts } = this.#parts
    const some: Message[] = []
    for (; this.#at < end; this.#at++) {
      const item = this.#items[this.#at]!
      if (item.kind === 'message') some.push(item.message)
    }
    for (const one of this.isolation.each('read', some, (m) => readMessage(m, tokenise, texts)))
      this.#read.push(one)
  }
}
