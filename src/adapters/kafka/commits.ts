import { setTimeout as sleep } from 'node:timers/promises'
import { type Checkpointed, type PartitionId, partitionKey } from '../../domain/ports.ts'
import { backOff } from './backoff.ts'
import { failureKind } from './errors.ts'

/** The assignment that holds partitions now. */
export interface CommitTarget {
  readonly epoch: number
  holds(id: PartitionId): boolean
  /**
   * Its partitions are being given up, and are held for a bounded time until then: what an attempt that is not answered
   * would have committed is left to the next owner, who reads it again.
   */
  readonly ending: boolean
  /** One attempt, as the member that this assignment was given to. */
  commit(checkpoints: readonly Checkpointed[]): Promise<void>
  /** The group has refused this member for seconds, and the client has not noticed. */
  expelled(error: unknown): void
}

/** The longest wait between two attempts is that of this one, about 800 ms: a coordinator that has moved is there soon. */
const SLOWEST = 2
/** A member that was thrown out learns it by its next heartbeat, after a second: longer, ms, is a fault of the client. */
const EXPELLED_AFTER = 5_000

export interface CommitOptions {
  readonly target: () => CommitTarget | undefined
  /** How long an attempt may take while partitions are given up, ms. */
  readonly leaveWithin: number
}

/**
 * Commits one request at a time; what comes meanwhile goes with the next, so that an outage gathers no queue.
 * Failures are tried again until they succeed or the assignment has ended, in which case the commit is dropped: the next
 * owner begins at the last one. An offset is only ever sent for the assignment in which it was acknowledged: sent later,
 * it could set back what somebody else has committed meanwhile. Never rejects.
 */
export class Commits {
  readonly #options: CommitOptions
  readonly #pending = new Map<string, Checkpointed>()
  #epoch: number | undefined
  /** The assignment in which an attempt was given up, and may still arrive: behind it nothing is sent. */
  #givenUp: number | undefined
  #running: Promise<void> | undefined
  /** By the monotonic clock, since when something waits to be committed, but for what the last success has committed. */
  #waitingSince: number | undefined

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** How long an offset has waited to be committed, ms; 0: none waits, or the last attempt has succeeded. */
  waitingFor(): number {
    const target = this.#options.target()
    if (this.#waitingSince === undefined || target?.epoch !== this.#epoch) return 0
    return performance.now() - this.#waitingSince
  }

  /** Resolves when these offsets (of the next record to read) are committed or dropped. */
  commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void> {
    const target = this.#options.target()
    if (!target || (epoch ?? target.epoch) !== target.epoch || target.epoch === this.#givenUp)
      return Promise.resolve()
    if (target.epoch !== this.#epoch) this.#begin(target.epoch)
    for (const checkpoint of checkpoints) this.#pending.set(partitionKey(checkpoint), checkpoint)
    if (this.#pending.size === 0) return Promise.resolve()
    this.#waitingSince ??= performance.now()
    this.#running ??= this.#drain(target)
    return this.#running
  }

  /** A request of an assignment that has ended is waited for no more. */
  #begin(epoch: number): void {
    this.#epoch = epoch
    this.#pending.clear()
    this.#running = undefined
    this.#waitingSince = undefined
  }

  async #drain(target: CommitTarget): Promise<void> {
    // Takes in what is committed in the same turn, and lets `#running` be set before it is cleared.
    await Promise.resolve()
    try {
      await this.#send(target)
    } finally {
      // In the same turn as the last look at `#pending`: a commit that comes now starts a new run.
      if (this.#epoch === target.epoch) {
        this.#running = undefined
        this.#waitingSince = undefined
      }
    }
  }

  async #send(target: CommitTarget): Promise<void> {
    let refusedSince: number | undefined
    for (let attempt = 0; this.#epoch === target.epoch && this.#pending.size > 0; ) {
      const taken = [...this.#pending.values()].filter((p) => target.holds(p))
      this.#pending.clear()
      if (taken.length === 0) return
      try {
        await this.#attempt(target, taken)
        attempt = 0
        refusedSince = undefined
        if (this.#epoch === target.epoch) this.#waitingSince = performance.now()
      } catch (error) {
        if (this.#epoch !== target.epoch || target.epoch === this.#givenUp) return
        if (failureKind(error) === 'lost') {
          // No later attempt would be taken either, and the next owner waits.
          if (target.ending) return
          refusedSince ??= performance.now()
          if (performance.now() - refusedSince > EXPELLED_AFTER) {
            target.expelled(error)
            return
          }
        }
        for (const position of taken) {
          const key = partitionKey(position)
          if (!this.#pending.has(key)) this.#pending.set(key, position)
        }
        await backOff(Math.min(attempt++, SLOWEST))
      }
    }
  }

  /** Also one that was under way when the partitions began to be given up is not waited for beyond the bound. */
  async #attempt(target: CommitTarget, taken: readonly Checkpointed[]): Promise<void> {
    const sent = target.commit(taken)
    sent.catch(() => undefined)
    for (;;) {
      const outcome = await Promise.race([
        sent.then(() => 'sent'),
        sleep(this.#options.leaveWithin, 'late', { ref: false }),
      ])
      if (outcome === 'sent') return
      if (!target.ending) continue
      this.#givenUp = target.epoch
      throw new Error(`a commit is not answered within ${this.#options.leaveWithin} ms`)
    }
  }
}
