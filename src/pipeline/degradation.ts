import { type ErrorCode, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { BacklogWait } from './backlog-wait.ts'

/** Stores that have answered for so long while nothing was to be worked on are well, ms. */
const BELIEVED_AFTER = 30_000

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

/** Each store as one batch meets it. */
export type Reaches = Readonly<Record<'ledgers' | 'minutes' | 'store' | 'outbox', Reach>>

/** `newest`: the newest event time of the batch, epoch ms. */
export function reachesOf(wait: BacklogWait, newest: number): Reaches {
  const reach = () => new Reach(wait, newest)
  return { ledgers: reach(), minutes: reach(), store: reach(), outbox: reach() }
}

/** Reports when stores begin to leave work of batches undone and when they do all of it again. */
export class Degradation {
  readonly #emit: Emit
  #since: number | undefined
  /** Since when all stores have answered while nothing was to be worked on. */
  #restingSince: number | undefined

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /**
   * A store did not do all of its work. `reasons`: the codes of the outages, at least one; `uncounted`: how many
   * messages were judged without all of their rates.
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

  /** After a batch of which every store did all of its work. */
  answered(): void {
    if (this.#since === undefined) return
    this.#emit({ name: 'features_recovered', seconds: (performance.now() - this.#since) / 1000 })
    this.#since = undefined
    this.#restingSince = undefined
  }

  /**
   * To be called about every second; `isQuiet`: all stores answer, and nothing is to be worked on. After half a minute of
   * that the work left undone counts as over, as no batch may come that shows it.
   */
  rest(isQuiet: boolean): void {
    if (this.#since === undefined) return
    if (!isQuiet) this.#restingSince = undefined
    else if (this.#restingSince === undefined) this.#restingSince = performance.now()
    else if (performance.now() - this.#restingSince >= BELIEVED_AFTER) this.answered()
  }
}
