import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../domain/events.ts'
import { databaseError } from './database.ts'

/** Pauses between attempts, ms: the first, which doubles, up to the longest. */
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 10_000

export interface DatabaseWaitOptions {
  readonly emit: Emit
  /** Ends all waiting. */
  readonly signal: AbortSignal
}

/** Waits through outages of PostgreSQL, and reports each one once. */
export class DatabaseWait {
  readonly #options: DatabaseWaitOptions
  #lost: string | undefined

  constructor(options: DatabaseWaitOptions) {
    this.#options = options
  }

  /** Why the database cannot be reached; undefined if it answered last. */
  get lost(): string | undefined {
    return this.#lost
  }

  /**
   * Repeats work until the database answers; `failed` is called after each attempt at which it does not. Rejects with other
   * errors, and with ARCHIVE_UNREACHABLE once `signal` is aborted. `work` must be idempotent.
   */
  async untilReached<T>(work: () => Promise<T>, failed?: () => Promise<void>): Promise<T> {
    const { emit, signal } = this.#options
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const result = await work()
        if (this.#lost !== undefined) emit({ name: 'connection_restored', service: 'postgres' })
        this.#lost = undefined
        return result
      } catch (cause) {
        const error = databaseError(cause)
        if (error.code !== 'ARCHIVE_UNREACHABLE') throw error
        await failed?.()
        // Work that a stop has ended is no outage.
        if (signal.aborted) throw error
        if (this.#lost === undefined)
          emit({ name: 'connection_lost', service: 'postgres', reason: error.message })
        this.#lost = error.message
        await sleep(pause, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
