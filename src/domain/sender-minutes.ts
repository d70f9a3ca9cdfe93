import type { Label } from './labels.ts'
import type { Position } from './message.ts'
import type { PartitionId } from './ports.ts'

/** One message as the statistics of senders count it. */
export interface SenderCount {
  readonly position: Position
  /** Present: counted once by this key instead of by offset. */
  readonly once?: string
  /** Event time over a minute. */
  readonly minute: number
  /** Without signature `-`. */
  readonly signature: string
  readonly port: string
  readonly sp?: string
  readonly tenant?: string
  readonly label: Label
}

/** What one sender sent in one minute of event time, over all partitions. */
export interface SenderMinute {
  readonly signature: string
  readonly port: string
  /** Enterprise that submitted last. */
  readonly sp?: string
  /** Of the last message that named one. */
  readonly tenant?: string
  readonly sent: Readonly<Partial<Record<Label, number>>>
}

/** A minute whose counts are to be written. `mark` says which counts they are. */
export interface DueMinute {
  /** Event time over a minute. */
  readonly minute: number
  readonly senders: readonly SenderMinute[]
  readonly mark: unknown
}

/**
 * Messages by sender, label and minute of event time, shared by all instances. Counting an offset twice has no effect.
 * A minute is due when the watermark has passed it, or when nothing was added for two minutes; one that grows
 * afterwards is due again, whole, a minute later. What is not written within six hours is forgotten.
 */
export interface SenderMinutes {
  /**
   * Rejects with REDIS_UNREACHABLE, or STORE_CONFLICT while another instance counts the same partition; then nothing, or a
   * part, was counted, and the same call may be made again.
   */
  count(batch: readonly SenderCount[]): Promise<void>
  /** The log of these partitions was recreated: their counting starts over. */
  reset(partitions: readonly PartitionId[]): Promise<void>
  /** `watermark`: event time that every partition has passed, undefined when it is not known; `now`: wall clock, ms. */
  due(watermark: number | undefined, now: number): Promise<readonly DueMinute[]>
  /** These minutes were written and acknowledged. */
  written(minutes: readonly DueMinute[], now: number): Promise<void>
}
