import type { RawRecord } from '../domain/message.ts'
import type { BoundedClock, PartitionId } from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { Decoded } from './decode.ts'
import { type Buffered, PartitionBuffers } from './partition-buffers.ts'
import type { Ahead } from './partition-tracker.ts'
import { ALIGNMENT_LIMITS, type WaitingSpan } from './watermark-alignment.ts'

/** A decoded record, with the event time of its partition. */
export interface Arrived extends Buffered {
  readonly raw: RawRecord
  /** Everything in the partition before this offset was read. */
  readonly from: number
  readonly record: Decoded
  readonly eventTime: number
}

export interface AdmissionParts {
  /** Resolves when more records may be worked on; rejects once work has failed for good. */
  readonly room: () => Promise<void>
  /** Receives the next records: a run of one partition within one bucket of event time. */
  readonly admit: (id: PartitionId, run: readonly Arrived[]) => void
  readonly clock: BoundedClock
}

/**
 * Buffers the records that were read and admits them as capacity allows, in event-time order across the assigned
 * partitions, and not ahead of other instances.
 */
export class Admission implements Ahead {
  readonly #parts: AdmissionParts
  readonly #buffers = new PartitionBuffers<Arrived>()
  #span: WaitingSpan = { after: Number.POSITIVE_INFINITY, before: Number.NEGATIVE_INFINITY }
  #admitting: Promise<void> | undefined
  #patience: NodeJS.Timeout | undefined
  #ending = false
  #failure: unknown

  constructor(parts: AdmissionParts) {
    this.#parts = parts
  }

  assign(id: PartitionId): void {
    this.#buffers.assign(id, performance.now())
  }

  drop(id: PartitionId): void {
    this.#buffers.drop(id)
  }

  /**
   * Adds records of an assigned partition. Waits for the work on admitted records, but not for partitions that are
   * behind, whose records may depend on this call, nor while the partition is held. Rejects once work has failed for
   * good.
   */
  async push(id: PartitionId, arrived: readonly Arrived[], lag: number | undefined): Promise<void> {
    this.#buffers.push(id, arrived, lag)
    this.admitNext()
    for (
      let full = this.#buffers.fullUnlessHeld(id);
      full && this.#admitting;
      full = this.#buffers.fullUnlessHeld(id)
    ) {
      await Promise.race([full, this.#admitting])
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  toCome(id: PartitionId, lag: number): void {
    this.#buffers.toCome(id, lag)
    this.admitNext()
  }

  /** Undefined, or a promise that resolves when reading of the partition may continue. */
  full(id: PartitionId): Promise<void> | undefined {
    return this.#buffers.full(id)
  }

  /** Makes records in a span wait for other instances until the next call; at the end nothing waits. */
  wait(span: WaitingSpan): void {
    this.#span = span
    this.admitNext()
  }

  /** Stops admitting records of an assigned partition until it is released; others continue. At the end nothing is held. */
  hold(id: PartitionId): void {
    if (!this.#ending) this.#buffers.hold(id)
  }

  release(id: PartitionId): void {
    this.#buffers.release(id)
    this.admitNext()
  }

  firstEventTime(id: PartitionId): number | undefined {
    const bucket = this.#buffers.first(id)
    return bucket !== undefined && Number.isFinite(bucket) ? bucket * BUCKET_MS : undefined
  }

  lag(id: PartitionId): number | undefined {
    return this.#buffers.lag(id)
  }

  /** The input has ended: resolves when all buffered records were admitted. */
  async end(): Promise<void> {
    this.#ending = true
    this.#buffers.releaseAll()
    this.admitNext()
    await this.#admitting
    if (this.#failure !== undefined) throw this.#failure
  }

  stop(): void {
    clearTimeout(this.#patience)
  }

  /** Admits the next records in event-time order, as long as there is room and no other partition must catch up first. */
  admitNext(): void {
    clearTimeout(this.#patience)
    this.#admitting ??= this.#admit()
  }

  /** Never rejects. Ends in the same tick in which it found nothing to admit, so that no call of `admitNext` is missed. */
  async #admit(): Promise<void> {
    try {
      await this.#parts.room()
      while (this.#admitOne()) await this.#parts.room()
    } catch (error) {
      this.#failure ??= error
    } finally {
      this.#admitting = undefined
    }
  }

  #admitOne(): boolean {
    const now = this.#ending ? Number.POSITIVE_INFINITY : performance.now()
    const liveFrom = Math.floor((this.#parts.clock.earliest() - ALIGNMENT_LIMITS.drift) / BUCKET_MS)
    const next = this.#buffers.next(now, this.#ending ? {} : { waits: this.#waits, liveFrom })
    if (!next) return false
    if ('until' in next) {
      if (next.until < Number.POSITIVE_INFINITY)
        this.#patience = setTimeout(() => this.admitNext(), next.until - now)
      return false
    }
    this.#parts.admit(next.id, next.items)
    return true
  }

  readonly #waits = (bucket: number): boolean => {
    const eventTime = bucket * BUCKET_MS
    return eventTime > this.#span.after && eventTime < this.#span.before
  }
}
