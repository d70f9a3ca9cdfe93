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

/** Messages of one step: some milliseconds, in which nothing else is answered. */
const STEP = 256

/**
 * What the texts of one batch say, worked out in steps: a batch is read while it gathers, and while the one before it
 * waits for its stores. What is scored in a step is remembered with the text, so scoring the batch asks for nothing again.
 */
export class BatchReading {
  readonly isolation: Isolation
  readonly #parts: BatchReadingParts
  readonly #items: readonly Intaken[]
  readonly #read: ExtractedMessage[] = []
  #at = 0
  /** So far steps may go. */
  #upTo = 0
  /** What the steps have taken, s. */
  #seconds = { intake: 0, classify: 0 }

  /** `items` may grow until `finish`. */
  constructor(items: readonly Intaken[], parts: BatchReadingParts) {
    this.#parts = parts
    this.#items = items
    this.isolation = new Isolation(parts.emit)
  }

  /** Takes steps in turns of the event loop of their own through what the batch holds now. */
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

  /** All messages of the batch, without those that could not be read, and what reading them has taken, s. */
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
      // The batch is scored as a whole later, which tells messages apart that cannot be.
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
