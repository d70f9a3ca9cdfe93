import { BUCKET_MS } from '../../domain/time.ts'
import { BUCKETS_A_MINUTE, LIMITS, RATE_MINUTES } from './layout.ts'

/** Minutes marked at a time: those that windows include come first, and a long outage does not exhaust the budget. */
const AT_A_TIME = 120
const KEPT_MINUTES = LIMITS.missingHours * 60

/** Minutes with masks of their six ten-second buckets. */
export type Marks = readonly (readonly [minute: number, mask: number])[]

/** Ten-second buckets that a shard has not counted, until they are marked in it. */
export class UncountedBuckets {
  readonly #masks = new Map<number, number>()
  #newest = 0

  get size(): number {
    return this.#masks.size
  }

  /** Adds the bucket of an event time, ms. */
  note(ts: number): void {
    this.#add(Math.floor(ts / BUCKET_MS))
  }

  /** Adds buckets, event times in units of 10 s. */
  noteBuckets(buckets: Iterable<number>): void {
    for (const bucket of buckets) this.#add(bucket)
  }

  /**
   * Adds every bucket between two event times, ms; if they are more than an hour apart, those of the last hour, which
   * windows include.
   */
  noteAll(from: number, to: number): void {
    const last = Math.floor(to / BUCKET_MS)
    const first = Math.max(Math.floor(from / BUCKET_MS), last - RATE_MINUTES * BUCKETS_A_MINUTE)
    for (let bucket = first; bucket <= last; bucket++) this.#add(bucket)
  }

  #add(bucket: number): void {
    const minute = Math.floor(bucket / BUCKETS_A_MINUTE)
    this.#masks.set(minute, (this.#masks.get(minute) ?? 0) | (1 << (bucket % BUCKETS_A_MINUTE)))
    if (minute <= this.#newest) return
    this.#newest = minute
    // Older buckets than a baseline may still fold do not matter.
    if (this.#masks.size <= KEPT_MINUTES) return
    for (const old of this.#masks.keys()) if (old <= minute - KEPT_MINUTES) this.#masks.delete(old)
  }

  newest(): Marks {
    if (this.#masks.size === 0) return []
    return [...this.#masks].sort(([a], [b]) => b - a).slice(0, AT_A_TIME)
  }

  /** Removes buckets that were marked in the shard; those added meanwhile stay. */
  marked(marks: Marks): void {
    for (const [minute, mask] of marks) {
      const left = (this.#masks.get(minute) ?? 0) & ~mask
      if (left === 0) this.#masks.delete(minute)
      else this.#masks.set(minute, left)
    }
  }
}
