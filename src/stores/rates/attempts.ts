import type { ShardBatch } from './deltas.ts'

interface Part {
  readonly shard: number
  /** Event times in units of 10 s. */
  readonly buckets: Set<number>
  open: number
  isCounted: boolean
}

/**
 * The attempts to count one batch, by chunk and shard. Buckets are missing only if the batch is given up and no
 * attempt, however late, turns out to have counted them: a failed attempt is not conclusive while the batch is retried.
 */
export class Attempts {
  readonly #missing: (shard: number, buckets: Iterable<number>) => void
  readonly #parts = new Map<string, Part>()
  #isGivenUp = false

  /** `missing` is called for buckets that will not be counted any more. */
  constructor(missing: (shard: number, buckets: Iterable<number>) => void) {
    this.#missing = missing
  }

  /** Registers an attempt; one that is not sent has already ended. */
  add(chunk: number, { shard, buckets }: ShardBatch, isSent: boolean): void {
    const key = `${chunk}/${shard}`
    const part = this.#parts.get(key)
    if (part === undefined)
      this.#parts.set(key, { shard, buckets: new Set(buckets), open: Number(isSent), isCounted: false })
    else {
      for (const bucket of buckets) part.buckets.add(bucket)
      part.open += Number(isSent)
    }
  }

  /** Reports the outcome of an attempt that was sent, in time or late. */
  ended(chunk: number, shard: number, isCounted: boolean): void {
    const part = this.#parts.get(`${chunk}/${shard}`)!
    part.open--
    part.isCounted ||= isCounted
    if (this.#isGivenUp) this.#settle(part)
  }

  /** The batch will not be retried. */
  giveUp(): void {
    this.#isGivenUp = true
    for (const part of this.#parts.values()) this.#settle(part)
  }

  #settle({ shard, buckets, open, isCounted }: Part): void {
    if (open === 0 && !isCounted) this.#missing(shard, buckets)
  }
}
