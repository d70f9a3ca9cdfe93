const SPAN = 25

/**
 * Event time of one partition: the median `ts` of its last 25 records, never going back. One wild timestamp moves
 * nothing; a pause of days is passed after a few records.
 */
export class EventTime {
  /** The last records in the order in which they came, a ring. */
  readonly #recent: number[] = []
  /** The same, ascending. */
  readonly #sorted: number[] = []
  #next = 0
  #value = Number.NEGATIVE_INFINITY

  /** Takes in a record's event time (epoch ms) and returns the event time of the partition. */
  observe(ts: number): number {
    const sorted = this.#sorted
    if (sorted.length === SPAN) sorted.splice(sorted.indexOf(this.#recent[this.#next]!), 1)
    this.#recent[this.#next] = ts
    this.#next = (this.#next + 1) % SPAN
    let at = sorted.length
    // Records come nearly in order: the place is near the end.
    while (at > 0 && sorted[at - 1]! > ts) at--
    sorted.splice(at, 0, ts)
    const median = sorted[(sorted.length - 1) >> 1]!
    if (median > this.#value) this.#value = median
    return this.#value
  }

  get value(): number {
    return this.#value
  }
}
