const SPAN = 25

/**
 * Event time of one partition: the median `ts` of its last 25 records, monotonic. A single wrong timestamp has no effect; after a
 * pause of days it catches up within a few records.
 */
export class EventTime {
  /** Event times of the last records, a ring buffer in arrival order. */
  readonly #recent: number[] = []
  /** The same, ascending. */
  readonly #sorted: number[] = []
  #next = 0
  #value = Number.NEGATIVE_INFINITY
  readonly #behind: number | undefined

  /** `behind`: use the time exceeded by this many of the last records instead of the median. */
  constructor(behind?: number) {
    this.#behind = behind
  }

  /** Adds a record's event time (epoch ms) and returns the event time of the partition. */
  observe(ts: number): number {
    const sorted = this.#sorted
    // The free slot is that of the oldest record, which is evicted, or a new one. Shift entries to keep the order.
    let free = sorted.length
    if (free === SPAN) {
      free = sorted.indexOf(this.#recent[this.#next]!)
      for (; free + 1 < SPAN && sorted[free + 1]! <= ts; free++) sorted[free] = sorted[free + 1]!
    }
    for (; free > 0 && sorted[free - 1]! > ts; free--) sorted[free] = sorted[free - 1]!
    sorted[free] = ts
    this.#recent[this.#next] = ts
    this.#next = (this.#next + 1) % SPAN
    const last = sorted.length - 1
    const time = sorted[this.#behind === undefined ? last >> 1 : Math.max(0, last - this.#behind)]!
    if (time > this.#value) this.#value = time
    return this.#value
  }

  copy(): EventTime {
    const copy = new EventTime(this.#behind)
    copy.#recent.push(...this.#recent)
    copy.#sorted.push(...this.#sorted)
    copy.#next = this.#next
    copy.#value = this.#value
    return copy
  }

  get value(): number {
    return this.#value
  }
}
