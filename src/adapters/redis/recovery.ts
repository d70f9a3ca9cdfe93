import { setTimeout as sleep } from 'node:timers/promises'
import type { Breaker } from './breaker.ts'
import { answeredWithin } from './deadline.ts'

export interface RecoveryParts {
  /** Sends a node a cheap request; rejects on an unexpected answer. */
  readonly ping: (node: string) => Promise<unknown>
  /** Time limit of the answer, ms. */
  readonly budgetMs: number
  readonly closed: () => boolean
}

/** Interval between requests, ms. */
const ASK_EVERY = 100

/**
 * Probes a node that gave no answer in time until it answers, then closes its circuit. Without it, only the first call
 * after the cool-down would notice, and everything judged until then would be degraded although the node answers.
 */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #asked = new Set<string>()

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Call it after a call without an answer in time. */
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
        // One request at a time: a connection that hangs is reopened, which ends it.
        await pong
        await sleep(ASK_EVERY, undefined, { ref: false })
      }
    }
    this.#asked.delete(node)
  }
}
