export interface BatchLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** The first item of a batch waits no longer than this, ms. */
  readonly maxAge: number
  /** Items taken in and not yet done, without those that stand aside; more are held back. */
  readonly maxInFlight: number
}

/** Items that are worth a word while a batch grows: to read fewer at a time costs more. */
export const GROWN_BY = 64

export interface BatchHooks<T> {
  /** How many of the items that are taken in take no room from others; absent: none. */
  readonly aside?: (() => number) | undefined
  /** Told of a batch each time it has grown by `GROWN_BY` items, and when it is complete while its work may not begin yet. */
  readonly gathered?: ((items: readonly T[]) => void) | undefined
}

/**
 * Gathers items into batches by count, bytes and age, and works on them one after the other. While one is worked on, its
 * successor grows beyond its age: it could not begin earlier, and one large batch costs less than several small ones.
 * `work` resolves when the next batch may begin; it calls `done` with how many of its items are settled, once or several
 * times, which is what lets more in.
 */
export class Batcher<T> {
  readonly #limits: BatchLimits
  readonly #work: (items: T[], done: (count: number) => void) => Promise<void>
  readonly #hooks: BatchHooks<T>
  #items: T[] = []
  #bytes = 0
  #inFlight = 0
  #timer: NodeJS.Timeout | undefined
  /** What is gathered has reached its age. */
  #overdue = false
  #chain: Promise<void> = Promise.resolve()
  #queued = 0
  #waiting: (() => void)[] = []
  #failure: unknown
  /** What is added stays in one batch. */
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
      this.#timer ??= setTimeout(() => this.#age(), this.#limits.maxAge)
      if (this.#items.length % GROWN_BY === 0) this.#hooks.gathered?.(this.#items)
    }
  }

  /** Ends no batch while `add` is called by this, so that one may grow beyond its limits. */
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

  #age(): void {
    if (this.#queued === 0) this.flush()
    else this.#overdue = true
  }

  /** Sends off what was gathered, without waiting for it. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#overdue = false
    if (this.#items.length === 0) return
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    if (this.#queued > 0) this.#hooks.gathered?.(items)
    this.#queued++
    this.#chain = this.#chain
      .then(() =>
        this.#failure === undefined ? this.#work(items, (count) => this.#settle(count)) : undefined,
      )
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#queued--
        if (this.#overdue) this.#age()
        this.wake()
      })
  }

  #settle(count: number): void {
    this.#inFlight -= count
    this.wake()
  }

  /** Looks again whether there is room: more may stand aside. */
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

  /** Resolves when everything taken in so far is settled. */
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
