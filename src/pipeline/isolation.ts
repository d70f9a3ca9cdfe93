import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Message } from '../domain/message.ts'
import type { OutputRecord } from '../domain/ports.ts'
import { internalDeadLetter } from './outputs.ts'

type Carrier = Message | { readonly message: Message } | { readonly detected: { readonly message: Message } }

function messageIn(item: Carrier): Message {
  if ('message' in item) return item.message
  return 'detected' in item ? item.detected.message : item
}

/**
 * Keeps the messages of one batch apart: a message on which a stage throws becomes a dead letter, takes no part in the
 * stages after it and holds up no other. Errors of the table are not about a message (a store that is gone, a rule of
 * access that is missing) and go through.
 */
export class Isolation {
  readonly #emit: Emit
  readonly #lost = new Set<Message>()
  readonly deadLetters: OutputRecord[] = []

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** The results of a stage that works on one message at a time, without those that it threw on. */
  each<T extends Carrier, R>(stage: string, items: readonly T[], work: (item: T) => R): R[] {
    const results: R[] = []
    for (const item of items) {
      if (this.#isLost(item)) continue
      try {
        results.push(work(item))
      } catch (error) {
        this.#lose(item, stage, error)
      }
    }
    return results
  }

  /**
   * The results of a stage that works on all at once: of one call, or if that throws, of one call a message, without
   * those that throw again. To be repeated, the work must be idempotent.
   */
  async together<T extends Carrier, R>(
    stage: string,
    items: readonly T[],
    work: (items: readonly T[]) => R | Promise<R>,
  ): Promise<R[]> {
    const whole = this.#lost.size === 0 ? items : items.filter((item) => !this.#isLost(item))
    try {
      return [await work(whole)]
    } catch (error) {
      if (error instanceof SigwatchError) throw error
    }
    const results: R[] = []
    for (const item of whole) {
      try {
        results.push(await work([item]))
      } catch (error) {
        this.#lose(item, stage, error)
      }
    }
    return results
  }

  #isLost(item: Carrier): boolean {
    return this.#lost.size > 0 && this.#lost.has(messageIn(item))
  }

  #lose(item: Carrier, stage: string, error: unknown): void {
    if (error instanceof SigwatchError) throw error
    const message = messageIn(item)
    this.#lost.add(message)
    for (const origin of message.origins)
      this.deadLetters.push(internalDeadLetter(origin, stage, error, this.#emit))
  }
}
