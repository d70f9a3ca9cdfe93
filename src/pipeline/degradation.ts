import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { BacklogWait } from './backlog-wait.ts'

type Outcome<T> = { readonly answer: T } | { readonly outage: SigwatchError }

/** Resolves with an outage of a store instead of rejecting with it; rejects with everything else. */
async function attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await work() }
  } catch (error) {
    if (error instanceof SigwatchError && error.retry) return { outage: error }
    throw error
  }
}

/**
 * Whether a store answers the questions of one batch: after an outage none of the others is asked. A backlog waits for
 * the answer.
 */
export class Reach {
  readonly #wait: BacklogWait
  readonly #newest: number
  #outage: SigwatchError | undefined

  /** `newest`: the newest event time of the batch, epoch ms. */
  constructor(wait: BacklogWait, newest: number) {
    this.#wait = wait
    this.#newest = newest
  }

  /** Why the store could not be reached, and what it knows is not known; undefined: it was. */
  get outage(): SigwatchError | undefined {
    return this.#outage
  }

  /** The answer; undefined in an outage. `work` must be idempotent. Rejects with what is no outage. */
  async ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#outage) return undefined
    const outcome = await this.#wait.until(
      this.#newest,
      () => attempt(work),
      (tried) => 'answer' in tried,
    )
    if ('answer' in outcome) return outcome.answer
    this.#outage = outcome.outage
    return undefined
  }
}

/** Reports when counting stops and when it goes on. */
export class Degradation {
  readonly #emit: Emit
  #since: number | undefined

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** After each batch: whether all of it was counted, and how many messages were judged without all of their rates. */
  counted(counted: boolean, uncounted: number): void {
    if (!counted) {
      this.#since ??= performance.now()
      this.#emit({ name: 'features_degraded', reason: 'REDIS_UNREACHABLE', messages: uncounted })
    } else if (this.#since !== undefined) {
      this.#emit({ name: 'features_recovered', seconds: (performance.now() - this.#since) / 1000 })
      this.#since = undefined
    }
  }

  /** A store did not take what no message was judged by. */
  outage(error: SigwatchError): void {
    this.#emit({ name: 'features_degraded', reason: error.code, messages: 0 })
  }
}
