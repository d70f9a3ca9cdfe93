import type { HeadReading } from './heads.ts'
import type { Scores } from './labels.ts'
import type { Position, RawRecord } from './message.ts'

/** Tells the time, so that tests and `--now` can set it. */
export interface Clock {
  /** Epoch ms. */
  now(): number
}

/**
 * A clock that knows how far it can be trusted: whatever ends, drops or refuses something because of the time asks for the
 * bound that errs on the other side.
 */
export interface BoundedClock extends Clock {
  /** It is not earlier than this, epoch ms. */
  earliest(): number
  /** It is not later than this, epoch ms; Infinity: not known. */
  latest(): number
  /** Whether a time, epoch ms, lies behind us for certain. */
  passed(time: number): boolean
}

/** A clock that is right by definition: one that a test or `--now` sets, or the one of the host where no other counts. */
export function exactClock(now: () => number): BoundedClock {
  return { now, earliest: now, latest: now, passed: (time) => now() > time }
}

/** The wall clock, or one that stands still at `--now`. */
export function clockAt(now?: number): BoundedClock {
  return exactClock(now === undefined ? Date.now : () => now)
}

export interface PartitionId {
  readonly topic: string
  readonly partition: number
}

/** The partition asked about last: asked several times of every record, and records come in runs of one partition. */
const last = { topic: '', partition: Number.NaN, key: '' }

export function partitionKey({ topic, partition }: PartitionId): string {
  if (last.partition !== partition || last.topic !== topic) {
    last.topic = topic
    last.partition = partition
    last.key = `${topic}/${partition}`
  }
  return last.key
}

/** Records of one partition that follow one another, as one fetch brought them. */
export interface RecordRun {
  readonly partition: PartitionId
  /** Of the assignment in which they were fetched. */
  readonly epoch: number
  /**
   * Everything of the partition before this offset was handed over. What lies between it and the first record, or
   * between two records, is none: compaction took it, or it is the mark of a transaction.
   */
  readonly from: number
  readonly records: readonly RawRecord[]
  /** Records of the partition still to come, when known. */
  readonly lag: number | undefined
}

/** Offsets from one on, without the end. */
export interface OffsetRange {
  readonly from: number
  readonly to: number
}

/** A partition with the offset at which reading begins in this assignment, where that is known. */
export interface AssignedPartition extends PartitionId {
  readonly startOffset?: number
  /** Records behind it whose outputs are written: they are passed over. Ascending, apart from one another. */
  readonly written?: readonly OffsetRange[]
}

/** How far the outputs of a partition are written: everything before `offset`, and what lies in `written` behind it. */
export interface Reached {
  readonly offset: number
  readonly written: readonly OffsetRange[]
}

/** The next offset of a partition to read, with what is settled behind it: that is not read again, as far as it fits. */
export interface Checkpointed extends Position {
  /** Ascending, apart from one another; absent: nothing is. */
  readonly written?: readonly OffsetRange[]
}

export interface SourceHandler {
  /**
   * Before the first record of these partitions is handed over. Each assignment has a number of its own, higher than
   * those before: a new one ends all older ones, whether or not `revoked` has returned for them.
   */
  assigned(partitions: readonly AssignedPartition[], epoch: number): Promise<void>
  /** No record of this assignment is handed over any more; resolves when what is in flight is settled or given up. */
  revoked(partitions: readonly PartitionId[], epoch: number): Promise<void>
  /**
   * Resolves when the records are taken in (not when they are done): a caller that waits for it is held back while too
   * much is in flight.
   */
  records(run: RecordRun): Promise<void>
  /** What was read next holds no record for the handler, as the end of a transaction; `lag` are still to come. */
  skipped?(partition: PartitionId, lag: number): void
  /** A promise that resolves when the partition may be read on; undefined: now. A source that can, reads others meanwhile. */
  full?(partition: PartitionId): Promise<void> | undefined
}

export interface Source {
  /** Reads until the end of the input or `stop`; rejects only when it cannot go on. */
  run(handler: SourceHandler): Promise<void>
  /**
   * Commits the next offset to read. Called only with offsets whose effects are acknowledged; dropped when the
   * assignment in which they were has ended. Without `epoch`: the assignment of now.
   */
  commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void>
  /** How long an offset has waited to be committed, ms: what is written by then is written again if the process dies. */
  uncommittedFor?(): number
  /** Gives up what is held and lets itself be assigned partitions again: what is not committed is read again. */
  rejoin?(reason: unknown): void
  stop(): Promise<void>
  /** Empty when it consumes; else reasons for `/readyz`. */
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
  /** The input record from which it follows; absent: it follows from none. */
  readonly origin?: Position
}

export interface Sink {
  /** Whether the channel goes anywhere: callers skip building records for one that does not. */
  has(channel: Channel): boolean
  /**
   * Resolves when every record is acknowledged. Waits out outages (retrying by itself, for ever while `signal` is not
   * aborted); rejects with SINK_REFUSED only for records that can never be taken.
   */
  write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void>
  close(): Promise<void>
  unready(): readonly string[]
}

/** What follows from records of one partition that were read in one assignment, and how far it is written then. */
export interface PartitionWrite {
  readonly partition: PartitionId
  readonly epoch: number
  readonly records: readonly OutputRecord[]
  readonly reached: Reached
}

/** Writes records together with how far their partition is written: readers see both or neither. */
export interface Transactions {
  /**
   * One write a partition at a time. Waits out outages as a sink does. Rejects with SINK_REFUSED when one of the records
   * can never be taken, and with TRANSACTION_LOST when the partition is no longer written by this assignment: in both
   * cases nothing of the write is there.
   */
  write(write: PartitionWrite, signal?: AbortSignal): Promise<void>
}

export interface Classifier {
  /** `<name>@<version>` */
  readonly id: string
  readonly backend: string
  /** The model card. */
  readonly card: unknown
  /** Label thresholds of the model card. */
  readonly thresholds: Scores
  /** Whether texts that differ in their free numbers alone have the same scores: it reads no digit of one as such. */
  readonly readsNumbersByShape: boolean
  /**
   * Scores of texts, in order, whatever the batch they come in. `heads` is given what the heads of the model, where it has
   * any, say of each text that may be malicious (MALICE_FLOOR), at the index of the text.
   */
  classify(
    texts: readonly { readonly original: string; readonly normalised: string }[],
    heads?: (HeadReading | undefined)[],
  ): readonly Scores[]
  close(): void
}
