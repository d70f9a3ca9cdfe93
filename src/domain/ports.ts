import type { Alert } from './alert.ts'
import type { Code } from './codes.ts'
import type { Action, Match, Target } from './decision.ts'
import type { Group, Scores } from './labels.ts'
import type { Position, RawRecord } from './message.ts'

/** Wall clock, so that tests and `--now` can set it. */
export interface Clock {
  /** Epoch ms. */
  now(): number
}

export interface PartitionId {
  readonly topic: string
  readonly partition: number
}

export function partitionKey(p: PartitionId): string {
  return `${p.topic}/${p.partition}`
}

// ---------------------------------------------------------------- source and sink

export interface SourceHandler {
  /** Before the first record of these partitions is handed over. */
  assigned(partitions: readonly PartitionId[]): Promise<void>
  /** No record of these partitions is handed over any more; resolves when what is in flight is settled or given up. */
  revoked(partitions: readonly PartitionId[]): Promise<void>
  /**
   * Records of one partition in order. Resolves when they are taken in (not when they are done): a caller that waits
   * for it is held back while too much is in flight. `lag`: records of the partition still to come, when known.
   */
  records(batch: readonly RawRecord[], lag: number | undefined): Promise<void>
  /** What was read next holds no record for the handler, as the end of a transaction; `lag` are still to come. */
  skipped?(partition: PartitionId, lag: number): void
  /** A promise that resolves when the partition may be read on; undefined: now. A source that can, reads others meanwhile. */
  full?(partition: PartitionId): Promise<void> | undefined
}

export interface Source {
  /** Reads until the end of the input or `stop`; rejects only when it cannot go on. */
  run(handler: SourceHandler): Promise<void>
  /** Commits the next offset to read. Called only with offsets whose effects are acknowledged. */
  commit(checkpoints: readonly Position[]): Promise<void>
  stop(): Promise<void>
  /** Empty when it consumes; else reasons for `/readyz`. */
  unready(): readonly string[]
}

export const CHANNELS = ['alerts', 'shadowAlerts', 'verdicts', 'deadLetters', 'blocks'] as const
export type Channel = (typeof CHANNELS)[number]

export interface OutputRecord {
  readonly channel: Channel
  readonly key: string | null
  /** null: tombstone. */
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Sink {
  /** Whether the channel goes anywhere: callers skip building what nobody reads. */
  has(channel: Channel): boolean
  /**
   * Resolves when every record is acknowledged. Waits out outages (retrying by itself, for ever while `signal` is not
   * aborted); rejects with SINK_REFUSED only for records that can never be taken.
   */
  write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void>
  close(): Promise<void>
  unready(): readonly string[]
}

// ---------------------------------------------------------------- classifier

export interface Classifier {
  /** `<name>@<version>` */
  readonly id: string
  readonly backend: string
  /** Label thresholds of the model card. */
  readonly thresholds: Scores
  /** Scores of texts, in order, whatever the batch they come in. */
  classify(texts: readonly { readonly original: string; readonly normalised: string }[]): readonly Scores[]
  close(): void
}

// ---------------------------------------------------------------- rate features

/** Counts one message for one entity, in the bucket of its event time. */
export interface RateObservation {
  /** `signature:<name>`, `port:<port>`, `sender:<name>@<port>`, `campaign:<band>` */
  readonly entity: string
  readonly group: Group
  /** Keep an hour-of-day baseline and report it. */
  readonly baseline: boolean
  /** Report the windows of the touched buckets when the 10-minute count of commercial + fraud reaches this; Infinity: never. */
  readonly reportFrom: number
}

/** Adds a member to a capped set with a time window: signatures of a port, ports and signatures of a campaign, recipients of an escalation. */
export interface MemberObservation {
  /** `<kind>:<id>`, for example `port-signatures:1069…`. */
  readonly entity: string
  readonly member: string
  /** ms of event time after which a member not seen again is forgotten. */
  readonly window: number
  /** Report when at least this many members (each seen `minCount` times in the window) are there. */
  readonly reportFrom: number
  readonly minCount: number
}

/** Counts in small hashes (a field an entity, expiring whole): what is counted by recipient. */
export interface TallyObservation {
  /** `recipient-otp`, `recipient-commercial` */
  readonly kind: string
  readonly id: string
  /** Window in ms, judged as the sum of its current and previous bucket of half the window each. */
  readonly window: number
  readonly reportFrom: number
}

/** Everything one message counts. Idempotent by `position` (or by `once`, for a message completed by its deadline). */
export interface Observations {
  readonly position: Position
  /** Event time, epoch ms. */
  readonly ts: number
  /** Present: counted once by this key instead of by offset. */
  readonly once?: string
  readonly rates: readonly RateObservation[]
  readonly members: readonly MemberObservation[]
  readonly tallies: readonly TallyObservation[]
  /** Entities (`signature:…`, `port:…`) whose sent count by UTC day is kept for 180 days. */
  readonly sent: readonly string[]
}

/** Counts by group (in the order of GROUPS) in the window that ends with the bucket. */
export interface Windows {
  readonly m1: readonly [number, number, number]
  readonly m10: readonly [number, number, number]
  readonly h1: readonly [number, number, number]
}

export interface Baseline {
  /** Commercial messages a minute at this hour of the day: exponentially weighted mean and standard deviation, and the days behind them. */
  readonly hour?: { readonly mean: number; readonly sd: number; readonly days: number }
  /** The same over the last hours, whatever the hour of the day. */
  readonly recent?: { readonly mean: number; readonly sd: number; readonly hours: number }
  /** Mean a minute of the trailing hour without its last 10 minutes, and how many of those minutes the entity existed. */
  readonly trailing: { readonly mean: number; readonly minutes: number }
  /** First event time of the entity, and of the whole store. */
  readonly firstSeen: number
  readonly storeSince: number
}

export interface RateReading {
  readonly entity: string
  /** End of the 10-second bucket, epoch ms. */
  readonly bucketEnd: number
  readonly windows: Windows
  readonly baseline?: Baseline
  /** Fifths and more of the hour were not counted (outage): nothing is raised or cleared. */
  readonly incomplete: boolean
}

export interface MemberReading {
  readonly entity: string
  /** Qualifying members (at most 32, oldest first) and how many there are (an estimate beyond the cap). */
  readonly members: readonly string[]
  readonly count: number
  /** Observations in the window over all members. */
  readonly total: number
}

export interface TallyReading {
  readonly kind: string
  readonly id: string
  readonly count: number
}

export interface Readings {
  readonly rates: readonly RateReading[]
  readonly members: readonly MemberReading[]
  readonly tallies: readonly TallyReading[]
  /** False: the store could not be reached within its budget and nothing of this batch was counted. */
  readonly counted: boolean
}

/**
 * Rate features in event time: 10-second buckets for 10 minutes, 1-minute buckets for an hour.
 * Counting an offset twice has no effect; a stale owner is refused and re-reads (STORE_CONFLICT is handled inside).
 */
export interface FeatureStore {
  /** Reads what was counted of these partitions; `endOffset` below it means that the log was made anew: reset, reported by the return value. */
  assign(
    partitions: readonly (PartitionId & { readonly endOffset?: number })[],
  ): Promise<readonly PartitionId[]>
  revoke(partitions: readonly PartitionId[]): void
  count(batch: readonly Observations[]): Promise<Readings>
  /** Sent counts of an entity for UTC days `YYYY-MM-DD`. */
  sent(entity: string, days: readonly string[]): Promise<readonly number[]>
  /** The counts of an entity now in its buckets, by group: for tests and the recount. */
  totals(entity: string): Promise<readonly [number, number, number]>
  unready(): readonly string[]
  close(): Promise<void>
}

// ---------------------------------------------------------------- states

/** An open or recently closed state: one code on one target. */
export interface StateRecord {
  readonly id: string
  readonly code: Code
  readonly target: Target
  readonly match: Match
  /** Of a campaign: further bands that are the same campaign. */
  readonly aliases?: readonly string[]
  /** Event time, ms. */
  readonly episode: number
  readonly revision: number
  /** Compared and swapped on every change. */
  readonly version: number
  readonly open: boolean
  readonly action: Action
  /** Whether the enforced policy raised it. */
  readonly enforced: boolean
  readonly level: number
  readonly raisedAt: number
  /** Event time of the last signal that raised or held it. */
  readonly lastSeenAt: number
  readonly lastEventAt: number
  readonly expiresAt: number
  readonly clearedAt?: number
  /** Silence needed after the last signal before it clears, ms. */
  readonly hold: number
  /** The last event, whole: what an update or a clear repeats. */
  readonly alert: Alert
  /** Ids of the messages that the events of this episode showed, the latest last: an analyst may name any of them. */
  readonly shown?: readonly string[]
}

export interface OutboxEntry {
  readonly id: string
  readonly alert: Alert
  readonly shadow: boolean
  /** Wall clock of the write, epoch ms. */
  readonly at: number
  /** Block table row to write with it (null: tombstone); absent: none. */
  readonly block?: { readonly key: string; readonly value: string | null }
}

/** `behind`: more is to come, or nobody knows; `current`: no lag; `idle`: no lag, and nothing for 30 s. */
export type Standing = 'behind' | 'current' | 'idle'

/** How far a partition has come, by its owner. */
export interface PartitionReport extends PartitionId {
  /** Undefined keeps the one that was reported last, by whomever. */
  readonly eventTime: number | undefined
  readonly standing: Standing
}

export interface PartitionProgress extends PartitionReport {
  readonly eventTime: number
  /** Nobody has reported it for 30 s of the store's wall clock. */
  readonly ownerless: boolean
}

/** How far a partition of a side topic has taken effect on the deployment. */
export interface SideOffset extends PartitionId {
  /** Every row before it has. */
  readonly offset: number
  /** Newest Kafka timestamp of the rows that were read, epoch ms: a topic that is made anew has newer ones. */
  readonly timestamp: number
}

/** States with their outbox, the leases and the watermark. */
export interface StateStore {
  get(ids: readonly string[]): Promise<readonly (StateRecord | undefined)[]>
  /** Writes `next` if the stored version is `expected` (0: none stored), together with its event. False: somebody was first. */
  put(next: StateRecord, expected: number, event?: OutboxEntry): Promise<boolean>
  /** Versions of every open state by id: what a local copy is checked against. */
  versions(): Promise<ReadonlyMap<string, number>>
  /** Every open state. */
  open(): Promise<readonly StateRecord[]>
  /** Keeps a state from opening (`put` is refused) at event times before `until`, epoch ms. */
  suppress(id: string, until: number): Promise<void>
  /** Until when each state is suppressed; undefined: it is not. */
  suppressed(ids: readonly string[]): Promise<readonly (number | undefined)[]>
  /** Called for every change, whoever made it; `missed`: changes may have been lost, the store is to be read anew. */
  subscribe(listener: (state: StateRecord) => void, missed?: () => void): void
  pending(olderThanMs: number): Promise<readonly OutboxEntry[]>
  acknowledge(entryIds: readonly string[], stateIds: readonly string[]): Promise<void>
  /** True while the holder has the lease; renews it. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>
  reportProgress(reports: readonly PartitionReport[]): Promise<void>
  /**
   * The lowest event time over all partitions that are not idle, the highest when all are (nothing is missing then);
   * undefined when none is known.
   */
  watermark(): Promise<number | undefined>
  /** The last report of every partition. */
  progress(): Promise<readonly PartitionProgress[]>
  /** An older word than the one that is held changes nothing. */
  reportSideOffsets(offsets: readonly SideOffset[]): Promise<void>
  sideOffsets(): Promise<readonly SideOffset[]>
  unready(): readonly string[]
  close(): Promise<void>
}

// ---------------------------------------------------------------- consents

export interface ConsentChange {
  readonly state: 'in' | 'out'
  readonly ts: number
  readonly proof?: string
}

export interface ConsentRow extends ConsentChange {
  readonly signature: string
  /** Canonical number or token. */
  readonly to: string
  readonly was?: { readonly state: 'in' | 'out'; readonly ts: number }
}

/** Consents and refusals by (signature, recipient): the last two changes of each pair. */
export interface ConsentLedger {
  /** Newest first, at most two, for each pair in order. */
  lookup(
    pairs: readonly { readonly signature: string; readonly to: string }[],
  ): Promise<readonly (readonly ConsentChange[])[]>
  apply(rows: readonly ConsentRow[]): Promise<void>
  /** Remembers that a port sent a signature to a subscriber (last 4 signatures, 90 days). */
  remember(
    rows: readonly {
      readonly port: string
      readonly to: string
      readonly signature: string
      readonly ts: number
    }[],
  ): Promise<void>
  /** Signatures that the port sent to the subscriber up to `ts`, newest first. */
  sentBy(port: string, to: string, ts: number): Promise<readonly string[]>
  /** Records a request for consent; returns the time of an earlier one with no "in" since, if any. */
  asked(
    rows: readonly { readonly signature: string; readonly to: string; readonly ts: number }[],
  ): Promise<readonly (number | undefined)[]>
  unready(): readonly string[]
  close(): Promise<void>
}
