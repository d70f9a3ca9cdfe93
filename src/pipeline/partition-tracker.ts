import { EventTime } from '../domain/event-time.ts'
import type { SmsRecord } from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { type Intaken, positionOf } from './outputs.ts'

export interface Progress extends PartitionId {
  readonly eventTime: number
  readonly lag: number | undefined
  /** Monotonic time at which its last record was processed, ms. */
  readonly lastRecordAt: number
}

/** A partition with the monotonic time of its assignment, ms. */
export type AssignedAt = PartitionId & { readonly at: number }

/** Records before processing: buffered, and still to be read. */
export interface Ahead {
  /** Event time of the first buffered record, ms; undefined if there is none. */
  firstEventTime(id: PartitionId): number | undefined
  lag(id: PartitionId): number | undefined
}

interface Held {
  readonly assigned: AssignedAt
  readonly arriving: EventTime
  worked: Pick<Progress, 'eventTime' | 'lag' | 'lastRecordAt'> | undefined
}

/** Tracks the event time of every assigned partition, for arriving and for processed records. */
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

  /** Whether the partition with this key is assigned here. */
  has(partition: string): boolean {
    return this.#held.has(partition)
  }

  /** Whether all records of the partition with this key were read and admitted, as far as the source knows. */
  isRead(partition: string): boolean {
    const held = this.#held.get(partition)
    return held === undefined || (this.#ahead.lag(held.assigned) ?? 0) === 0
  }

  partitions(): PartitionId[] {
    return [...this.#held.values()].map(({ assigned: { topic, partition } }) => ({ topic, partition }))
  }

  /** Event time of the partition at this arriving record; undefined for a record that cannot be read. */
  arrived(id: PartitionId, record: SmsRecord | undefined): number {
    const arriving = this.#held.get(partitionKey(id))?.arriving
    if (!arriving) return record?.ts ?? Number.NEGATIVE_INFINITY
    return record ? arriving.observe(record.ts) : arriving.value
  }

  /** Event time up to which the partition was processed, if it was. */
  workedUpTo(id: PartitionId): number | undefined {
    return this.#held.get(partitionKey(id))?.worked?.eventTime
  }

  /** Advances the event time to the items processed in this assignment: later ones have not changed any state yet. */
  passed(items: readonly Intaken[], epoch: number, now: number): void {
    const last = new Map<Held, number>()
    for (const item of items) {
      if (item.epoch !== epoch) continue
      const held = this.#held.get(partitionKey(positionOf(item)))
      if (held && Number.isFinite(item.eventTime))
        last.set(held, Math.max(item.eventTime, last.get(held) ?? Number.NEGATIVE_INFINITY))
    }
    for (const [held, eventTime] of last)
      held.worked = { eventTime, lag: this.#ahead.lag(held.assigned), lastRecordAt: now }
  }

  /** The records read next contained nothing to process. */
  skipped(id: PartitionId): void {
    const held = this.#held.get(partitionKey(id))
    if (held?.worked) held.worked = { ...held.worked, lag: this.#ahead.lag(id) }
  }

  silent(): AssignedAt[] {
    return [...this.#held.values()].flatMap((held) => (this.#standing(held) ? [] : [held.assigned]))
  }

  all(): Progress[] {
    return [...this.#held.values()].flatMap((held) => this.#standing(held) ?? [])
  }

  /** Progress by processed records; before those, by the first buffered record. */
  #standing({ assigned: { topic, partition, at }, worked }: Held): Progress | undefined {
    const id = { topic, partition }
    if (worked) return { ...id, ...worked }
    const eventTime = this.#ahead.firstEventTime(id)
    if (eventTime === undefined) return undefined
    return { ...id, eventTime, lag: this.#ahead.lag(id), lastRecordAt: at }
  }
}
