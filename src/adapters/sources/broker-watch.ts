interface Fetcher {
  /** When a fetch was sent last, and when one was answered. */
  askedAt: number
  answeredAt: number
  waiting: boolean
}

/** The client gives up on a request after 30 s; a broker that is asked no more for longer is none of the cluster. */
const FORGET_AFTER = 45_000

/**
 * Which brokers leave a fetch unanswered. The client has one fetcher a broker; those of the others go on and say nothing
 * of it.
 */
export class BrokerWatch {
  readonly #fetchers = new Map<string, Fetcher>()
  readonly #now: () => number

  /** `now`: ms, in which only the time counts that the process was there to hear an answer. */
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

  /** A member rejoins: what was asked before may never be answered. */
  reset(): void {
    this.#fetchers.clear()
  }

  /** Brokers that have not answered for so long, ms, each with the time that it has not. */
  silent(after: number): { readonly node: string; readonly ms: number }[] {
    const now = this.#now()
    return [...this.#fetchers].flatMap(([node, { askedAt, answeredAt, waiting }]) => {
      const ms = now - answeredAt
      return waiting && ms > after && now - askedAt < FORGET_AFTER ? [{ node, ms }] : []
    })
  }
}
