import { type PartitionProgress, partitionKey } from '../domain/ports.ts'

export interface PeerLimits {
  /** How far a backlog may go ahead of the partition that is behind most, ms of event time. */
  readonly drift: number
  /** A partition whose event time stands for this long is waited for no more, ms of wall clock. */
  readonly patience: number
}

/** Records between these event times, ms, wait; none when they do not lie in this order. */
export interface Hold {
  readonly after: number
  readonly before: number
}

/**
 * Less than what rates keep in buckets of ten seconds, and than the silence that clears a state. The patience covers
 * the time in which the group finds out that an instance has died and another one takes over.
 */
export const PEER_LIMITS: PeerLimits = { drift: 60_000, patience: 60_000 }

/**
 * Watermark alignment between instances: over a backlog the one that is ahead waits for partitions of the others that
 * have more to come, as they were read side by side when they were live. Method: Flink, "Watermark alignment"
 * (maximum allowed drift), with a patience so that one partition that stands cannot hold up all.
 */
export class Peers {
  readonly #limits: PeerLimits
  /** By partition: its event time and the wall clock since when it stands there, ms. */
  readonly #stood = new Map<string, { readonly eventTime: number; readonly since: number }>()

  constructor(limits: PeerLimits = PEER_LIMITS) {
    this.#limits = limits
  }

  /** All but live traffic waits: nobody knows yet where the others are. */
  holdAll(now: number): Hold {
    return { after: Number.NEGATIVE_INFINITY, before: now - this.#limits.drift }
  }

  /** What is to wait for the partitions of the others, at wall clock `now`. Live traffic waits for nobody. */
  hold(progress: readonly PartitionProgress[], own: { has(partition: string): boolean }, now: number): Hold {
    let lowest = Number.POSITIVE_INFINITY
    const others = progress.filter((p) => !own.has(partitionKey(p)))
    for (const p of others) {
      if (this.#moves(p, now) && p.standing === 'behind') lowest = Math.min(lowest, p.eventTime)
    }
    const known = new Set(others.map(partitionKey))
    for (const key of this.#stood.keys()) if (!known.has(key)) this.#stood.delete(key)
    const { drift } = this.#limits
    return { after: lowest + drift, before: now - drift }
  }

  #moves(p: PartitionProgress, now: number): boolean {
    const key = partitionKey(p)
    const stood = this.#stood.get(key)
    if (stood?.eventTime === p.eventTime) return now - stood.since < this.#limits.patience
    this.#stood.set(key, { eventTime: p.eventTime, since: now })
    return true
  }
}
