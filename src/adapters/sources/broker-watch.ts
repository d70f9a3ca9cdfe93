interface Fetcher {
  /** Times of the last fetch sent and of the last answer. */
  askedAt: number
  answeredAt: number
  waiting: boolean
}

/** The client times out a request after 30 s; a broker that was not asked for longer has left the cluster, ms. */
const FORGET_AFTER = 45_000

/**
 * Tracks brokers that leave fetches unanswered. The client has one fetcher per broker, and the others continue without
 * reporting it.
 */
export class BrokerWatch {
  readonly #fetchers = new Map<string, Fetcher>()
  readonly #now: () => number

  /** `now` is in ms and counts only the time in which the process could have read an answer. */
  constructor(now: () => number) {
    this.#now = now
  }

  asked(node: string): void {
    const now = this.#now()
    const fetcher = this.#fetchers.get(node)
    if (fetcher) {
      fetcher.askedAt = now
      fetcher.waiting = true
    } else this.#fetchers.set(node, { askedAt: now, answeredAt: now, waiting: true })
  }

  answered(node: string): void {
    const now = this.#now()
    this.#fetchers.set(node, { askedAt: now, answeredAt: now, waiting: false })
  }

  /** The member rejoins: pending fetches may never be answered. */
  reset(): void {
    this.#fetchers.clear()
  }

  /** Brokers without an answer for longer than `after` ms, each with that time. */
  silent(after: number): { readonly node: string; readonly ms: number }[] {
    const now = this.#now()
    return [...this.#fetchers].flatMap(([node, { askedAt, answeredAt, waiting }]) => {
      const ms = now - answeredAt
      return waiting && ms > after && now - askedAt < FORGET_AFTER ? [{ node, ms }] : []
    })
  }
}
