import type { TrafficGroup } from './labels.ts'
import type { Position } from './message.ts'
import type { PartitionId } from './ports.ts'
import type { Signs } from './sketch.ts'

/** Counts one message for one entity, in the bucket of its event time. */
export interface RateObservation {
  /** `signature:<name>`, `port:<port>`, `sender:<name>@<port>`, `campaign:<band>` */
  readonly entity: string
  readonly group: TrafficGroup
  /** Keep an hour-of-day baseline and report it. */
  readonly baseline: boolean
  /** Report the windows of the touched buckets when the 10-minute count of commercial + fraud reaches this; Infinity: never. */
  readonly reportFrom: number
}

/** Adds a member to a capped set with a time window, such as the signatures of a port or the recipients of an escalation. */
export interface MemberObservation {
  /** `<kind>:<id>`, for example `port-signatures:1069…`. */
  readonly entity: string
  readonly member: string
  /** ms of event time after which a member not seen again is forgotten. */
  readonly window: number
  /** Report when there are at least this many members, each seen `minCount` times in the window. */
  readonly reportFrom: number
  readonly minCount: number
}

/** Counts in small hashes (one field per entity, expiring as a whole): used for counts per recipient. */
export interface TallyObservation {
  /** `recipient-otp`, `recipient-commercial` */
  readonly kind: string
  readonly id: string
  /** Window in ms, judged as the sum of its current and previous bucket of half the window each. */
  readonly window: number
  readonly reportFrom: number
}

/**
 * Counts a text from a private number to a stranger: a recipient the number has not written to in the last 7 days. Similar texts
 * are counted together, over an hour.
 */
export interface FanoutObservation {
  readonly number: string
  readonly series: string
  readonly toToken: string
  /** 64-bit fingerprint for comparing texts. */
  readonly signs: Signs
  /** Report when the number sent such texts to at least this many strangers, or */
  readonly reportFrom: number
  /** when at least this many numbers of the series each sent them to two or more. Infinity: the series is not counted. */
  readonly reportSeriesFrom: number
}

/** All counts of one message. Idempotent by `position` (or by `once`, for a message completed by its deadline). */
export interface Observations {
  readonly position: Position
  /** Event time, epoch ms. */
  readonly ts: number
  /** If present, idempotency key used instead of the offset. */
  readonly once?: string | undefined
  readonly rates: readonly RateObservation[]
  readonly members: readonly MemberObservation[]
  readonly tallies: readonly TallyObservation[]
  /** Absent if the message does not come from a private number. */
  readonly fanout?: FanoutObservation | undefined
  /** Entities (`signature:…`, `port:…`) whose sent count by UTC day is kept for 180 days. */
  readonly sent: readonly string[]
}

/** Counts by group (in the order of TRAFFIC_GROUPS) in windows that end with the bucket. */
export interface Windows {
  readonly m1: readonly [number, number, number]
  readonly m10: readonly [number, number, number]
  readonly h1: readonly [number, number, number]
}

export interface Baseline {
  /**
   * Commercial messages per minute at this hour of the day: exponentially weighted mean and standard deviation, and the number of
   * days they cover.
   */
  readonly hour?: { readonly mean: number; readonly sd: number; readonly days: number }
  /** The same over the last hours, regardless of the hour of the day. */
  readonly recent?: { readonly mean: number; readonly sd: number; readonly hours: number }
  /**
   * Mean per minute over the trailing hour without its last 10 minutes; `minutes`: how many of those the entity existed and its
   * feed was present.
   */
  readonly trailing: { readonly mean: number; readonly minutes: number }
  /**
   * Commercial messages in the five earlier 10-minute stretches of the trailing hour, newest first. The rest of the hour is the
   * last ten minutes, which end with the bucket.
   */
  readonly earlier: readonly number[]
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
  /** A fifth or more of the hour was not counted (outage): nothing is raised or cleared. */
  readonly incomplete: boolean
}

export interface MemberReading {
  readonly entity: string
  /** Qualifying members, at most 32, oldest first. `count`: their total, an estimate beyond the cap. */
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

/** Reading for the last text of a number in the batch that reaches the requested threshold. */
export interface FanoutReading {
  readonly position: Position
  readonly number: string
  /** Strangers to whom the number sent similar texts within the hour. */
  readonly strangers: number
  /** Numbers of its series that did so, to two strangers or more each; 0 if the series is not counted. */
  readonly numbers: number
  /** Event time since which recipients are remembered without a gap, ms. */
  readonly since: number
}

export interface Readings {
  readonly rates: readonly RateReading[]
  readonly members: readonly MemberReading[]
  readonly tallies: readonly TallyReading[]
  readonly fanouts: readonly FanoutReading[]
  /** False if a part of the store could not be reached within its budget: observations stored there were not counted. */
  readonly counted: boolean
  /** Indices of the observations whose readings are incomplete because of that; absent: none. */
  readonly uncounted?: ReadonlySet<number>
}

/** Counts were lost; windows from then on are incomplete until they have filled again. */
export interface LostCounts {
  /** `emptied`: a whole shard; `older`: an earlier state is back, as after the promotion of a lagging replica; `evicted`: some keys. */
  readonly how: 'emptied' | 'older' | 'evicted'
  /** Event time since which counts are missing, ms. */
  readonly from: number
  /** Share of the store that is affected, above 0 up to 1. */
  readonly share: number
}

/** Usual commercial messages per minute, and their standard deviation. */
export interface MeanRate {
  readonly mean: number
  readonly sd: number
}

export interface Baselines {
  /**
   * Usual rates of entities at an event time: at this hour of earlier days, else over the last hours; undefined for an entity
   * without a closed hour. In the order of the entities.
   */
  baselines(entities: readonly string[], ts: number): Promise<readonly (MeanRate | undefined)[]>
}

/** Identifies the log of a partition, to distinguish it from an earlier one of the same name. */
export interface LogId {
  /** Undefined if not known. */
  readonly endOffset?: number
  /** Topic id; undefined if the brokers report none. */
  readonly topicId?: string
}

export type LogsOf = (partitions: readonly PartitionId[]) => Promise<readonly (PartitionId & LogId)[]>

/**
 * Rate features in event time: 10-second buckets for 10 minutes, 1-minute buckets for an hour. Counting an offset twice has no
 * effect; a stale owner is refused and reads again (STORE_CONFLICT is handled inside).
 */
export interface FeatureStore extends Baselines {
  /**
   * Loads the counting positions of these partitions. Returns those whose log was recreated and whose counting starts over: the
   * topic id differs or, where the brokers report none, the log ends below the counted position. A log of the same topic that
   * lost its end is counted from there. `logsOf` is called after the positions are read, so that a late instance does not mistake
   * an old log end for a new one; absent: nothing is known of the logs.
   */
  assign(partitions: readonly PartitionId[], logsOf?: LogsOf): Promise<readonly PartitionId[]>
  revoke(partitions: readonly PartitionId[]): void
  /**
   * Counts a batch, each observation at most once, and returns the readings it touched. A batch that is not fully counted may be
   * counted again, as the same list, or given up.
   */
  count(batch: readonly Observations[]): Promise<Readings>
  /** The batch will not be counted again: windows that lack part of it are incomplete. */
  giveUp(batch: readonly Observations[]): void
  /** Sent counts of an entity for UTC days `YYYY-MM-DD`. */
  sent(entity: string, days: readonly string[]): Promise<readonly number[]>
  /** Share of a span of event time (ms) in which input was present; for the rest, what was sent is unknown. */
  feedShare(from: number, to: number): number
  /** Current bucket totals of an entity by group, for tests and the recount. */
  totals(entity: string): Promise<readonly [number, number, number]>
  unready(): readonly string[]
  close(): Promise<void>
}

/** A store whose server may lose counts without a trace. */
export interface SharedFeatureStore extends FeatureStore {
  /** Unknown keys were evicted: windows of the last hour are not used for judging. */
  evicted(): void
}
