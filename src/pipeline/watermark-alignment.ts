import { partitionKey } from '../domain/ports.ts'
import type { PartitionProgress } from '../domain/state-store.ts'
import { MINUTE } from '../domain/time.ts'

export interface AlignmentLimits {
  /** How far a backlog may go ahead of the partition that is behind most, ms of event time. */
  readonly drift: number
  /** A partition whose event time has reached nothing new for this long is waited for no more, ms. */
  readonly patience: number
}

/** Records between these event times, ms, wait; none when they do not lie in this order. */
export interface WaitingSpan {
  readonly after: number
  readonly before: number
}

/**
 * Less than what rates keep in buckets of ten seconds, and than the silence that clears a state. The patience covers
 * the time in which the group finds out that an instance has died and another one takes over.
 */
export const ALIGNMENT_LIMITS: AlignmentLimits = { drift: MINUTE, patience: MINUTE }

/**
 * Watermark alignment between instances: over a backlog the one that is ahead waits for partitions of the others that
 * have more to come, as they were read side by side when they were live. Method: Flink, "Watermark alignment"
 * (maximum allowed drift), with a patience so that one partition that stands cannot hold up all.
 */
export class WatermarkAlignment {
  readonly #limits: AlignmentLimits
  /** By partition: the highest event time that it has reached, and when, by the monotonic clock, ms. */
  readonly #reached = new Map<string, { readonly eventTime: number; readonly at: number }>()

  constructor(limits: AlignmentLimits = ALIGNMENT_LIMITS) {
    this.#limits = limits
  }

  /** All but live traffic waits: it is not known yet how far the others are. */
  allButLive(now: number): WaitingSpan {
    return { after: Number.NEGATIVE_INFINITY, before: now - this.#limits.drift }
  }

  /** What is to wait for the partitions of the others, at the time `now`, epoch ms; `elapsed`: the monotonic clock. Live traffic never waits. */
  span(
    progress: readonly PartitionProgress[],
    own: { has(partition: string): boolean },
    now: number,
    elapsed: number,
  ): WaitingSpan {
    let lowest = Number.POSITIVE_INFINITY
    const others = progress.filter((p) => !own.has(partitionKey(p)))
    for (const p of others) {
      if (this.#moves(p, elapsed) && p.standing === 'behind') lowest = Math.min(lowest, p.eventTime)
    }
    const known = new Set(others.map(partitionKey))
    for (const key of this.#reached.keys()) if (!known.has(key)) this.#reached.delete(key)
    const { drift } = this.#limits
    return { after: lowest + drift, before: now - drift }
  }

  /** Going back, as after a restart, is no progress: a partition that is read again and again does not hold up the others for ever. */
  #moves(p: PartitionProgress, now: number): boolean {
    const key = partitionKey(p)
    const reached = this.#reached.get(key)
    if (reached && p.eventTime <= reached.eventTime) return now - reached.at < this.#limits.patience
    this.#reached.set(key, { eventTime: p.eventTime, at: now })
    return true
  }
}
