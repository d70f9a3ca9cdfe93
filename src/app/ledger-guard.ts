import type { SharedLedger } from '../domain/consent-ledger.ts'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'

/** Wall clock between two looks whether Redis lost consents, ms: traffic finds it sooner where it touches what is lost. */
const CHECK_EVERY = 5_000
/** Wall clock until rows are looked for that an instance of an earlier version has written meanwhile, ms. */
const MOVE_AGAIN_AFTER = 600_000

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
  }

  /** Redis lost consents. */
  lost(): void {
    const { emit, reread } = this.#options
    const began = performance.now()
    emit({ name: 'ledger_lost' })
    reread()
      .then(() => {
        emit({ name: 'ledger_restored', seconds: (performance.now() - began) / 1000 })
        this.#ledger?.restored()
      })
      .catch((error: unknown) => {
        if (this.#stopped) return
        emit({ name: 'warning', message: `consents could not be read again: ${codeOf(error)}` })
        const retry = error instanceof SigwatchError && error.retry
        if (retry) setTimeout(() => this.lost(), CHECK_EVERY).unref()
      })
  }
}
