/** Heartbeats needed as evidence: one may have been in flight when the join began. */
const HEARTBEATS = 2

/**
 * Detects group joins whose answer was lost. If the connection breaks before the answer with the partitions arrives,
 * the client resumes fetching as if nothing had happened: the group considers it alive, and its partitions are read by
 * no member. The evidence is heartbeats that the group accepts while the client fetches without an assignment. A client
 * that lost its membership sends none, so it also counts as lost after `within` ms without an answer.
 */
export class JoinWatch {
  readonly #lost: (reason: Error) => void
  readonly #within: number
  readonly #now: () => number
  /** Time since which the client has been fetching although it had begun to join; 0 while it joins. */
  #fetchingSince: number | undefined
  #heartbeats = 0

  constructor(lost: (reason: Error) => void, within: number, now: () => number = () => performance.now()) {
    this.#lost = lost
    this.#within = within
    this.#now = now
  }

  begun(): void {
    this.#fetchingSince = 0
    this.#heartbeats = 0
  }

  /** The group has sent the assignment. */
  ended(): void {
    this.#fetchingSince = undefined
  }

  /** The client fetches, which it does not do during a join. */
  fetching(): void {
    if (this.#fetchingSince === undefined) return
    this.#fetchingSince ||= this.#now()
    if (this.#now() - this.#fetchingSince > this.#within) this.#end()
  }

  /** The group has accepted a heartbeat. */
  counted(): void {
    if (this.#fetchingSince && ++this.#heartbeats >= HEARTBEATS) this.#end()
  }

  #end(): void {
    this.#fetchingSince = undefined
    this.#lost(new Error('the answer to a join of the group was lost'))
  }
}
