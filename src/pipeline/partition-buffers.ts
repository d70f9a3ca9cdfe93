import { type PartitionId, partitionKey } from '../domain/ports.ts'

export interface Buffered {
  readonly bytes: number
  /** Event-time bucket of the partition at this record; never decreases. */
  readonly bucket: number
}

export interface BufferLimits {
  readonly run: number
  /** How long to wait for a partition that has more to come, ms. */
  readonly patience: number
  /** Buffered bytes of one partition at which it is full. */
  readonly fullAt: number
  /** Buffered bytes of all partitions at which waiting stops. */
  readonly maxBytes: number
}

/** Records of one partition that were read and not yet processed. */
interface PartitionBuffer<T> {
  readonly id: PartitionId
  /** Undefined before `head`. */
  items: (T | undefined)[]
  head: number
  bytes: number
  bucket: number
  /** Number of records still to come, as last reported by the source. */
  lag: number | undefined
  emptySince: number
  /** Nothing of it is passed on. */
  held: boolean
  readonly waiting: (() => void)[]
  /** Callers that wait only until the partition is held. */
  readonly pushing: (() => void)[]
}

/** Conditions of one call of `next`. */
interface Turn {
  readonly waits?: (bucket: number) => boolean
  readonly liveFrom?: number
}

export const BUFFER_LIMITS: BufferLimits = {
  run: 512,
  patience: 3_000,
  fullAt: 250_000,
  maxBytes: 64_000_000,
}

/**
 * Buffers the records of several partitions and passes them on by event-time bucket, so that windows, escalations
 * and states see a backlog in the order of the live traffic. Partitions without lag are never waited for, so live
 * traffic passes immediately, even next to a partition with yesterday's records.
 */
export class PartitionBuffers<T extends Buffered> {
  readonly #limits: BufferLimits
  readonly #buffers = new Map<string, PartitionBuffer<T>>()
  #bytes = 0
  /** The last turn went to live records although there were older ones. */
  #liveTurn = false

  constructor(limits: BufferLimits = BUFFER_LIMITS) {
    this.#limits = limits
  }

  assign(id: PartitionId, now: number): void {
    this.drop(id)
    this.#buffers.set(partitionKey(id), {
      id: { topic: id.topic, partition: id.partition },
      items: [],
      head: 0,
      bytes: 0,
      bucket: Number.NEGATIVE_INFINITY,
      lag: undefined,
      emptySince: now,
      held: false,
      waiting: [],
      pushing: [],
    })
  }

  drop(id: PartitionId): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer) return
    this.#buffers.delete(partitionKey(id))
    this.#bytes -= buffer.bytes
    resumeAll(buffer)
  }

  /** Stops passing on records of the partition until it is released; new ones are kept. */
  hold(id: PartitionId): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer) return
    buffer.held = true
    for (const resume of buffer.pushing.splice(0)) resume()
  }

  release(id: PartitionId): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (buffer) buffer.held = false
  }

  releaseAll(): void {
    for (const buffer of this.#buffers.values()) buffer.held = false
  }

  /** Adds records of an assigned partition in order; others are ignored. `lag` is the number of records still to come. */
  push(id: PartitionId, items: readonly T[], lag: number | undefined): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer) return
    for (const item of items) {
      buffer.items.push(item)
      buffer.bytes += item.bytes
      this.#bytes += item.bytes
      buffer.bucket = item.bucket
    }
    buffer.lag = lag
  }

  /**
   * The next run of one partition within one bucket. The partition that is furthest behind goes first, but live
   * partitions get every second turn. `until`: nothing before this time (Infinity: everything waits), unless records
   * arrive. Undefined if there is nothing to pass on.
   */
  next(
    now: number,
    { waits = () => false, liveFrom = Number.POSITIVE_INFINITY }: Turn = {},
  ): { readonly id: PartitionId; readonly items: readonly T[] } | { readonly until: number } | undefined {
    let first: PartitionBuffer<T> | undefined
    let live: PartitionBuffer<T> | undefined
    let waiting = false
    for (const buffer of this.#buffers.values()) {
      const bucket = buffer.items[buffer.head]?.bucket
      if (bucket === undefined || buffer.held) continue
      if (waits(bucket)) waiting = true
      else {
        if (!first || bucket < headOf(first)) first = buffer
        if (bucket >= liveFrom && (!live || bucket < headOf(live))) live = buffer
      }
    }
    if (!first) return waiting ? { until: Number.POSITIVE_INFINITY } : undefined
    const firstWaits = this.#waitsUntil(headOf(first), liveFrom)
    this.#liveTurn = live !== undefined && live !== first && (!this.#liveTurn || firstWaits > now)
    const next = live && this.#liveTurn ? live : first
    const until = next === first ? firstWaits : this.#waitsUntil(headOf(next), liveFrom)
    if (until > now) return { until }
    return { id: next.id, items: this.#take(next, headOf(next), now) }
  }

  /**
   * Time until which to wait for partitions that are behind the bucket and have more to come. Live records do not wait
   * for older ones.
   */
  #waitsUntil(bucket: number, liveFrom: number): number {
    if (this.#bytes >= this.#limits.maxBytes) return Number.NEGATIVE_INFINITY
    let until = Number.NEGATIVE_INFINITY
    for (const buffer of this.#buffers.values()) {
      if (buffer.head < buffer.items.length || buffer.bucket >= bucket || buffer.lag === 0) continue
      if (buffer.held) continue
      if (bucket >= liveFrom && buffer.bucket < liveFrom && Number.isFinite(buffer.bucket)) continue
      until = Math.max(until, buffer.emptySince + this.#limits.patience)
    }
    return until
  }

  #take(buffer: PartitionBuffer<T>, bucket: number, now: number): readonly T[] {
    const from = buffer.head
    let to = from
    let bytes = 0
    while (to < buffer.items.length && to - from < this.#limits.run && buffer.items[to]!.bucket === bucket) {
      bytes += buffer.items[to]!.bytes
      to++
    }
    const items = buffer.items.slice(from, to) as T[]
    // Passed-on records can be freed before the rest.
    buffer.items.fill(undefined, from, to)
    buffer.head = to
    buffer.bytes -= bytes
    this.#bytes -= bytes
    if (to === buffer.items.length) {
      buffer.items = []
      buffer.head = 0
      buffer.emptySince = now
    } else if (to >= 4_096) {
      buffer.items = buffer.items.slice(to)
      buffer.head = 0
    }
    if (buffer.bytes <= this.#limits.fullAt / 2) resumeAll(buffer)
    return items
  }

  /** Sets the number of records of a partition still to come, as the source now knows it. */
  toCome(id: PartitionId, lag: number): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (buffer) buffer.lag = lag
  }

  first(id: PartitionId): number | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    return buffer?.items[buffer.head]?.bucket
  }

  /** Number of records of a partition that are buffered or still to come. */
  lag(id: PartitionId): number | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer || buffer.lag === undefined) return undefined
    return buffer.lag + buffer.items.length - buffer.head
  }

  /** Undefined, or a promise that resolves when reading of the partition may continue. */
  full(id: PartitionId): Promise<void> | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer || buffer.bytes < this.#limits.fullAt) return undefined
    return new Promise((resolve) => buffer.waiting.push(resolve))
  }

  /** The same for the caller that adds records, which does not wait for a held partition. */
  fullUnlessHeld(id: PartitionId): Promise<void> | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer || buffer.held || buffer.bytes < this.#limits.fullAt) return undefined
    return new Promise((resolve) => buffer.pushing.push(resolve))
  }
}

function resumeAll<T>({ waiting, pushing }: PartitionBuffer<T>): void {
  for (const resume of waiting.splice(0)) resume()
  for (const resume of pushing.splice(0)) resume()
}

function headOf<T extends Buffered>(buffer: PartitionBuffer<T>): number {
  return buffer.items[buffer.head]!.bucket
}
