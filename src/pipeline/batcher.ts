export interface BatchLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** Maximum waiting time of the first item of a batch, ms. It waits no longer than the previous batch took. */
  readonly maxAge: number
  /** Maximum number of unsettled items, not counting those set aside; further ones wait. */
  readonly maxInFlight: number
}

/** Growth of a batch that is reported: reading fewer items at a time costs more. */
export const GROWN_BY = 128

export interface BatchHooks<T> {
  /** The number of unsettled items that do not count against the limit; default: none. */
  readonly aside?: (() => number) | undefined
  /** Called each time a batch has grown by `GROWN_BY` items, and when it is complete while its work cannot begin yet. */
  readonly gathered?: ((items: readonly T[]) => void) | undefined
}

/**
 * Collects items into batches by count, bytes and age, and works on one batch at a time. Items wait for others no
 * longer than the previous batch took, and those that arrive while a batch is in progress only until it ends, so batches
 * are small at low traffic and grow with the load. While one batch is in progress, the next may exceed its age limit,
 * because one large batch is cheaper than several small ones.
 * `work` resolves when the next batch may begin. It calls `done`, once or several times, with the number of settled
 * items, which frees their room.
 */
export class Batcher<T> {
  readonly #limits: BatchLimits
  readonly #work: (items: T[], done: (count: number) => void) => Promise<void>
  readonly #hooks: BatchHooks<T>
  #items: T[] = []
  #bytes = 0
  #inFlight = 0
  #timer: NodeJS.Timeout | undefined
  /** How long the work on the last batch took, ms. */
  #lastTook = Number.POSITIVE_INFINITY
  #chain: Promise<void> = Promise.resolve()
  #queued = 0
  #waiting: (() => void)[] = []
  #failure: unknown
  #together = false

  constructor(
    limits: BatchLimits,
    work: (items: T[], done: (count: number) => void) => Promise<void>,
    hooks: BatchHooks<T> = {},
  ) {
    this.#limits = limits
    this.#work = work
    this.#hooks = hooks
  }

  add(item: T, bytes: number): void {
    this.#items.push(item)
    this.#bytes += bytes
    this.#inFlight++
    if (this.#isFull && !this.#together) this.flush()
    else {
      if (this.#queued === 0)
        this.#timer ??= setTimeout(() => this.flush(), Math.min(this.#limits.maxAge, this.#lastTook))
      if (this.#items.length % GROWN_BY === 0) this.#hooks.gathered?.(this.#items)
    }
  }

  /** Ends no batch during `add`, so that a batch may exceed its limits. */
  together(add: () => void): void {
    this.#together = true
    try {
      add()
    } finally {
      this.#together = false
    }
    if (this.#isFull) this.flush()
  }

  get #isFull(): boolean {
    return this.#items.length >= this.#limits.maxRecords || this.#bytes >= this.#limits.maxBytes
  }

  /** Sends the collected items without waiting for the work. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#items.length === 0) return
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    if (this.#queued > 0) this.#hooks.gathered?.(items)
    this.#queued++
    this.#chain = this.#chain
      .then(() => this.#process(items))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#queued--
        // What arrived meanwhile has waited already.
        if (this.#queued === 0) this.flush()
        this.wake()
      })
  }

  async #process(items: T[]): Promise<void> {
    if (this.#failure !== undefined) return
    const begin = performance.now()
    await this.#work(items, (count) => this.#settle(count))
    this.#lastTook = performance.now() - begin
  }

  #settle(count: number): void {
    this.#inFlight -= count
    this.wake()
  }

  /** Checks for room again, as more items may have been set aside. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Resolves when there is room for more. Rejects once work has failed for good. */
  async room(): Promise<void> {
    const { aside = () => 0 } = this.#hooks
    while (this.#failure === undefined && this.#inFlight - aside() >= this.#limits.maxInFlight) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when all items so far are settled. */
  async drain(): Promise<void> {
    this.flush()
    while (this.#failure === undefined && (this.#inFlight > 0 || this.#queued > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  get inFlight(): number {
    return this.#inFlight
  }
}
