import type { HeadReading } from './heads.ts'
import type { Scores } from './labels.ts'
import type { Position, RawRecord } from './message.ts'

/** Source of the current time; tests and `--now` can set it. */
export interface Clock {
  /** Epoch ms. */
  now(): number
}

/**
 * A clock with error bounds: code that ends, drops or refuses something because of the time uses the bound that errs on the safe
 * side.
 */
export interface BoundedClock extends Clock {
  /** Lower bound of the time, epoch ms. */
  earliest(): number
  /** Upper bound of the time, epoch ms; Infinity if unknown. */
  latest(): number
  /** Whether a time (epoch ms) has certainly passed. */
  passed(time: number): boolean
}

/** A clock without error: one set by a test or `--now`, or the host's if no other is compared. */
export function exactClock(now: () => number): BoundedClock {
  return { now, earliest: now, latest: now, passed: (time) => now() > time }
}

/** The wall clock, or a fixed clock at `--now`. */
export function clockAt(now?: number): BoundedClock {
  return exactClock(now === undefined ? Date.now : () => now)
}

export interface PartitionId {
  readonly topic: string
  readonly partition: number
}

/** Cache of the last key: called several times per record, and records arrive in runs of one partition. */
const last = { topic: '', partition: Number.NaN, key: '' }

export function partitionKey({ topic, partition }: PartitionId): string {
  if (last.partition !== partition || last.topic !== topic) {
    last.topic = topic
    last.partition = partition
    last.key = `${topic}/${partition}`
  }
  return last.key
}

export function isSamePartition(a: PartitionId, b: PartitionId): boolean {
  return a.partition === b.partition && a.topic === b.topic
}

export interface RecordRun {
  readonly partition: PartitionId
  /** Epoch of the assignment in which they were fetched. */
  readonly epoch: number
  /**
   * Everything in the partition before this offset was handed over. Offsets missing between it and the first record, or between
   * two records, hold no record: they were compacted or are transaction markers.
   */
  readonly from: number
  readonly records: readonly RawRecord[]
  /** Lag: records of the partition still to come, if known. */
  readonly lag: number | undefined
}

/** A half-open range of offsets: `to` is excluded. */
export interface OffsetRange {
  readonly from: number
  readonly to: number
}

/** A partition and, if known, the offset where reading starts in this assignment. */
export interface AssignedPartition extends PartitionId {
  readonly startOffset?: number
  /** Later records whose outputs are already written, to be skipped. Ascending, not adjacent. */
  readonly written?: readonly OffsetRange[]
}

/** Written outputs of a partition: everything before `offset`, plus the ranges in `written` after it. */
export interface Reached {
  readonly offset: number
  readonly written: readonly OffsetRange[]
}

/** The next offset to read, with the settled ranges after it, which are not read again as far as they fit in the commit. */
export interface Checkpointed extends Position {
  /** Ascending, not adjacent; absent: none. */
  readonly written?: readonly OffsetRange[]
}

export interface SourceHandler {
  /**
   * Called before the first record of these partitions. Epochs increase with each assignment: a new one ends all older ones,
   * whether or not `revoked` has returned for them.
   */
  assigned(partitions: readonly AssignedPartition[], epoch: number): Promise<void>
  /** No more records of this assignment follow; resolves when those in flight are settled or given up. */
  revoked(partitions: readonly PartitionId[], epoch: number): Promise<void>
  /** Resolves when the records are accepted, not when they are processed: backpressure for a caller that awaits it. */
  records(run: RecordRun): Promise<void>
  /** The offsets read next hold no record for the handler, such as a transaction marker; `lag` records are still to come. */
  skipped?(partition: PartitionId, lag: number): void
  /** Resolves when reading of the partition may continue; undefined: now. A source that can reads other partitions meanwhile. */
  full?(partition: PartitionId): Promise<void> | undefined
}

export interface Source {
  /** Reads until the end of the input or `stop`; rejects only if it cannot continue. */
  run(handler: SourceHandler): Promise<void>
  /**
   * Commits the next offset to read. Called only with offsets whose effects are acknowledged; dropped if their assignment has
   * ended. Resolves when earlier commits of the assignment are answered as well. Without `epoch`: the current assignment.
   */
  commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void>
  /**
   * How long the oldest offset has waited to be committed, ms. Output written since then is written again if the process dies.
   */
  uncommittedFor?(): number
  /** Gives up the assignment and rejoins the group: uncommitted records are read again. */
  rejoin?(reason: unknown): void
  stop(): Promise<void>
  /** Empty while consuming; else reasons for `/readyz`. */
  unready(): readonly string[]
}

export const CHANNELS = [
  'alerts',
  'shadowAlerts',
  'verdicts',
  'deadLetters',
  'blocks',
  'stats',
  'versions',
  'feedbackResults',
  'templates',
] as const
export type Channel = (typeof CHANNELS)[number]

export interface OutputRecord {
  readonly channel: Channel
  readonly key: string | null
  /** null: tombstone. */
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly origin?: Position
}

export interface Sink {
  /** Whether the channel has a destination: callers skip building records otherwise. */
  has(channel: Channel): boolean
  /**
   * Resolves when every record is acknowledged. Retries through outages until `signal` is aborted; rejects with SINK_REFUSED only
   * for records that can never be accepted.
   */
  write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void>
  close(): Promise<void>
  unready(): readonly string[]
}

/** Output for records of one partition and one assignment, and the position reached with it. */
export interface PartitionWrite {
  readonly partition: PartitionId
  readonly epoch: number
  readonly records: readonly OutputRecord[]
  readonly reached: Reached
}

export interface Transactions {
  /**
   * One write per partition at a time. Retries through outages as a sink does. Rejects with SINK_REFUSED if a record can never be
   * accepted, and with TRANSACTION_LOST if the partition no longer belongs to this assignment; in both cases nothing was written.
   */
  write(write: PartitionWrite, signal?: AbortSignal): Promise<void>
}

export interface Classifier {
  /** `<name>@<version>` */
  readonly id: string
  readonly backend: string
  /** The model card. */
  readonly card: unknown
  readonly thresholds: Scores
  /** Whether texts that differ only in free numbers get the same scores because the model reads no digit of them. */
  readonly readsNumbersByShape: boolean
  /**
   * Scores of texts, in order, independent of the batch. `heads` is called with the reading of the model's heads, if it has any,
   * and the index of the text, for each text that may be malicious (MALICE_FLOOR).
   */
  classify(
    texts: readonly { readonly original: string; readonly normalised: string }[],
    heads?: (HeadReading | undefined)[],
  ): readonly Scores[]
  close(): void
}
