import { type ErrorCode, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { BacklogWait } from './backlog-wait.ts'

/** Time without work after which stores that answer are considered healthy, ms. */
const BELIEVED_AFTER = 30_000

type Outcome<T> = { readonly answer: T } | { readonly outage: SigwatchError }

/** Resolves with a store outage instead of rejecting with it; rejects with all other errors. */
async function attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await work() }
  } catch (error) {
    if (error instanceof SigwatchError && error.retry) return { outage: error }
    throw error
  }
}

/** A circuit breaker for one store and one batch: after an outage the store is not asked again. A backlog waits for the answer. */
export class BatchBreaker {
  readonly #wait: BacklogWait
  readonly #newest: number
  #outage: SigwatchError | undefined

  /** `newest` is the newest event time of the batch, epoch ms. */
  constructor(wait: BacklogWait, newest: number) {
    this.#wait = wait
    this.#newest = newest
  }

  /** The outage of the store, whose data is unavailable; undefined if it has answered. */
  get outage(): SigwatchError | undefined {
    return this.#outage
  }

  /** The answer, or undefined in an outage. `work` must be idempotent. Rejects with errors other than outages. */
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

export type BatchBreakers = Readonly<Record<'ledgers' | 'minutes' | 'store' | 'outbox', BatchBreaker>>

/** `newest` is the newest event time of the batch, epoch ms. */
export function batchBreakersOf(wait: BacklogWait, newest: number): BatchBreakers {
  const breaker = () => new BatchBreaker(wait, newest)
  return { ledgers: breaker(), minutes: breaker(), store: breaker(), outbox: breaker() }
}

/** Reports when stores start to fail work of batches, and when they complete all of it again. */
export class Degradation {
  readonly #emit: Emit
  #since: number | undefined
  /** Time since which all stores have answered without work in progress. */
  #restingSince: number | undefined

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /**
   * A store did not complete its work. `reasons` are the codes of the outages, at least one; `uncounted` is the number
   * of messages judged without all of their rates.
   */
  missed(reasons: readonly ErrorCode[], uncounted: number): void {
    this.#since ??= performance.now()
    this.#restingSince = undefined
    let messages = uncounted
    for (const reason of new Set(reasons)) {
      this.#emit({ name: 'features_degraded', reason, messages })
      messages = 0
    }
  }

  /** Call it after a batch for which every store completed its work. */
  answered(): void {
    if (this.#since === undefined) return
    this.#emit({ name: 'features_recovered', seconds: (performance.now() - this.#since) / 1000 })
    this.#since = undefined
    this.#restingSince = undefined
  }

  /**
   * Call it about once a second. `isQuiet`: all stores answer, and no work is in progress. After half a minute the
   * degradation counts as over, as no batch may arrive to show it.
   */
  rest(isQuiet: boolean): void {
    if (this.#since === undefined) return
    if (!isQuiet) this.#restingSince = undefined
    else if (this.#restingSince === undefined) this.#restingSince = performance.now()
    else if (performance.now() - this.#restingSince >= BELIEVED_AFTER) this.answered()
  }
}
