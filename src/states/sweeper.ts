import type { Clock, StateStore } from '../domain/ports.ts'
import type { StateManager } from './manager.ts'
import type { StatePublisher } from './publisher.ts'

export interface SweeperOptions {
  readonly store: StateStore
  readonly manager: StateManager
  readonly publisher: StatePublisher
  readonly clock: Clock
  /** Names this instance in the lease. */
  readonly holder: string
  /** Told of a round that failed; the next one tries again. */
  readonly failed: (error: unknown) => void
  /** Told of every round of the lease holder. */
  readonly swept?: (round: {
    readonly watermark: number | undefined
    readonly changed: number
    readonly resent: number
  }) => void
  readonly everyMs?: number
  readonly leaseMs?: number
  /** Outbox entries older than this are sent again. */
  readonly resendAfterMs?: number
  readonly refreshEveryMs?: number
}

export interface Sweeper {
  /** One round: refreshes the local copy when it is time; resends and sweeps while this instance holds the lease. */
  round(): Promise<void>
  start(): void
  /** Gives up what waits for the sink (it stays in the outbox); resolves when the round in progress has ended. */
  stop(): Promise<void>
}

const LEASE = 'sweeper'

/** Ends silent states, on one instance at a time. The embedded mode drives `manager.sweep` by event time instead. */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { store, manager, publisher, clock, holder, failed, swept } = options
  const { everyMs = 1000, leaseMs = 5000, resendAfterMs = 5000, refreshEveryMs = 30_000 } = options
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let refreshedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> = Promise.resolve()

  async function round(): Promise<void> {
    const now = clock.now()
    if (now - refreshedAt >= refreshEveryMs) {
      await manager.refresh()
      refreshedAt = now
    }
    if (!(await store.lease(LEASE, holder, leaseMs))) return
    const watermark = await store.watermark()
    const changed = await manager.sweep(watermark, stopping.signal)
    const resent = await publisher.resend(resendAfterMs, stopping.signal)
    swept?.({ watermark, changed, resent })
  }

  function schedule(): void {
    timer = setTimeout(() => {
      running = round()
        .catch((error) => {
          if (!stopping.signal.aborted) failed(error)
        })
        .finally(() => {
          if (!stopping.signal.aborted) schedule()
        })
    }, everyMs)
    timer.unref()
  }

  return {
    round,
    start: schedule,
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
