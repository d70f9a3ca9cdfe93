import { type PartitionId, partitionKey } from '../domain/ports.ts'

export interface Buffered {
  readonly bytes: number
  /** Bucket of the partition's event time with this record: never goes back. */
  readonly bucket: number
}

export interface BufferLimits {
  /** Items handed on at once, at most. */
  readonly run: number
  /** How long a partition that has more to come is waited for, ms. */
  readonly patience: number
  /** Bytes held of one partition from which on it is full. */
  readonly fullAt: number
  /** Bytes held of all from which on nothing is waited for. */
  readonly maxBytes: number
}

/** Records of one partition that were read and not yet worked on. */
interface PartitionBuffer<T> {
  readonly id: PartitionId
  /** Undefined before `head`. */
  items: (T | undefined)[]
  head: number
  bytes: number
  /** Bucket of the last item that came. */
  bucket: number
  /** Records still to come as the source said last. */
  lag: number | undefined
  /** Since when nothing is here, by the monotonic clock. */
  emptySince: number
  /** Nothing of it is passed on. */
  held: boolean
  readonly waiting: (() => void)[]
  /** Those who wait no longer than until it is held back. */
  readonly pushing: (() => void)[]
}

/** What holds for one turn of `next`. */
interface Turn {
  /** Buckets that wait for other instances. */
  readonly waits?: (bucket: number) => boolean
  /** The first bucket of live traffic. */
  readonly liveFrom?: number
}

export const BUFFER_LIMITS: BufferLimits = {
  run: 512,
  patience: 3_000,
  fullAt: 250_000,
  maxBytes: 64_000_000,
}

/**
 * Holds the records of several partitions and passes them on bucket by bucket of event time. Windows, escalations and
 * the order of states then look over a backlog as they looked over the live traffic, whatever order the brokers send
 * it in. Partitions without lag are never waited for, so live traffic passes at once, also next to a partition that
 * brings the records of yesterday.
 */
export class PartitionBuffers<T extends Buffered> {
  readonly #limits: BufferLimits
  readonly #buffers = new Map<string, PartitionBuffer<T>>()
  #bytes = 0
  /** The last turn was one of live records among older ones. */
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

  /** Forgets a partition and what is held of it. */
  drop(id: PartitionId): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer) return
    this.#buffers.delete(partitionKey(id))
    this.#bytes -= buffer.bytes
    resumeAll(buffer)
  }

  /** Passes nothing on of the partition until it is released; what comes is kept. */
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

  /** Takes in records of an assigned partition in their order; others are left out. `lag`: records still to come. */
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
   * What goes on next: a run of one partition within one bucket. The partition that is behind goes first, but while
   * others are live, each second turn is theirs. `until`: nothing before this time (Infinity: all waits), unless
   * records come. Undefined: there is nothing to pass on.
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
   * Time until which partitions that are behind the bucket, and have more to come, are waited for. Live records
   * do not wait for what is older.
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
    // What was passed on may be forgotten before the rest is.
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

  /** How many records of a partition are still to come, as the source knows now. */
  toCome(id: PartitionId, lag: number): void {
    const buffer = this.#buffers.get(partitionKey(id))
    if (buffer) buffer.lag = lag
  }

  /** Bucket of the first record that is held of a partition, if any. */
  first(id: PartitionId): number | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    return buffer?.items[buffer.head]?.bucket
  }

  /** Records held of a partition and those still to come. */
  lag(id: PartitionId): number | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer || buffer.lag === undefined) return undefined
    return buffer.lag + buffer.items.length - buffer.head
  }

  /** Undefined, or a promise that resolves when the partition may be read on: enough of it is held for now. */
  full(id: PartitionId): Promise<void> | undefined {
    const buffer = this.#buffers.get(partitionKey(id))
    if (!buffer || buffer.bytes < this.#limits.fullAt) return undefined
    return new Promise((resolve) => buffer.waiting.push(resolve))
  }

  /** The same for the caller that adds records, which waits for no partition that is held back. */
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
