import { setTimeout as sleep } from 'node:timers/promises'
import type { Breaker } from './breaker.ts'
import { answeredWithin } from './deadline.ts'

export interface RecoveryParts {
  /** Asks a node for an answer that costs it nothing; rejects when it gives another. */
  readonly ping: (node: string) => Promise<unknown>
  /** Within which it must come, ms. */
  readonly budgetMs: number
  readonly closed: () => boolean
}

/** Between two questions, ms. */
const ASK_EVERY = 100

/**
 * Asks a node that gave no answer in time until it does, and closes its circuit then. Without it the first call after the
 * cool-down would find that out, and whatever is judged until then would be degraded although the node answers.
 */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #asked = new Set<string>()

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** After a call that was not answered in time. */
  async watch(node: string, breaker: Breaker): Promise<void> {
    if (this.#asked.has(node)) return
    this.#asked.add(node)
    const { ping, budgetMs, closed } = this.#parts
    while (breaker.open && !closed()) {
      let answered = false
      const pong = ping(node).then(
        () => {
          answered = true
        },
        () => undefined,
      )
      if ((await answeredWithin(pong, budgetMs)) && answered) breaker.answered()
      else {
        // One question at a time: a connection that hangs is reopened, which ends it.
        await pong
        await sleep(ASK_EVERY, undefined, { ref: false })
      }
    }
    this.#asked.delete(node)
  }
}
