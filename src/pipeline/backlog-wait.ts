import { setTimeout as sleep } from 'node:timers/promises'
import type { FeatureStore } from '../domain/feature-store.ts'
import type { BoundedClock } from '../domain/ports.ts'
import { HOUR, MINUTE } from '../domain/time.ts'

/** Records older than this are a backlog, ms: what follows from them is not urgent. */
const OLD_FROM = MINUTE
/** A message whose event time is further behind its arrival was written to the topic again: no gateway is that slow, ms. */
export const SLOWEST_GATEWAY = HOUR
/** Between two attempts, ms; doubles up to the most. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1000

export interface BacklogWaitOptions {
  readonly clock: BoundedClock
  /** How long one outage may hold up a backlog, ms; 0: not at all. */
  readonly most: number
  /** Ends every wait. */
  readonly signal: AbortSignal
  /** Called when waiting begins. */
  readonly began: () => void
}

/**
 * Lets a backlog wait for the stores: work on old records is tried again until its store was reached, for `most` of one
 * outage at the longest, whatever work and however many batches it concerns. Live records never wait.
 */
export class BacklogWait {
  readonly #options: BacklogWaitOptions
  /** When the outage that is waited for will have held up the backlog long enough, by the monotonic clock. */
  #until: number | undefined
  #newest = 0

  constructor(options: BacklogWaitOptions) {
    this.#options = options
  }

  /**
   * Messages are worked on next. Whether they are a backlog depends on when the newest arrived in Kafka or, if it was
   * written there again, on its event time. Returns that time, epoch ms.
   */
  begin(messages: readonly { readonly receivedAt: number; readonly ts: number }[]): number {
    this.#newest = messages.reduce(
      (newest, { receivedAt, ts }) => Math.max(newest, receivedAt - ts > SLOWEST_GATEWAY ? ts : receivedAt),
      0,
    )
    return this.#newest
  }

  /** `newest`: the newest time of what is worked on, epoch ms. `work` must be idempotent. */
  async until<T>(newest: number, work: () => Promise<T>, reached: (result: T) => boolean): Promise<T> {
    const { clock, most, signal, began } = this.#options
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const result = await work()
      if (reached(result)) return result
      const now = performance.now()
      const age = clock.earliest() - Math.max(newest, this.#newest)
      if (most === 0 || signal.aborted || age < OLD_FROM) return result
      if (this.#until === undefined) {
        this.#until = now + most
        began()
      }
      if (now >= this.#until) return result
      await sleep(pause, undefined, { signal }).catch(() => {})
    }
  }

  /**
   * The outage is over: the next one may hold up a backlog again. Work that succeeds does not show it, since another
   * part of the store may be away, or it may have had nothing to ask.
   */
  over(): void {
    this.#until = undefined
  }
}

/** A store of counts for which a backlog waits; what is not counted after that is given up. */
export function waitingCounts(
  features: Pick<FeatureStore, 'count' | 'giveUp'>,
  wait: BacklogWait,
): Pick<FeatureStore, 'count'> {
  return {
    async count(batch) {
      const readings = await wait.until(
        newestOf(batch),
        () => features.count(batch),
        ({ counted }) => counted,
      )
      if (!readings.counted) features.giveUp(batch)
      return readings
    },
  }
}

/** The newest event time of some messages, epoch ms. */
function newestOf(messages: readonly { readonly ts: number }[]): number {
  return messages.reduce((newest, { ts }) => Math.max(newest, ts), 0)
}
