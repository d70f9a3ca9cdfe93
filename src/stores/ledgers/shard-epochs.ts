/** Identity of a shard, returned with every reply. */
export interface ShardFacts {
  /** Random text set when the shard is created. */
  readonly epoch: string
  readonly changes: number
}

/**
 * Detects data loss from the facts in each reply. A new epoch means that the shard was emptied; fewer changes than were
 * known at the time of the request mean that an older copy was restored. Either way its data must be read again.
 */
export class ShardEpochs {
  readonly #known = new Map<number, ShardFacts>()
  readonly #found: () => void
  #lost = false
  /** Lost data is being read again, */
  #reading = false
  /** and more was lost in the meantime. */
  #again = false

  /** `found` is called on a loss, and not again until `restored`. */
  constructor(found: () => void) {
    this.#found = found
  }

  get lost(): boolean {
    return this.#lost
  }

  known(shard: number): ShardFacts | undefined {
    return this.#known.get(shard)
  }

  /** `before` are the facts known when the shard was asked. */
  noteEpoch(shard: number, facts: ShardFacts, before: ShardFacts | undefined): void {
    const known = this.#known.get(shard)
    const isLost = before !== undefined && (before.epoch !== facts.epoch || facts.changes < before.changes)
    if (known === undefined || isLost || (known.epoch === facts.epoch && known.changes < facts.changes))
      this.#known.set(shard, facts)
    // Of several calls that detect the same loss, only the first reports it.
    if (isLost && known === before) this.#lose()
  }

  /** Keys were evicted, which no reply reveals. */
  evicted(): void {
    this.#lose()
  }

  #lose(): void {
    if (this.#reading) this.#again = true
    if (this.#lost) return
    this.#lost = true
    this.#found()
  }

  /** All data lost so far is being read again. */
  reading(): void {
    this.#reading = true
  }

  /** The lost data has been read again. */
  restored(): void {
    this.#reading = false
    this.#lost = this.#again
    this.#again = false
    if (this.#lost) this.#found()
  }
}
