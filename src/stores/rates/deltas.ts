import type { FanoutDelta } from './fanouts.ts'

/**
 * What a batch adds to one rate entity. `buckets` is flat, four numbers a bucket in ascending order: bucket (event time
 * over 10 s), commercial, notice, fraud. A bucket of zeros was counted before: it is read again, not counted.
 */
export interface RateDelta {
  readonly entity: string
  /** The partition (`partitionKey`) that it is counted from; undefined: several. */
  from: string | undefined
  baseline: boolean
  reportFrom: number
  buckets: number[]
}

export interface MemberDelta {
  readonly entity: string
  window: number
  reportFrom: number
  minCount: number
  /** Name, observations and last event time of each member. A count of 0 was counted before. */
  readonly members: { readonly name: string; count: number; last: number }[]
}

export interface TallyDelta {
  readonly kind: string
  readonly id: string
  readonly window: number
  /** Event time over half the window. */
  readonly bucket: number
  reportFrom: number
  count: number
  /** The same kind and id in another bucket or window. */
  next: TallyDelta | undefined
}

/** What is counted together or not at all: by offset, or by one `once` key. */
export class AtomicDelta {
  readonly rates = new Map<string, RateDelta>()
  readonly members = new Map<string, MemberDelta>()
  /** By `tallyEntity`. */
  readonly tallies = new Map<string, TallyDelta>()
  /** By number and week. */
  readonly fanouts = new Map<string, FanoutDelta>()
  /** Counts by UTC day and entity. */
  readonly sent = new Map<string, Map<string, number>>()
}

/** What a batch adds to one shard. */
export interface ShardBatch {
  readonly shard: number
  readonly main: AtomicDelta
  /** By `once` key. */
  readonly once: Map<string, AtomicDelta>
  /** Highest offset by partition key, for the partitions that add something here. */
  readonly offsets: Map<string, number>
  /** Event times over 10 s in which something is added. */
  readonly buckets: Set<number>
}
