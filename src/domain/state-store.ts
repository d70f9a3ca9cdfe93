import type { Alert } from './alert.ts'
import type { AlertedMessage, Allowance } from './allowance.ts'
import type { Code } from './codes.ts'
import type { Action, Match, Target } from './decision.ts'
import type { PartitionId } from './ports.ts'

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
  /** Event time; see `lag`. */
  readonly expiresAt: number
  /** How far event time lay behind the clock of the brokers at the last event, ms; absent: not so far that it matters. */
  readonly lag?: number
  readonly clearedAt?: number
  /** Silence needed after the last signal before it clears, ms. */
  readonly hold: number
  /** It was ordered by a person. */
  readonly byHand?: ByHand
  /** The last event, whole: what an update or a clear repeats. */
  readonly alert: Alert
  /** Ids of the messages that the events of this episode showed, the latest last: an analyst may name any of them. */
  readonly shown?: readonly string[]
  /** The version, if the block table is known to hold no row of it then; any other number, or none: it may hold one. */
  readonly rowless?: number
}

/** The order behind a state that a person raised. */
export interface ByHand {
  readonly by: string
  /** When it was given and when it ends, epoch ms by the clock. */
  readonly ts: number
  readonly until: number
  readonly limit?: { readonly perMinute: number }
  /** A second person has to approve it: until then it asks for nothing. */
  readonly pending?: true
  /** The exemption of the policy, as JSON, that it was given in spite of. */
  readonly inSpiteOf?: string
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

/** `behind`: more is to come, or it is not known; `current`: no lag; `idle`: no lag, and nothing for 30 s. */
export type Standing = 'behind' | 'current' | 'idle'

/** How far a partition has come, by its owner. */
export interface PartitionReport extends PartitionId {
  /** Undefined keeps the one that was reported last, by whomever. */
  readonly eventTime: number | undefined
  readonly standing: Standing
}

export interface PartitionProgress extends PartitionReport {
  readonly eventTime: number
  /** It was not reported for 30 s of the store's wall clock. */
  readonly ownerless: boolean
}

/** How far a partition of a side topic has taken effect on the deployment. */
export interface SideOffset extends PartitionId {
  /** Every row before it has. */
  readonly offset: number
  /** Newest Kafka timestamp of the rows that were read, epoch ms: a topic that is recreated has newer ones. */
  readonly timestamp: number
}

/** What was found of the feedback since it was last looked at. */
export interface FeedbackCheck {
  /** Parts of the store that it made: what analysts said before is not known there. */
  readonly made: number
  /** Releases and allowances that the store had lost, and that were put back. */
  readonly putBack: number
}

/** A state that is kept down by feedback. */
export interface PutDown {
  readonly id: string
  /** Event time, epoch ms. */
  readonly until: number
  /** Who said so; absent: not known. */
  readonly by?: string
}

/** What a row of feedback did: by it an undo finds what to take back. */
export interface GivenFeedback {
  /** Hash of its `feedbackId` and `ts`. */
  readonly id: string
  readonly feedbackId: string
  readonly batch?: string
  readonly by: string
  /** Epoch ms. */
  readonly ts: number
  /** Until when it holds, epoch ms. */
  readonly until: number
  /** The states that it spoke of. */
  readonly states: readonly string[]
  /** The states that it keeps down. */
  readonly silenced: readonly string[]
  readonly allowed: readonly Allowance[]
  /** The state that it raised. */
  readonly raised?: string
  /** The template to which it counts as a confirmation. */
  readonly taught?: string
  /** Templates that it removed. */
  readonly untaught?: readonly string[]
  /** It ended a block by hand. */
  readonly unblocks?: true
  /** When it was undone, epoch ms; absent: it was not. */
  readonly undone?: number
}

/** What rows of feedback did, until a day after their time. */
export interface GivenFeedbackStore {
  /** One of the same id is replaced. */
  keep(given: GivenFeedback): Promise<void>
  get(id: string): Promise<GivenFeedback | undefined>
  all(): Promise<readonly GivenFeedback[]>
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
  suppress(id: string, until: number, by?: string): Promise<void>
  /** Until when each state is suppressed; undefined: it is not. */
  suppressed(ids: readonly string[]): Promise<readonly (number | undefined)[]>
  /** Keeps an allowance until its time is over; one of the same id is replaced. */
  allow(allowance: Allowance): Promise<void>
  /** Every allowance that may still be in force. */
  allowances(): Promise<readonly Allowance[]>
  readonly given: GivenFeedbackStore
  /**
   * Looks whether suppressions or allowances were lost, and puts back those that are known here. `put` opens no state
   * before that is done.
   */
  check(): Promise<FeedbackCheck>
  /** The suppressions that were put back since this was last asked: an older store may have their states open. */
  takePutDown(): readonly PutDown[]
  /** Keeps what alerts on messages rested on, for a day, as far as there is room. */
  rememberAlerted(messages: readonly AlertedMessage[]): Promise<void>
  alerted(messageId: string): Promise<AlertedMessage | undefined>
  /** Called for every change of any instance; `missed`: changes may have been lost, the store must be read again. */
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
  /** A report older than the one that is held changes nothing. */
  reportSideOffsets(offsets: readonly SideOffset[]): Promise<void>
  sideOffsets(): Promise<readonly SideOffset[]>
  /** Counts that a piece of work begins, by its name: how many times it has begun and not ended in order, this one included. */
  countAttempt(work: string): Promise<number>
  /** The work has ended in order. */
  forgetAttempt(work: string): Promise<void>
  unready(): readonly string[]
  close(): Promise<void>
}
