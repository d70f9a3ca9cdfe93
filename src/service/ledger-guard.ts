import type { SharedLedger } from '../domain/consent-ledger.ts'
import { codeOf, InvalidInput, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { MINUTE } from '../domain/time.ts'

/** Wall clock between two looks whether Redis lost consents, ms: traffic finds it sooner where it touches what is lost. */
const CHECK_EVERY = 5_000
/** Wall clock until rows are looked for that an instance of an earlier version has written meanwhile, ms. */
const MOVE_AGAIN_AFTER = 600_000
/** Wall clock until what could not be read for a reason that a person must remove is tried again, ms. */
const TRY_AGAIN_AFTER = MINUTE

export interface LedgerGuardOptions {
  /** Applies consents, refusals and replies again from where they come from. */
  readonly reread: () => Promise<void>
  readonly emit: Emit
}

/**
 * Keeps the ledger in Redis whole: has what was lost read again, and moves rows of earlier versions. A loss is noticed
 * within seconds, and the ledger is not ready until the reading is over.
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

  /** Begins to guard. Resolves with the number of shards that are new. Rejects with REDIS_UNREACHABLE in an outage. */
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

  /** Redis lost consents: they are read again until that succeeds. */
  lost(): void {
    this.#options.emit({ name: 'ledger_lost' })
    this.#read(performance.now())
  }

  /** `lostAt`: of performance.now(). */
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

  /** Reports why consents could not be read again. Returns after how long they are read the next time, ms. */
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
