import type { Alert } from './alert.ts'
import type { AlertedMessage, Allowance } from './allowance.ts'
import type { Code } from './codes.ts'
import type { Action, Match, Target } from './decision.ts'
import type { Position } from './message.ts'
import type { PartitionId } from './ports.ts'

/** An open or recently closed state: one code on one target. */
export interface StateRecord {
  readonly id: string
  readonly code: Code
  readonly target: Target
  readonly match: Match
  /** For a campaign: further bands of the same campaign. */
  readonly aliases?: readonly string[]
  /** Event time, ms. */
  readonly episode: number
  readonly revision: number
  /** For compare-and-swap on every change. */
  readonly version: number
  readonly open: boolean
  readonly action: Action
  readonly enforced: boolean
  readonly level: number
  readonly raisedAt: number
  readonly lastSeenAt: number
  readonly lastEventAt: number
  /** Event time; see `lag`. */
  readonly expiresAt: number
  /** How far event time was behind the brokers' clock at the last event, ms; absent if negligible. */
  readonly lag?: number
  readonly clearedAt?: number
  /** How long no signal may arrive before it clears, ms. */
  readonly hold: number
  /** Set if a person ordered it. */
  readonly byHand?: ByHand
  /** The complete last event, which an update or a clear repeats. */
  readonly alert: Alert
  /** Ids of the messages shown by the events of this episode, the latest last: feedback may refer to any of them. */
  readonly shown?: readonly string[]
  /** The version for which the block table is known to hold no row; with any other value, or none, it may hold one. */
  readonly rowless?: number
}

/** The order behind a state raised by a person. */
export interface ByHand {
  readonly by: string
  /** When it was given and when it ends, wall clock, epoch ms. */
  readonly ts: number
  readonly until: number
  /**
   * When it was given, if later orders followed that have changed nothing yet: `ts` is then half a millisecond after the latest.
   * 0.3.0 would take such an order for a new one, but skips orders that are not later than `ts`, and undoes one that equals it.
   */
  readonly givenAt?: number
  readonly limit?: { readonly perMinute: number }
  /** Awaits approval by a second person; has no effect until then. */
  readonly pending?: true
  /** The policy exemption, as JSON, that it overrides. */
  readonly inSpiteOf?: string
  /** A later order on a state in force, which awaits approval: the state stays as it is until then. */
  readonly proposed?: ProposedOrder
}

/** When the order in force was given, epoch ms. */
export const givenAtOf = ({ ts, givenAt = ts }: ByHand) => givenAt

/** An order that awaits approval while an earlier one on the same target is in force. */
export interface ProposedOrder extends Pick<ByHand, 'by' | 'ts' | 'until' | 'limit'> {
  readonly match: Match
  readonly action: Action
  readonly why: string
  readonly position: Position
}

export interface OutboxEntry {
  readonly id: string
  readonly alert: Alert
  readonly shadow: boolean
  /** Wall clock of the write, epoch ms. */
  readonly at: number
  /** Block table row to write with it (null: tombstone), if any. */
  readonly block?: { readonly key: string; readonly value: string | null }
}

/** `behind`: lagging, or unknown; `current`: no lag; `idle`: no lag and no record for 30 s. */
export type Standing = 'behind' | 'current' | 'idle'

export interface PartitionReport extends PartitionId {
  /** Undefined keeps the last reported value, whichever instance reported it. */
  readonly eventTime: number | undefined
  readonly standing: Standing
}

export interface PartitionProgress extends PartitionReport {
  readonly eventTime: number
  /** No report for 30 s of the store's wall clock. */
  readonly ownerless: boolean
}

export interface SideOffset extends PartitionId {
  /** Every row before it has been applied. */
  readonly offset: number
  /** Newest Kafka timestamp of the rows read, epoch ms; used to detect a recreated topic, which has newer ones. */
  readonly timestamp: number
}

export interface FeedbackCheck {
  /** Parts of the store created by the check: earlier feedback is missing there. */
  readonly made: number
  /** Releases and allowances that had been lost and were restored. */
  readonly putBack: number
}

export interface PutDown {
  readonly id: string
  /** Event time, epoch ms. */
  readonly until: number
  readonly by?: string
}

/** Effects of a row of feedback, so that they can be undone. */
export interface GivenFeedback {
  /** Hash of its `feedbackId` and `ts`. */
  readonly id: string
  readonly feedbackId: string
  readonly batch?: string
  readonly by: string
  /** Epoch ms. */
  readonly ts: number
  /** End of its effect, epoch ms. */
  readonly until: number
  readonly states: readonly string[]
  readonly silenced: readonly string[]
  readonly allowed: readonly Allowance[]
  readonly raised?: string
  readonly taught?: string
  readonly untaught?: readonly string[]
  /** Set if it ended a manual block. */
  readonly unblocks?: true
  /** When it was undone, epoch ms, if it was. */
  readonly undone?: number
}

/** Effects of rows of feedback, kept until a day after their end. */
export interface GivenFeedbackStore {
  /** Replaces an entry with the same id. */
  keep(given: GivenFeedback): Promise<void>
  get(id: string): Promise<GivenFeedback | undefined>
  all(): Promise<readonly GivenFeedback[]>
}

export interface StateStore {
  get(ids: readonly string[]): Promise<readonly (StateRecord | undefined)[]>
  /**
   * Writes `next` and its event if the stored version is `expected` (0: none stored). False if another instance changed it first.
   */
  put(next: StateRecord, expected: number, event?: OutboxEntry): Promise<boolean>
  versions(): Promise<ReadonlyMap<string, number>>
  open(): Promise<readonly StateRecord[]>
  /** Prevents a state from opening (`put` is refused) at event times before `until`, epoch ms. */
  suppress(id: string, until: number, by?: string): Promise<void>
  /** Until when each state is suppressed; undefined if it is not. */
  suppressed(ids: readonly string[]): Promise<readonly (number | undefined)[]>
  /** Stores an allowance until it ends, replacing one with the same id. */
  allow(allowance: Allowance): Promise<void>
  /** All allowances that may still be in force. */
  allowances(): Promise<readonly Allowance[]>
  readonly given: GivenFeedbackStore
  /**
   * Checks whether suppressions or allowances were lost, and restores those known to this process. `put` opens no state before
   * that is done.
   */
  check(): Promise<FeedbackCheck>
  /** Suppressions restored since the last call: the store may have their states open. */
  takePutDown(): readonly PutDown[]
  /** Stores the basis of message alerts for a day, as space permits. */
  rememberAlerted(messages: readonly AlertedMessage[]): Promise<void>
  alerted(messageId: string): Promise<AlertedMessage | undefined>
  /** `listener` is called for changes by any instance; `missed`: changes may have been lost, the store must be read again. */
  subscribe(listener: (state: StateRecord) => void, missed?: () => void): void
  pending(olderThanMs: number): Promise<readonly OutboxEntry[]>
  acknowledge(entryIds: readonly string[], stateIds: readonly string[]): Promise<void>
  /** Acquires or renews a lease; true while the holder has it. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>
  reportProgress(reports: readonly PartitionReport[]): Promise<void>
  /**
   * The lowest event time over all partitions that are not idle; the highest if all are idle (nothing is missing then); undefined
   * if none is known.
   */
  watermark(): Promise<number | undefined>
  progress(): Promise<readonly PartitionProgress[]>
  /** Reports older than the stored one are ignored. */
  reportSideOffsets(offsets: readonly SideOffset[]): Promise<void>
  sideOffsets(): Promise<readonly SideOffset[]>
  /** Counts the start of a piece of work by name; returns how many times it has started without finishing, including this one. */
  countAttempt(work: string): Promise<number>
  /** Resets the count: the work finished. */
  forgetAttempt(work: string): Promise<void>
  unready(): readonly string[]
  close(): Promise<void>
}
