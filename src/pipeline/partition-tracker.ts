import { EventTime } from '../domain/event-time.ts'
import type { SmsRecord } from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import type { Intaken } from './outputs.ts'

/** How far a partition has come. */
export interface Progress extends PartitionId {
  readonly eventTime: number
  readonly lag: number | undefined
  /** When its last record was worked on, by the monotonic clock, ms. */
  readonly lastRecordAt: number
}

/** A partition with the time of its assignment by the monotonic clock, ms. */
export type AssignedAt = PartitionId & { readonly at: number }

/** What lies in front of the work: records that are buffered, and those still to be read. */
export interface Ahead {
  /** Event time of the first record that is buffered, ms; undefined: none is. */
  firstEventTime(id: PartitionId): number | undefined
  lag(id: PartitionId): number | undefined
}

interface Held {
  readonly assigned: AssignedAt
  /** Of records as they arrive. */
  readonly arriving: EventTime
  /** Of records that were worked on. */
  worked: Pick<Progress, 'eventTime' | 'lag' | 'lastRecordAt'> | undefined
}

/** Where every partition of the assignment stands in event time: as it arrives, and as it is worked on. */
export class PartitionTracker {
  readonly #ahead: Ahead
  readonly #held = new Map<string, Held>()

  constructor(ahead: Ahead) {
    this.#ahead = ahead
  }

  assign({ topic, partition }: PartitionId, at: number): void {
    this.#held.set(partitionKey({ topic, partition }), {
      assigned: { topic, partition, at },
      arriving: new EventTime(),
      worked: undefined,
    })
  }

  drop(id: PartitionId): void {
    this.#held.delete(partitionKey(id))
  }

  /** Whether this partition, by its key, is read here. */
  has(partition: string): boolean {
    return this.#held.has(partition)
  }

  /** Whether all records of this partition, by its key, were read and let in, as far as the source knows. */
  isRead(partition: string): boolean {
    const held = this.#held.get(partition)
    return held === undefined || (this.#ahead.lag(held.assigned) ?? 0) === 0
  }

  /** All partitions that are held. */
  partitions(): PartitionId[] {
    return [...this.#held.values()].map(({ assigned: { topic, partition } }) => ({ topic, partition }))
  }

  /** Event time of the partition with this record, which arrives; undefined for one that cannot be read. */
  arrived(id: PartitionId, record: SmsRecord | undefined): number {
    const arriving = this.#held.get(partitionKey(id))?.arriving
    if (!arriving) return record?.ts ?? Number.NEGATIVE_INFINITY
    return record ? arriving.observe(record.ts) : arriving.value
  }

  /** Event time up to which the partition was worked on, if it was. */
  workedUpTo(id: PartitionId): number | undefined {
    return this.#held.get(partitionKey(id))?.worked?.eventTime
  }

  /**
   * Moves the event time to what was worked on in this assignment: whatever is ahead of it has changed no state yet.
   */
  passed(items: readonly Intaken[], epoch: number, now: number): void {
    const last = new Map<Held, number>()
    for (const item of items) {
      if (item.epoch !== epoch) continue
      const held = this.#held.get(
        partitionKey(item.kind === 'message' ? item.message.position : item.position),
      )
      if (held && Number.isFinite(item.eventTime))
        last.set(held, Math.max(item.eventTime, last.get(held) ?? Number.NEGATIVE_INFINITY))
    }
    for (const [held, eventTime] of last)
      held.worked = { eventTime, lag: this.#ahead.lag(held.assigned), lastRecordAt: now }
  }

  /** What was read next of the partition held no record. */
  skipped(id: PartitionId): void {
    const held = this.#held.get(partitionKey(id))
    if (held?.worked) held.worked = { ...held.worked, lag: this.#ahead.lag(id) }
  }

  /** Partitions that are held and have had no record yet. */
  silent(): AssignedAt[] {
    return [...this.#held.values()].flatMap((held) => (this.#standing(held) ? [] : [held.assigned]))
  }

  /** Where every partition stands, for the watermark. */
  all(): Progress[] {
    return [...this.#held.values()].flatMap((held) => this.#standing(held) ?? [])
  }

  /** As far as it was worked on; before that, where its first record is. */
  #standing({ assigned: { topic, partition, at }, worked }: Held): Progress | undefined {
    const id = { topic, partition }
    if (worked) return { ...id, ...worked }
    const eventTime = this.#ahead.firstEventTime(id)
    if (eventTime === undefined) return undefined
    return { ...id, eventTime, lag: this.#ahead.lag(id), lastRecordAt: at }
  }
}
