/** Heartbeats that show it: one may have been under way when the join began. */
const HEARTBEATS = 2

/**
 * Joins of the group whose answer was lost. When the connection breaks between the join and the answer that names the
 * partitions, the client goes back to fetching as if nothing had happened: to the group it is alive, and no member reads
 * what it was given. What shows it are heartbeats that the group takes while the client fetches without an assignment; a
 * client that has lost its place sends none, so after `within` ms without an answer it is taken for lost too.
 */
export class JoinWatch {
  readonly #lost: (reason: Error) => void
  readonly #within: number
  readonly #now: () => number
  /** Since when the client fetches although it has begun to join; 0: it joins. */
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

  /** The group has named the partitions. */
  ended(): void {
    this.#fetchingSince = undefined
  }

  /** The client fetches, which it does not do while it joins. */
  fetching(): void {
    if (this.#fetchingSince === undefined) return
    this.#fetchingSince ||= this.#now()
    if (this.#now() - this.#fetchingSince > this.#within) this.#end()
  }

  /** The group has taken a heartbeat. */
  counted(): void {
    if (this.#fetchingSince && ++this.#heartbeats >= HEARTBEATS) this.#end()
  }

  #end(): void {
    this.#fetchingSince = undefined
    this.#lost(new Error('the answer to a join of the group was lost'))
  }
}
