import { EventTime } from '../domain/event-time.ts'
import { getOrInsert } from '../domain/maps.ts'

/** Records of the last ones that may be ahead of the others. */
const WILD = 1

interface Reached {
  readonly time: EventTime
  /** The same before the newest batch, and the offset at which that ends. */
  start: EventTime
  end: number
  batch: number
}

/**
 * The newest time of each partition that two records show: what is older than its counts are kept is not counted, so that
 * made-up times cost nothing, and one of them ahead of the others moves nothing. No wall clock: a backlog is as new as its
 * own partition.
 */
export class NewestTimes {
  readonly #byPartition = new Map<string, Reached>()
  #batch = 0

  /** Begins a batch, with all its chunks: counted again, the first of them starts where it did. */
  begin(): void {
    this.#batch++
  }

  /** Takes in an event time of a partition; returns its newest. A batch that is counted again starts where it did. */
  observe(partition: string, offset: number, time: number): number {
    const reached = getOrInsert(this.#byPartition, partition, unreached)
    if (reached.batch !== this.#batch) {
      reached.batch = this.#batch
      if (offset > reached.end) reached.start = reached.time.copy()
    }
    if (offset > reached.end) reached.end = offset
    return reached.time.observe(time)
  }

  of(partition: string): number {
    return this.#byPartition.get(partition)?.time.value ?? Number.NEGATIVE_INFINITY
  }

  /** What it was before the batch, to be taken on record by record: a batch may span more time than counts are kept. */
  startOf(partition: string): EventTime {
    return this.#byPartition.get(partition)?.start.copy() ?? new EventTime(WILD)
  }
}

function unreached(): Reached {
  return { time: new EventTime(WILD), start: new EventTime(WILD), end: -1, batch: -1 }
}
