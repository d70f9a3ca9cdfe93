import { partitionKey } from '../domain/ports.ts'
import type { PartitionProgress } from '../domain/state-store.ts'
import { MINUTE } from '../domain/time.ts'

export interface AlignmentLimits {
  /** How far a backlog may be ahead of the partition that is furthest behind, ms of event time. */
  readonly drift: number
  /** Time without progress in event time after which a partition is no longer waited for, ms. */
  readonly patience: number
}

/** Records between these event times, ms, wait; none if `after` is not before `before`. */
export interface WaitingSpan {
  readonly after: number
  readonly before: number
}

/**
 * Less than the range of the ten-second buckets of rates, and than the silence that clears a state. The patience covers
 * the time until the group notices that an instance died and another one takes over.
 */
export const ALIGNMENT_LIMITS: AlignmentLimits = { drift: MINUTE, patience: MINUTE }

/**
 * Watermark alignment between instances, as in Flink (maximum allowed drift): in a backlog, an instance that is
 * ahead waits for partitions of others with more to come, as they were concurrent when live. A limit on the wait
 * keeps a stalled partition from blocking the others.
 */
export class WatermarkAlignment {
  readonly #limits: AlignmentLimits
  /** By partition: the highest event time reached, and when, in monotonic ms. */
  readonly #reached = new Map<string, { readonly eventTime: number; readonly at: number }>()

  constructor(limits: AlignmentLimits = ALIGNMENT_LIMITS) {
    this.#limits = limits
  }

  /** Everything but live traffic waits, as the progress of the others is not known yet. */
  allButLive(now: number): WaitingSpan {
    return { after: Number.NEGATIVE_INFINITY, before: now - this.#limits.drift }
  }

  /**
   * The span that waits for partitions of other instances at the time `now`, epoch ms; `elapsed` is monotonic. Live
   * traffic never waits.
   */
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

  /** Going back, as after a restart, is not progress: a partition that is reread repeatedly must not block the others forever. */
  #moves(p: PartitionProgress, now: number): boolean {
    const key = partitionKey(p)
    const reached = this.#reached.get(key)
    if (reached && p.eventTime <= reached.eventTime) return now - reached.at < this.#limits.patience
    this.#reached.set(key, { eventTime: p.eventTime, at: now })
    return true
  }
}
