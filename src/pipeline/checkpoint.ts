import { SigwatchError } from '../domain/errors.ts'
import type { Position } from '../domain/message.ts'
import {
  type Checkpointed,
  type OffsetRange,
  type PartitionId,
  partitionKey,
  type Reached,
} from '../domain/ports.ts'
import { OffsetTrack } from './offset-track.ts'

interface Tracked {
  readonly id: PartitionId
  readonly offsets: OffsetTrack
  /** Where reading began, as the source said. */
  readonly startOffset: number | undefined
  /** Offsets of records that are split, to how many of their items are not settled. */
  readonly items: Map<number, number>
  advanced: number | undefined
}

const NO_ITEMS: ReadonlyMap<number, number> = new Map()

/**
 * The highest contiguous acknowledged offset of each partition. An offset is passed when it and every offset taken in
 * before it are settled: acknowledged by the sinks, or a dead letter that was. It belongs to one assignment at a time:
 * what settles of an older one is ignored, for its records are read again.
 */
export class Checkpoint {
  readonly #tracks = new Map<string, Tracked>()
  #epoch = 0

  /** Forgets everything: from now on it is kept for this assignment. */
  begin(epoch: number): void {
    this.#tracks.clear()
    this.#epoch = epoch
  }

  get epoch(): number {
    return this.#epoch
  }

  /**
   * The first record that is taken in of the partition must continue from `startOffset`. `written`: offsets behind it
   * that were settled in an earlier assignment.
   */
  assign(id: PartitionId, startOffset: number | undefined, written?: readonly OffsetRange[]): void {
    const { topic, partition } = id
    this.#tracks.set(partitionKey(id), {
      id: { topic, partition },
      offsets: new OffsetTrack(written),
      startOffset,
      items: new Map(),
      advanced: undefined,
    })
  }

  /**
   * Offsets of a partition must be taken in ascending order. `from`: the offset up to which everything was taken in
   * before. Throws OFFSET_GAP when it was not: to commit past what lies between would lose it. False: the record was
   * settled in an earlier assignment, and nothing may follow from it again. `items`: so often is it settled.
   */
  take(position: Position, from?: number, now = 0, items = 1): boolean {
    const tracked = this.#tracked(position)
    const { offsets, startOffset } = tracked
    const expected = offsets.end ?? startOffset
    if (from !== undefined && expected !== undefined && from !== expected) {
      const { topic, partition, offset } = position
      throw new SigwatchError(
        'OFFSET_GAP',
        `${topic}/${partition}: offset ${offset} continues from ${from}, ${expected} is expected`,
      )
    }
    const isNew = offsets.take(position.offset, from ?? offsets.end ?? position.offset, now)
    if (isNew && items > 1) tracked.items.set(position.offset, items)
    return isNew
  }

  /** One item of the record, or all that there is of it. A position of another assignment is ignored. */
  settle(position: Position, epoch = this.#epoch): void {
    if (epoch !== this.#epoch) return
    const tracked = this.#tracks.get(partitionKey(position))
    if (!tracked) return
    const { items, offsets } = tracked
    const { offset } = position
    const left = (items.get(offset) ?? 1) - 1
    if (left > 0) {
      items.set(offset, left)
      return
    }
    items.delete(offset)
    offsets.settle(offset)
  }

  /** The offsets of records that are split, to how many of their items are not settled. */
  splitRecords(id: PartitionId): ReadonlyMap<number, number> {
    return this.#tracks.get(partitionKey(id))?.items ?? NO_ITEMS
  }

  /**
   * How far the partition is settled together with these offsets, each named once for every item; undefined: the assignment
   * has ended.
   */
  reachedWith(id: PartitionId, offsets: Iterable<number>, epoch: number): Reached | undefined {
    if (epoch !== this.#epoch) return undefined
    const tracked = this.#tracks.get(partitionKey(id))
    if (!tracked) return undefined
    if (tracked.items.size === 0) return tracked.offsets.reachedWith(offsets)
    const left = new Map<number, number>()
    const whole: number[] = []
    for (const offset of offsets) {
      const items = (left.get(offset) ?? tracked.items.get(offset) ?? 1) - 1
      left.set(offset, items)
      if (items === 0) whole.push(offset)
    }
    return tracked.offsets.reachedWith(whole)
  }

  /**
   * Next offsets to read that moved since the last call, for the source to commit. An SMS whose first part lies before
   * such an offset may have its last behind it, and is settled: so what is settled behind it is said as well.
   */
  advance(): Checkpointed[] {
    const moved: Checkpointed[] = []
    for (const tracked of this.#tracks.values()) {
      const { next } = tracked.offsets
      if (next === undefined || next === tracked.advanced) continue
      tracked.advanced = next
      const { written } = tracked.offsets
      moved.push({ ...tracked.id, offset: next, ...(written.length > 0 ? { written } : {}) })
    }
    return moved
  }

  /** Since when, by the monotonic clock, ms, the oldest record of any partition waits to be settled; undefined: none waits. */
  pendingSince(): number | undefined {
    let since: number | undefined
    for (const { offsets } of this.#tracks.values()) {
      const { pendingSince } = offsets
      if (pendingSince !== undefined && (since === undefined || pendingSince < since)) since = pendingSince
    }
    return since
  }

  forget(id: PartitionId): void {
    this.#tracks.delete(partitionKey(id))
  }

  #tracked(id: PartitionId): Tracked {
    const known = this.#tracks.get(partitionKey(id))
    if (known) return known
    this.assign(id, undefined)
    return this.#tracks.get(partitionKey(id))!
  }
}
