import { EventTime } from '../../domain/event-time.ts'
import type { Observations } from '../../domain/feature-store.ts'
import { partitionKey } from '../../domain/ports.ts'
import { DAY } from '../../domain/time.ts'
import { LIMITS } from './layout.ts'

/** Records of the last ones that may be ahead of the others. */
const WILD = 1

/**
 * The newest time of each partition that two records show, by which the age of a message is told: what is older than its counts are kept is not
 * counted, so that made-up times cost nothing, and one of them ahead of the others moves nothing. No wall clock: a backlog is
 * as new as its own partition.
 */
export class PartitionTimes {
  readonly #byPartition = new Map<string, EventTime>()

  note(batch: readonly Observations[]): void {
    for (const { position, ts } of batch) {
      const key = partitionKey(position)
      let time = this.#byPartition.get(key)
      if (time === undefined) {
        time = new EventTime(WILD)
        this.#byPartition.set(key, time)
      }
      time.observe(ts)
    }
  }

  of(key: string): number {
    return this.#byPartition.get(key)?.value ?? Number.NEGATIVE_INFINITY
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
