import { setTimeout as sleep } from 'node:timers/promises'
import type { FeatureStore } from '../domain/feature-store.ts'
import type { BoundedClock } from '../domain/ports.ts'
import { HOUR, MINUTE } from '../domain/time.ts'

/** Records older than this are a backlog, ms: their outputs are not urgent. */
const OLD_FROM = MINUTE
/** Largest delay of a gateway, ms. A message with an older event time on arrival was written to the topic again. */
export const SLOWEST_GATEWAY = HOUR
/** Pauses between attempts, ms: the first, which doubles, up to the longest. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1000

export interface BacklogWaitOptions {
  readonly clock: BoundedClock
  /** How long one outage may delay a backlog, ms; 0 disables waiting. */
  readonly most: number
  /** Aborts all waiting. */
  readonly signal: AbortSignal
  readonly began: () => void
  /** Called before each pause, with how much longer the wait may last, ms. */
  readonly waits?: (most: number) => void
}

/**
 * Makes a backlog wait for the stores: work on old records is retried until its store answers, for at most `most` ms
 * per outage, over all work and batches. Live records never wait.
 */
export class BacklogWait {
  readonly #options: BacklogWaitOptions
  /** Monotonic time at which waiting for the current outage ends. */
  #until: number | undefined
  #newest = 0

  constructor(options: BacklogWaitOptions) {
    this.#options = options
  }

  /**
   * Call it before messages are processed. They are a backlog by the arrival time of the newest in Kafka or, for
   * messages written there again, by its event time. Returns that time, epoch ms; Infinity for no messages, such as
   * records that cannot be read, which have no counts to wait for.
   */
  begin(messages: readonly { readonly receivedAt: number; readonly ts: number }[]): number {
    const newest = messages.reduce(
      (newest, { receivedAt, ts }) => Math.max(newest, receivedAt - ts > SLOWEST_GATEWAY ? ts : receivedAt),
      0,
    )
    this.#newest = messages.length === 0 ? Number.POSITIVE_INFINITY : newest
    return this.#newest
  }

  /** `newest` is the newest time of the messages, epoch ms. `work` must be idempotent. */
  async until<T>(newest: number, work: () => Promise<T>, reached: (result: T) => boolean): Promise<T> {
    const { clock, most, signal, began, waits } = this.#options
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
      waits?.(this.#until - now)
      await sleep(pause, undefined, { signal }).catch(() => {})
    }
  }

  /**
   * The outage has ended, and the next one may delay a backlog again. Successful work alone does not show this: another
   * part of the store may be down, or the work may not have needed the store.
   */
  over(): void {
    this.#until = undefined
  }
}

/** A feature store for which a backlog waits. Counts that are still missing afterwards are given up. */
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

/** The newest event time of the messages, epoch ms. */
function newestOf(messages: readonly { readonly ts: number }[]): number {
  return messages.reduce((newest, { ts }) => Math.max(newest, ts), 0)
}
