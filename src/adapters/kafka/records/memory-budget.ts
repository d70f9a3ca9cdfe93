/** Shares of the budget for decompressed bytes: all small batches together, and a single small batch. */
const SMALL_SHARE = 1 / 4
const SMALL = 1 / 16

interface Pool {
  readonly limit: number
  used: number
  readonly waiting: { readonly bytes: number; readonly enter: () => void }[]
}

/** Reserved bytes; `release` is idempotent. */
export interface Reservation {
  release(): void
}

/**
 * Limits the decompressed bytes of all partitions. Small batches share a quarter; large ones take turns with the rest.
 * A waiting batch holds no memory, and small batches never wait for a large one, so every batch gets its turn.
 */
export class MemoryBudget {
  /** Size of the largest batch, bytes. */
  readonly largest: number
  readonly #small: Pool
  readonly #large: Pool
  readonly #smallest: number

  /** `limit` is in bytes. */
  constructor(limit: number) {
    const shared = Math.floor(limit * SMALL_SHARE)
    this.largest = limit - shared
    this.#smallest = Math.floor(limit * SMALL)
    this.#small = { limit: shared, used: 0, waiting: [] }
    this.#large = { limit: this.largest, used: 0, waiting: [] }
  }

  /** Resolves when `bytes`, at most `largest`, may be used. */
  async reserve(bytes: number): Promise<Reservation> {
    const isSmall = bytes <= this.#smallest
    const pool = isSmall ? this.#small : this.#large
    const share = isSmall ? bytes : pool.limit
    if (pool.waiting.length > 0 || pool.used + share > pool.limit)
      await new Promise<void>((enter) => pool.waiting.push({ bytes: share, enter }))
    else pool.used += share
    let isHeld = true
    return {
      release: () => {
        if (isHeld) free(pool, share)
        isHeld = false
      },
    }
  }
}

function free(pool: Pool, bytes: number): void {
  pool.used -= bytes
  for (let next = pool.waiting[0]; next && pool.used + next.bytes <= pool.limit; next = pool.waiting[0]) {
    pool.waiting.shift()
    pool.used += next.bytes
    next.enter()
  }
}
