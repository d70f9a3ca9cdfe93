import type { Label } from './labels.ts'
import type { Position } from './message.ts'
import type { PartitionId } from './ports.ts'

export interface SenderCount {
  readonly position: Position
  /** If present, idempotency key used instead of the offset. */
  readonly once?: string
  /** Event time in minutes since the epoch. */
  readonly minute: number
  /** `-` if the message has no signature. */
  readonly signature: string
  readonly port: string
  readonly sp?: string
  readonly tenant?: string
  readonly label: Label
}

/** Traffic of one sender in one minute of event time, over all partitions. */
export interface SenderMinute {
  readonly signature: string
  readonly port: string
  /** Enterprise of the last message. */
  readonly sp?: string
  /** Tenant of the last message that named one. */
  readonly tenant?: string
  readonly sent: Readonly<Partial<Record<Label, number>>>
}

/** A minute whose counts are due to be written. `mark` identifies the state of the counts. */
export interface DueMinute {
  /** Event time in minutes since the epoch. */
  readonly minute: number
  readonly senders: readonly SenderMinute[]
  readonly mark: unknown
}

/**
 * Messages by sender, label and minute of event time, shared by all instances. Counting an offset twice has no effect. A minute
 * is due when the watermark has passed it, or when nothing was added for two minutes; if it grows afterwards, it is due again as
 * a whole a minute later. Minutes not written within six hours are dropped.
 */
export interface SenderMinutes {
  /**
   * Rejects with REDIS_UNREACHABLE, or STORE_CONFLICT while another instance counts the same partition. The batch may then be
   * partly counted, and the call may be repeated.
   */
  count(batch: readonly SenderCount[]): Promise<void>
  /** The logs of these partitions were recreated: counting starts over. */
  reset(partitions: readonly PartitionId[]): Promise<void>
  /** `watermark`: event time that every partition has passed, undefined if unknown; `now`: wall clock, ms. */
  due(watermark: number | undefined, now: number): Promise<readonly DueMinute[]>
  written(minutes: readonly DueMinute[], now: number): Promise<void>
}
