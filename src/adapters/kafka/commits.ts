import { setTimeout as sleep } from 'node:timers/promises'
import { type Checkpointed, type PartitionId, partitionKey } from '../../domain/ports.ts'
import { backOff } from './backoff.ts'
import { failureKind } from './errors.ts'

/** The assignment that currently holds the partitions. */
export interface CommitTarget {
  readonly epoch: number
  holds(id: PartitionId): boolean
  /**
   * Its partitions are being given up, within a bounded time. If an attempt gets no answer, its offsets are dropped,
   * and the next owner reads those records again.
   */
  readonly ending: boolean
  commit(checkpoints: readonly Checkpointed[]): Promise<void>
  /** The group has rejected this member for seconds without the client noticing. */
  expelled(error: unknown): void
}

/** Attempt number at which the backoff stops growing, about 800 ms: a moved coordinator is available again soon. */
const SLOWEST = 2
/**
 * An expelled member learns of it by its next heartbeat, within a second. If that takes longer than this, ms, the
 * client is at fault.
 */
const EXPELLED_AFTER = 5_000

export interface CommitOptions {
  readonly target: () => CommitTarget | undefined
  /** Timeout of an attempt while partitions are given up, ms. */
  readonly leaveWithin: number
}

/**
 * Commits one request at a time and merges offsets that arrive meanwhile into the next, so that no queue builds up in
 * an outage. Failures are retried until they succeed or the assignment ends; then the commit is dropped, and the next
 * owner starts from the last one. An offset is only sent for the assignment in which it was acknowledged: later it
 * could set back the commit of another member. Never rejects.
 */
export class Commits {
  readonly #options: CommitOptions
  readonly #pending = new Map<string, Checkpointed>()
  #epoch: number | undefined
  /** The assignment of an abandoned attempt that may still arrive. Nothing is sent after it. */
  #givenUp: number | undefined
  #running: Promise<void> | undefined
  /** Monotonic time since which an offset waits to be committed, not counting those of the last success. */
  #waitingSince: number | undefined

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** How long an offset has waited to be committed, ms; 0 if none waits or the last attempt succeeded. */
  waitingFor(): number {
    const target = this.#options.target()
    if (this.#waitingSince === undefined || target?.epoch !== this.#epoch) return 0
    return performance.now() - this.#waitingSince
  }

  /** Resolves when these offsets (of the next record to read) and earlier ones are committed or dropped. */
  commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void> {
    const target = this.#options.target()
    if (!target || (epoch ?? target.epoch) !== target.epoch || target.epoch === this.#givenUp)
      return Promise.resolve()
    if (target.epoch !== this.#epoch) this.#begin(target.epoch)
    for (const checkpoint of checkpoints) this.#pending.set(partitionKey(checkpoint), checkpoint)
    if (this.#pending.size === 0) return this.#running ?? Promise.resolve()
    this.#waitingSince ??= performance.now()
    this.#running ??= this.#drain(target)
    return this.#running
  }

  /** Requests of an assignment that has ended are no longer waited for. */
  #begin(epoch: number): void {
    this.#epoch = epoch
    this.#pending.clear()
    this.#running = undefined
    this.#waitingSince = undefined
  }

  async #drain(target: CommitTarget): Promise<void> {
    // Includes offsets committed in the same tick, and lets `#running` be set before it is cleared.
    await Promise.resolve()
    try {
      await this.#send(target)
    } finally {
      // In the same tick as the last check of `#pending`, so that a later commit starts a new run.
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
          // Later attempts would be refused too, and the next owner waits.
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

  /** The limit also applies to an attempt that was under way when the partitions began to be given up. */
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
      throw new Error(`a commit was not answered within ${this.#options.leaveWithin} ms`)
    }
  }
}
