import { EventTime } from '../domain/event-time.ts'
import { getOrInsert } from '../domain/maps.ts'

/** Number of recent records that may be ahead of the others. */
const WILD = 1

interface Reached {
  readonly time: EventTime
  /** The state before the newest batch, and the offset at which that batch ends. */
  start: EventTime
  end: number
  batch: number
}

/**
 * The newest event time of each partition that at least two records support. Records older than it by more than the
 * retention of counts are not counted, so forged times use no memory, and a single wrong timestamp has no effect. No
 * wall clock is involved, so a backlog is as recent as its own partition.
 */
export class NewestTimes {
  readonly #byPartition = new Map<string, Reached>()
  #batch = 0

  /** Begins a batch with all its chunks. A repeated batch starts from the same time as before. */
  begin(): void {
    this.#batch++
  }

  /** Adds an event time of a partition and returns its newest time. A repeated batch starts from the same time as before. */
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

  /** A copy of the state before the batch, to be advanced record by record: a batch may span more time than counts are kept. */
  startOf(partition: string): EventTime {
    return this.#byPartition.get(partition)?.start.copy() ?? new EventTime(WILD)
  }
}

function unreached(): Reached {
  return { time: new EventTime(WILD), start: new EventTime(WILD), end: -1, batch: -1 }
}
