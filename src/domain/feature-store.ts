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

/**
 * Counts a text of a private number where it goes to a stranger: somebody to whom the number has not written in the last 7
 * days. Alike texts are counted together, over an hour.
 */
export interface FanoutObservation {
  /** The number that sends, in the form in which numbers are compared. */
  readonly number: string
  /** What the numbers of one series begin with. */
  readonly series: string
  /** Token of the recipient. */
  readonly toToken: string
  /** 64 bits by which texts are compared. */
  readonly signs: Signs
  /** Report when the number wrote so to at least this many strangers; or */
  readonly reportFrom: number
  /** when at least this many numbers of the series wrote so to two or more. Infinity: the series is not counted. */
  readonly reportSeriesFrom: number
}

/** Everything one message counts. Idempotent by `position` (or by `once`, for a message completed by its deadline). */
export interface Observations {
  readonly position: Position
  /** Event time, epoch ms. */
  readonly ts: number
  /** Present: counted once by this key instead of by offset. */
  readonly once?: string | undefined
  readonly rates: readonly RateObservation[]
  readonly members: readonly MemberObservation[]
  readonly tallies: readonly TallyObservation[]
  /** Absent: the message does not come from a private number. */
  readonly fanout?: FanoutObservation | undefined
  /** Entities (`signature:…`, `port:…`) whose sent count by UTC day is kept for 180 days. */
  readonly sent: readonly string[]
}

/** Counts by group (in the order of TRAFFIC_GROUPS) in the window that ends with the bucket. */
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
  /** Mean a minute of the trailing hour without its last 10 minutes, and how many of those minutes the entity existed and its feed was there. */
  readonly trailing: { readonly mean: number; readonly minutes: number }
  /**
   * Commercial messages of the five stretches of ten whole minutes of the trailing hour, the newest first. What the hour
   * holds beyond them is the last ten minutes, of which the newest ends with the bucket.
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

/** Of the last text of a number in the batch that reaches what was asked. */
export interface FanoutReading {
  /** Of the message. */
  readonly position: Position
  readonly number: string
  /** Strangers to whom the number sent texts like this one within the hour. */
  readonly strangers: number
  /** Numbers of its series that did so, two strangers or more each; 0 where the series is not counted. */
  readonly numbers: number
  /** Event time from which on recipients are remembered without a gap, ms. */
  readonly since: number
}

export interface Readings {
  readonly rates: readonly RateReading[]
  readonly members: readonly MemberReading[]
  readonly tallies: readonly TallyReading[]
  readonly fanouts: readonly FanoutReading[]
  /** False: a part of the store could not be reached within its budget, and what lies there was not counted. */
  readonly counted: boolean
  /** Indices of the observations whose readings miss something for that; absent: none. */
  readonly uncounted?: ReadonlySet<number>
}

/** Counts that were there are there no more; windows from then on are incomplete until they have filled again. */
export interface LostCounts {
  /** `emptied`: all of a shard; `older`: it is as it was before, as after the promotion of a replica that lagged. */
  readonly how: 'emptied' | 'older'
  /** Event time from which on counts are missing, ms. */
  readonly from: number
  /** Which part of the store it is, above 0 up to 1. */
  readonly share: number
}

/** Commercial messages a minute that are usual, and their standard deviation. */
export interface MeanRate {
  readonly mean: number
  readonly sd: number
}

export interface Baselines {
  /**
   * What is usual for entities at an event time: at this hour of earlier days, else over the last hours; undefined for
   * one without a closed hour. In the order of the entities.
   */
  baselines(entities: readonly string[], ts: number): Promise<readonly (MeanRate | undefined)[]>
}

/** What distinguishes the log of a partition from a former one of the same name. */
export interface LogId {
  /** Undefined: not known. */
  readonly endOffset?: number
  /** Id of its topic; undefined: the brokers report none. */
  readonly topicId?: string
}

/** Asks the brokers for the logs of partitions as they are now. */
export type LogsOf = (partitions: readonly PartitionId[]) => Promise<readonly (PartitionId & LogId)[]>

/**
 * Rate features in event time: 10-second buckets for 10 minutes, 1-minute buckets for an hour.
 * Counting an offset twice has no effect; a stale owner is refused and re-reads (STORE_CONFLICT is handled inside).
 */
export interface FeatureStore extends Baselines {
  /**
   * Reads what was counted of these partitions. Returns those whose log was recreated, and whose counting starts over:
   * the id of the topic is another one or, where the brokers report none, the log ends below what was counted. A log of
   * the same topic that lost its end is counted on from there. `logsOf` is asked after what is counted was read, so that
   * so a late instance takes no old end of a log for a new one; absent: nothing is known of the logs.
   */
  assign(partitions: readonly PartitionId[], logsOf?: LogsOf): Promise<readonly PartitionId[]>
  revoke(partitions: readonly PartitionId[]): void
  /**
   * Counts a batch, each observation once at most, and reads what it touched. One that is not counted whole may be counted
   * again, as the same list, or be given up.
   */
  count(batch: readonly Observations[]): Promise<Readings>
  /** The batch is not counted again: windows that lack something of it are incomplete. */
  giveUp(batch: readonly Observations[]): void
  /** Sent counts of an entity for UTC days `YYYY-MM-DD`. */
  sent(entity: string, days: readonly string[]): Promise<readonly number[]>
  /** Share of a span of event time, ms, in which the input was there: what was sent in the rest is unknown. */
  feedShare(from: number, to: number): number
  /** The counts of an entity now in its buckets, by group: for tests and the recount. */
  totals(entity: string): Promise<readonly [number, number, number]>
  unready(): readonly string[]
  close(): Promise<void>
}
