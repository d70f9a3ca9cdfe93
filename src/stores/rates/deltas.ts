import type { FanoutDelta } from './fanouts.ts'

/**
 * The counts of a batch for one rate entity. `buckets` is flat, with four numbers per bucket in ascending order: bucket
 * (event time in units of 10 s), commercial, notice, fraud. A bucket of zeros was counted before: it is only read.
 */
export interface RateDelta {
  readonly entity: string
  /** The partition (`partitionKey`) it is counted from; undefined for several. */
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
  /** Name, observations and last event time of each member. A count of 0 means that it was counted before. */
  readonly members: { readonly name: string; count: number; last: number }[]
}

export interface TallyDelta {
  readonly kind: string
  readonly id: string
  readonly window: number
  /** Event time in units of half the window. */
  readonly bucket: number
  reportFrom: number
  count: number
  /** The same kind and id in another bucket or window. */
  next: TallyDelta | undefined
}

/** Counts that are added together or not at all: by offset, or by one `once` key. */
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

export interface ShardBatch {
  readonly shard: number
  readonly main: AtomicDelta
  /** By `once` key. */
  readonly once: Map<string, AtomicDelta>
  /** Highest offset by partition key, for the partitions with counts in this shard. */
  readonly offsets: Map<string, number>
  /** Buckets with counts: event times in units of 10 s. */
  readonly buckets: Set<number>
}
