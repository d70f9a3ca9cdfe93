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
 * Isolates the messages of a batch: a message on which a stage throws becomes a dead letter and skips the later stages,
 * without affecting the others. Errors of the error table are not about a message (an unreachable store, a missing
 * access rule) and are rethrown.
 */
export class Isolation {
  readonly #emit: Emit
  readonly #lost = new Set<Message>()
  readonly deadLetters: OutputRecord[] = []

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** The results of a stage that processes one message at a time, without those that threw. */
  each<T extends Carrier, R>(stage: string, items: readonly T[], work: (item: T) => R): R[] {
    // Preallocated: a growing list is copied several times.
    const results = new Array<R>(items.length)
    let count = 0
    for (const item of items) {
      if (this.#isLost(item)) continue
      try {
        results[count] = work(item)
        count++
      } catch (error) {
        this.#lose(item, stage, error)
      }
    }
    results.length = count
    return results
  }

  /**
   * The results of a stage that processes all messages in one call. If that throws, it is called for each message, and
   * those that throw again are left out. The work must be idempotent.
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
