const SPAN = 25

/**
 * Event time of one partition: the median `ts` of its last 25 records, never going back. One wild timestamp moves
 * nothing; a pause of days is passed after a few records (contract, section 1).
 */
export class EventTime {
  readonly #recent: number[] = []
  #next = 0
  #value = Number.NEGATIVE_INFINITY

  /** Takes in a record's event time (epoch ms) and returns the event time of the partition. */
  observe(ts: number): number {
    this.#recent[this.#next] = ts
    this.#next = (this.#next + 1) % SPAN
    const sorted = [...this.#recent].sort((a, b) => a - b)
    const median = sorted[(sorted.length - 1) >> 1]!
    if (median > this.#value) this.#value = median
    return this.#value
  }

  get value(): number {
    return this.#value
  }
}
