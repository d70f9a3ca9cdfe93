import type { ShardBatch } from './deltas.ts'

/** What a chunk of a batch was to add to one shard. */
interface Part {
  readonly shard: number
  /** Event times over 10 s. */
  readonly buckets: Set<number>
  /** Attempts of which it is not known yet whether they counted. */
  open: number
  isCounted: boolean
}

/**
 * The attempts to count one batch, by chunk and shard. Buckets are missing only when the batch is given up and no attempt,
 * however late, turns out to have counted them: an attempt that fails says nothing while the batch is counted again.
 */
export class Attempts {
  readonly #missing: (shard: number, buckets: Iterable<number>) => void
  readonly #parts = new Map<string, Part>()
  #isGivenUp = false

  /** `missing` is called for buckets that are not counted any more. */
  constructor(missing: (shard: number, buckets: Iterable<number>) => void) {
    this.#missing = missing
  }

  /** Notes what an attempt is to add; one that is not sent has ended with that. */
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

  /** What came of an attempt that was sent, in time or late. */
  ended(chunk: number, shard: number, isCounted: boolean): void {
    const part = this.#parts.get(`${chunk}/${shard}`)!
    part.open--
    part.isCounted ||= isCounted
    if (this.#isGivenUp) this.#settle(part)
  }

  /** The batch is not counted again. */
  giveUp(): void {
    this.#isGivenUp = true
    for (const part of this.#parts.values()) this.#settle(part)
  }

  #settle({ shard, buckets, open, isCounted }: Part): void {
    if (open === 0 && !isCounted) this.#missing(shard, buckets)
  }
}
