import type { Position } from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { backOff } from './backoff.ts'
import type { Consumer } from './client.ts'
import { failureKind } from './errors.ts'

export interface CommitTarget {
  /** The member that holds the partitions now, if any. */
  readonly consumer: () => Consumer | undefined
  readonly holds: (id: PartitionId) => boolean
  /** Partitions are being given up: one failed attempt is enough, the next owner reads again. */
  readonly leaving: () => boolean
}

/**
 * Commits one request at a time; what comes meanwhile goes with the next, so that an outage gathers no queue.
 * Failures are tried again until they succeed or the partition is lost, in which case the commit is dropped: its next
 * owner begins at the last one. Never rejects.
 */
export class Commits {
  readonly #target: CommitTarget
  readonly #pending = new Map<string, Position>()
  #running: Promise<void> | undefined

  constructor(target: CommitTarget) {
    this.#target = target
  }

  /** Resolves when these offsets (of the next record to read) are committed or dropped. */
  commit(checkpoints: readonly Position[]): Promise<void> {
    for (const checkpoint of checkpoints) this.#pending.set(partitionKey(checkpoint), checkpoint)
    if (this.#pending.size === 0) return Promise.resolve()
    this.#running ??= this.#drain()
    return this.#running
  }

  async #drain(): Promise<void> {
    // Takes in what is committed in the same turn, and lets `#running` be set before it is cleared.
    await Promise.resolve()
    try {
      await this.#send()
    } finally {
      // In the same turn as the last look at `#pending`: a commit that comes now starts a new run.
      this.#running = undefined
    }
  }

  async #send(): Promise<void> {
    for (let attempt = 0; this.#pending.size > 0; ) {
      const taken = [...this.#pending.values()].filter((p) => this.#target.holds(p))
      this.#pending.clear()
      const consumer = this.#target.consumer()
      if (!consumer || taken.length === 0) return
      try {
        await consumer.commitOffsets(
          taken.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
        )
        attempt = 0
      } catch (error) {
        if (failureKind(error) === 'lost' || this.#target.leaving()) return
        for (const position of taken) {
          const key = partitionKey(position)
          if (!this.#pending.has(key)) this.#pending.set(key, position)
        }
        await backOff(attempt++)
      }
    }
  }
}
