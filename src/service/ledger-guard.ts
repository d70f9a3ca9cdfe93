import type { SharedLedger } from '../domain/consent-ledger.ts'
import { codeOf, InvalidInput, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { MINUTE } from '../domain/time.ts'

/** Interval between checks whether Redis lost consents, wall-clock ms. Traffic that touches lost consents reveals it sooner. */
const CHECK_EVERY = 5_000
/** Delay before the second migration, which moves rows written by instances of an earlier version in the meantime, wall-clock ms. */
const MOVE_AGAIN_AFTER = 600_000
/** Delay before reading again after a failure that an operator has to fix, wall-clock ms. */
const TRY_AGAIN_AFTER = MINUTE

export interface LedgerGuardOptions {
  /** Applies consents, refusals and replies again from their files and topics. */
  readonly reread: () => Promise<void>
  readonly emit: Emit
}

/**
 * Keeps the ledger in Redis complete: has lost rows read again and migrates rows of earlier versions. A loss is noticed within
 * seconds, and the ledger is not ready until the rows have been read again.
 */
export class LedgerGuard {
  readonly #options: LedgerGuardOptions
  #ledger: SharedLedger | undefined
  #looking: NodeJS.Timeout | undefined
  #moving: NodeJS.Timeout | undefined
  #retrying: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: LedgerGuardOptions) {
    this.#options = options
  }

  /** Starts the guard and resolves with the number of new shards. Rejects with REDIS_UNREACHABLE during an outage. */
  async start(ledger: SharedLedger): Promise<number> {
    this.#ledger = ledger
    const made = await ledger.check()
    const moved = await ledger.migrate()
    if (moved > 0) {
      this.#options.emit({ name: 'ledger_moved', rows: moved })
      this.#moving = setTimeout(() => void ledger.migrate().catch(() => {}), MOVE_AGAIN_AFTER).unref()
    }
    this.#looking = setInterval(() => void ledger.check().catch(() => {}), CHECK_EVERY).unref()
    return made
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#looking)
    clearTimeout(this.#moving)
    clearTimeout(this.#retrying)
  }

  /** Call when Redis lost consents: they are read again, with retries until it succeeds. */
  lost(): void {
    this.#options.emit({ name: 'ledger_lost' })
    this.#read(performance.now())
  }

  /** `lostAt`: when the loss was found, in terms of performance.now(). */
  #read(lostAt: number): void {
    const { emit, reread } = this.#options
    clearTimeout(this.#retrying)
    reread()
      .then(() => {
        emit({ name: 'ledger_restored', seconds: (performance.now() - lostAt) / 1000 })
        this.#ledger?.restored()
      })
      .catch((error: unknown) => {
        if (this.#stopped) return
        const after = this.#reported(error)
        this.#retrying = setTimeout(() => this.#read(lostAt), after).unref()
      })
  }

  /** Reports why consents could not be read again. Returns the delay before the next attempt, ms. */
  #reported(error: unknown): number {
    const { emit } = this.#options
    const what = 'consents could not be read again'
    if (error instanceof SigwatchError && error.retry) {
      emit({ name: 'warning', message: `${what}: ${codeOf(error)}` })
      return CHECK_EVERY
    }
    const code = error instanceof SigwatchError ? error.code : 'INTERNAL'
    const why = error instanceof Error ? error.message : String(error)
    const then = `${error instanceof InvalidInput ? 'mend the file; ' : ''}tried again in ${TRY_AGAIN_AFTER / 1000} s`
    emit({ name: 'failed', code, reason: `${what}: ${why}; ${then}` })
    return TRY_AGAIN_AFTER
  }
}
