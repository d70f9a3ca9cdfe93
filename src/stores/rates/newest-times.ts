import type { Observations } from '../../domain/feature-store.ts'
import { partitionKey } from '../../domain/ports.ts'
import { LIMITS } from './layout.ts'

const DAY = 86_400_000

/**
 * The newest event time of each partition, by which the age of a message is told: what is older than its counts are kept
 * is not counted, so that made-up times cost nothing. No wall clock: a backlog is as new as its own partition.
 */
export class NewestTimes {
  readonly #byPartition = new Map<string, number>()

  note(batch: readonly Observations[]): void {
    for (const { position, ts } of batch) {
      const key = partitionKey(position)
      if (ts > (this.#byPartition.get(key) ?? Number.NEGATIVE_INFINITY)) this.#byPartition.set(key, ts)
    }
  }

  of(key: string): number {
    return this.#byPartition.get(key) ?? Number.NEGATIVE_INFINITY
  }
}

/** Event time until which the counts of a half window are kept, ms; `bucket`: event time over half the window. */
export function tallyUntil(window: number, bucket: number): number {
  return (bucket + 2) * (window / 2) + LIMITS.tallySlack * 1000
}

/** The same of what was sent in the day of an event time, at least. */
export function sentUntil(ts: number): number {
  return ts + LIMITS.sentTtl * 1000 + DAY
}
