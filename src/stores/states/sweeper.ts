import type { PartitionId } from '../../domain/ports.ts'
import type { StateStore } from '../../domain/state-store.ts'
import type { StateManager } from './manager.ts'
import type { StatePublisher } from './publisher.ts'

export interface SweeperParts {
  readonly store: Pick<StateStore, 'lease' | 'watermark' | 'check'>
  readonly manager: Pick<StateManager, 'refresh' | 'sweep'>
  readonly publisher: Pick<StatePublisher, 'publish' | 'resend'>
  readonly holder: string
  /** Called when a round fails; the next one retries. */
  readonly failed: (error: unknown) => void
  readonly swept?: (round: {
    readonly watermark: number | undefined
    readonly changed: number
    readonly resent: number
  }) => void
  /** Also written by the lease holder only. */
  readonly stats?: { write(watermark: number | undefined, signal: AbortSignal): Promise<unknown> }
  readonly everyMs?: number
  readonly leaseMs?: number
  /** Outbox entries older than this are sent again, ms. */
  readonly resendAfterMs?: number
  readonly refreshEveryMs?: number
  /** Interval between checks whether the store has lost feedback, ms. */
  readonly checkEveryMs?: number
}

const LEASE = 'sweeper'

/** Ends silent states by the watermark, on one instance at a time. */
export class Sweeper {
  readonly #parts: SweeperParts
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #refreshedAt = Number.NEGATIVE_INFINITY
  #checkedAt = Number.NEGATIVE_INFINITY
  #running: Promise<void> = Promise.resolve()

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** One round: refreshes the local copy if it is due; resends and sweeps if this instance holds the lease. */
  async round(): Promise<void> {
    const { store, manager, publisher, holder, swept, stats } = this.#parts
    const { leaseMs = 5000, resendAfterMs = 5000, refreshEveryMs = 30_000, checkEveryMs = 5000 } = this.#parts
    const now = performance.now()
    let isLost = false
    if (now - this.#checkedAt >= checkEveryMs) {
      isLost = (await store.check()).putBack > 0
      this.#checkedAt = now
    }
    if (isLost || now - this.#refreshedAt >= refreshEveryMs) {
      await manager.refresh()
      this.#refreshedAt = now
    }
    if (!(await store.lease(LEASE, holder, leaseMs))) return
    const watermark = await store.watermark()
    const changed = await manager.sweep(watermark)
    await publisher.publish(this.#stopping.signal)
    const resent = await publisher.resend(resendAfterMs, this.#stopping.signal)
    swept?.({ watermark, changed, resent })
    await stats?.write(watermark, this.#stopping.signal)
  }

  start(): void {
    const { signal } = this.#stopping
    this.#timer = setTimeout(() => {
      this.#running = this.round()
        .catch((error) => {
          if (!signal.aborted) this.#parts.failed(error)
        })
        .finally(() => {
          if (!signal.aborted) this.start()
        })
    }, this.#parts.everyMs ?? 1000)
    this.#timer.unref()
  }

  /** Stops waiting for the sink (entries stay in the outbox); resolves when the current round has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#running
  }
}

/** Event time between two sweeps in the embedded mode, ms. */
const SWEEP_EVERY = 10_000

export interface EventTimeSweeperParts extends Pick<SweeperParts, 'manager' | 'publisher'> {
  readonly store: Pick<StateStore, 'reportProgress'>
}

/** Ends silent states by the event time of the input: for the embedded mode, which has one partition. */
export class EventTimeSweeper {
  readonly #parts: EventTimeSweeperParts
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(parts: EventTimeSweeperParts) {
    this.#parts = parts
  }

  /** Call it before the messages of this event time are processed. */
  async reach(eventTime: number, { topic, partition }: PartitionId): Promise<void> {
    if (eventTime - this.#sweptAt < SWEEP_EVERY) return
    this.#sweptAt = eventTime
    const { store, manager, publisher } = this.#parts
    await store.reportProgress([{ topic, partition, eventTime, standing: 'current' }])
    await manager.sweep(eventTime)
    await publisher.publish()
  }
}
