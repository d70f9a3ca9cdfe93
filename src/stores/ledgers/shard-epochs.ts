/** What a shard said of itself. */
export interface ShardFacts {
  /** Random text that is made with the shard. */
  readonly epoch: string
  /** How often its consents were changed. */
  readonly changes: number
}

/**
 * What the shards of the ledger say of themselves in every reply. Another epoch than before is an emptied shard, fewer
 * changes than were known when it was asked an older one: what was there must be read again.
 */
export class ShardEpochs {
  readonly #known = new Map<number, ShardFacts>()
  readonly #found: () => void
  #lost = false
  /** What is lost is being read again, */
  #reading = false
  /** and more was lost meanwhile. */
  #again = false

  /** `found`: called on a loss, once until `restored`. */
  constructor(found: () => void) {
    this.#found = found
  }

  get lost(): boolean {
    return this.#lost
  }

  known(shard: number): ShardFacts | undefined {
    return this.#known.get(shard)
  }

  /** `before`: what was known of the shard when it was asked. */
  noteEpoch(shard: number, facts: ShardFacts, before: ShardFacts | undefined): void {
    const known = this.#known.get(shard)
    const isLost = before !== undefined && (before.epoch !== facts.epoch || facts.changes < before.changes)
    if (known === undefined || isLost || (known.epoch === facts.epoch && known.changes < facts.changes))
      this.#known.set(shard, facts)
    // Of several calls that find the same loss the first has reported it.
    if (!isLost || known !== before) return
    if (this.#reading) this.#again = true
    if (this.#lost) return
    this.#lost = true
    this.#found()
  }

  /** What was lost up to now is being read again. */
  reading(): void {
    this.#reading = true
  }

  /** What was lost has been read again. */
  restored(): void {
    this.#reading = false
    this.#lost = this.#again
    this.#again = false
    if (this.#lost) this.#found()
  }
}
