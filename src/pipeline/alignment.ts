import { type PartitionId, partitionKey } from '../domain/ports.ts'

export interface Aligned {
  readonly bytes: number
  /** Bucket of the partition's event time with this record: never goes back. */
  readonly bucket: number
}

export interface AlignmentLimits {
  /** Items handed on at once, at most. */
  readonly run: number
  /** How long a partition that has more to come is waited for, ms of wall clock. */
  readonly patience: number
  /** Bytes held of one partition from which on it is full. */
  readonly fullAt: number
  /** Bytes held of all from which on nothing is waited for. */
  readonly maxBytes: number
}

interface Shelf<T> {
  readonly id: PartitionId
  items: T[]
  head: number
  bytes: number
  /** Bucket of the last item that came. */
  bucket: number
  /** Records still to come as the source said last. */
  lag: number | undefined
  /** Wall clock since when nothing is here. */
  emptySince: number
  readonly waiting: (() => void)[]
}

export const ALIGNMENT_LIMITS: AlignmentLimits = {
  run: 512,
  patience: 500,
  fullAt: 1_000_000,
  maxBytes: 64_000_000,
}

/**
 * Holds the records of several partitions and hands them on bucket by bucket of event time. Windows, escalations and
 * the order of states then look over a backlog as they looked over the live traffic, whatever order the brokers send
 * it in. Partitions without lag are never waited for, so live traffic passes at once.
 */
export class Alignment<T extends Aligned> {
  readonly #limits: AlignmentLimits
  readonly #shelves = new Map<string, Shelf<T>>()
  #bytes = 0

  constructor(limits: AlignmentLimits = ALIGNMENT_LIMITS) {
    this.#limits = limits
  }

  assign(id: PartitionId, now: number): void {
    this.drop(id)
    this.#shelves.set(partitionKey(id), {
      id: { topic: id.topic, partition: id.partition },
      items: [],
      head: 0,
      bytes: 0,
      bucket: Number.NEGATIVE_INFINITY,
      lag: undefined,
      emptySince: now,
      waiting: [],
    })
  }

  /** Forgets a partition and what is held of it. */
  drop(id: PartitionId): void {
    const shelf = this.#shelves.get(partitionKey(id))
    if (!shelf) return
    this.#shelves.delete(partitionKey(id))
    this.#bytes -= shelf.bytes
    for (const resume of shelf.waiting) resume()
  }

  /** Takes in records of an assigned partition in their order; others are left out. `lag`: records still to come. */
  push(id: PartitionId, items: readonly T[], lag: number | undefined): void {
    const shelf = this.#shelves.get(partitionKey(id))
    if (!shelf) return
    for (const item of items) {
      shelf.items.push(item)
      shelf.bytes += item.bytes
      this.#bytes += item.bytes
      shelf.bucket = item.bucket
    }
    shelf.lag = lag
  }

  /**
   * What goes on next: a run of one partition within one bucket that does not wait for other instances. `until`: nothing
   * before this wall clock (Infinity: all waits), unless records come. Undefined: nothing is held.
   */
  next(
    now: number,
    waits: (bucket: number) => boolean = () => false,
  ): { readonly id: PartitionId; readonly items: readonly T[] } | { readonly until: number } | undefined {
    let first: Shelf<T> | undefined
    let waiting = false
    for (const shelf of this.#shelves.values()) {
      if (shelf.head === shelf.items.length) continue
      const { bucket } = shelf.items[shelf.head]!
      if (waits(bucket)) waiting = true
      else if (!first || bucket < first.items[first.head]!.bucket) first = shelf
    }
    if (!first) return waiting ? { until: Number.POSITIVE_INFINITY } : undefined
    const { bucket } = first.items[first.head]!
    const until = this.#waitsUntil(bucket)
    if (until > now) return { until }
    return { id: first.id, items: this.#take(first, bucket, now) }
  }

  /** Wall clock until which partitions that are behind the bucket, and have more to come, are waited for. */
  #waitsUntil(bucket: number): number {
    if (this.#bytes >= this.#limits.maxBytes) return Number.NEGATIVE_INFINITY
    let until = Number.NEGATIVE_INFINITY
    for (const shelf of this.#shelves.values()) {
      if (shelf.head < shelf.items.length || shelf.bucket >= bucket || shelf.lag === 0) continue
      until = Math.max(until, shelf.emptySince + this.#limits.patience)
    }
    return until
  }

  #take(shelf: Shelf<T>, bucket: number, now: number): readonly T[] {
    const from = shelf.head
    let to = from
    let bytes = 0
    while (to < shelf.items.length && to - from < this.#limits.run && shelf.items[to]!.bucket === bucket) {
      bytes += shelf.items[to]!.bytes
      to++
    }
    const items = shelf.items.slice(from, to)
    shelf.head = to
    shelf.bytes -= bytes
    this.#bytes -= bytes
    if (to === shelf.items.length) {
      shelf.items = []
      shelf.head = 0
      shelf.emptySince = now
    } else if (to >= 4_096) {
      shelf.items = shelf.items.slice(to)
      shelf.head = 0
    }
    if (shelf.bytes <= this.#limits.fullAt / 2) for (const resume of shelf.waiting.splice(0)) resume()
    return items
  }

  /** How many records of a partition are still to come, as the source knows now. */
  toCome(id: PartitionId, lag: number): void {
    const shelf = this.#shelves.get(partitionKey(id))
    if (shelf) shelf.lag = lag
  }

  /** Bucket of the first record that is held of a partition, if any. */
  first(id: PartitionId): number | undefined {
    const shelf = this.#shelves.get(partitionKey(id))
    return shelf?.items[shelf.head]?.bucket
  }

  /** Records held of a partition and those still to come. */
  lag(id: PartitionId): number | undefined {
    const shelf = this.#shelves.get(partitionKey(id))
    if (!shelf || shelf.lag === undefined) return undefined
    return shelf.lag + shelf.items.length - shelf.head
  }

  /** Undefined, or a promise that resolves when the partition may be read on: enough of it is held for now. */
  full(id: PartitionId): Promise<void> | undefined {
    const shelf = this.#shelves.get(partitionKey(id))
    if (!shelf || shelf.bytes < this.#limits.fullAt) return undefined
    return new Promise((resolve) => shelf.waiting.push(resolve))
  }
}
