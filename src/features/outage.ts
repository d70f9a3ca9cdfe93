import { BUCKET_MS } from '../domain/time.ts'
import { BUCKETS_A_MINUTE, MISSING_HOURS } from './layout.ts'

/** Minutes that are told at a time: what windows look at comes first, and a long outage does not strain the budget. */
const AT_A_TIME = 120

/** Which ten-second buckets were not counted while the store was away, until it has been told. */
export class UncountedBuckets {
  /** Minute to a mask of its six buckets. */
  readonly #masks = new Map<number, number>()
  #newest = 0

  /** Notes the bucket of an event time, ms. */
  note(ts: number): void {
    const bucket = Math.floor(ts / BUCKET_MS)
    const minute = Math.floor(bucket / BUCKETS_A_MINUTE)
    this.#masks.set(minute, (this.#masks.get(minute) ?? 0) | (1 << (bucket % BUCKETS_A_MINUTE)))
    if (minute <= this.#newest) return
    this.#newest = minute
    // Nothing looks further back than the hours that a baseline may still fold.
    if (this.#masks.size <= MISSING_HOURS * 60) return
    for (const old of this.#masks.keys()) if (old <= minute - MISSING_HOURS * 60) this.#masks.delete(old)
  }

  /** The newest minutes with their masks. */
  newest(): readonly (readonly [minute: number, mask: number])[] {
    if (this.#masks.size === 0) return []
    return [...this.#masks].sort(([a], [b]) => b - a).slice(0, AT_A_TIME)
  }

  told(marks: readonly (readonly [minute: number, mask: number])[]): void {
    for (const [minute] of marks) this.#masks.delete(minute)
  }
}
