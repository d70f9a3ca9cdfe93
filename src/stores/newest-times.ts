import { EventTime } from '../domain/event-time.ts'
import { getOrInsert } from '../domain/maps.ts'

/** Records of the last ones that may be ahead of the others. */
const WILD = 1

/**
 * The newest time of each partition that two records show: what is older than its counts are kept is not counted, so that
 * made-up times cost nothing, and one of them ahead of the others moves nothing. No wall clock: a backlog is as new as its
 * own partition.
 */
export class NewestTimes {
  readonly #byPartition = new Map<string, EventTime>()

  /** Takes in an event time of a partition; returns its newest. */
  observe(partition: string, time: number): number {
    const newest = getOrInsert(this.#byPartition, partition, () => new EventTime(WILD))
    return newest.observe(time)
  }

  of(partition: string): number {
    return this.#byPartition.get(partition)?.value ?? Number.NEGATIVE_INFINITY
  }
}
