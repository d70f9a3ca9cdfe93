/** Of the budget for decompressed bytes: what all small batches have together, and what one of them may be. */
const SMALL_SHARE = 1 / 4
const SMALL = 1 / 16

interface Pool {
  readonly limit: number
  used: number
  readonly waiting: { readonly bytes: number; readonly enter: () => void }[]
}

/** Bytes that were reserved; `release` may be called again. */
export interface Reservation {
  release(): void
}

/**
 * Bounds the decompressed bytes of all partitions. Small batches share a quarter; of the others one is there at a time, and
 * has the rest. A batch that waits holds nothing, and small batches wait for no large one, so every batch gets its turn.
 */
export class MemoryBudget {
  /** The largest batch, bytes. */
  readonly largest: number
  readonly #small: Pool
  readonly #large: Pool
  readonly #smallest: number

  /** `limit`: bytes. */
  constructor(limit: number) {
    const shared = Math.floor(limit * SMALL_SHARE)
    this.largest = limit - shared
    this.#smallest = Math.floor(limit * SMALL)
    this.#small = { limit: shared, used: 0, waiting: [] }
    this.#large = { limit: this.largest, used: 0, waiting: [] }
  }

  /** Resolves when the bytes, at most `largest`, may be used. */
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
