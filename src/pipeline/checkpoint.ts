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
  readonly startOffset: number | undefined
  /** Offsets of split records, with the number of their unsettled items. */
  readonly items: Map<number, number>
  advanced: number | undefined
}

const NO_ITEMS: ReadonlyMap<number, number> = new Map()

/**
 * Tracks the highest contiguous acknowledged offset of each partition. An offset is passed when it and all earlier
 * offsets are settled: their outputs, or their dead letters, are acknowledged by the sinks. It belongs to one
 * assignment at a time; settlements of an earlier one are ignored, as its records are read again.
 */
export class Checkpoint {
  readonly #tracks = new Map<string, Tracked>()
  #epoch = 0

  begin(epoch: number): void {
    this.#tracks.clear()
    this.#epoch = epoch
  }

  get epoch(): number {
    return this.#epoch
  }

  /**
   * The first record taken must continue from `startOffset`. `written` lists later offsets that were settled in an
   * earlier assignment.
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
   * Takes a record, in ascending offset order. `from` must be the end of what was taken before; otherwise throws
   * OFFSET_GAP, as a commit past the gap would lose records. Returns false if the record was settled in an earlier
   * assignment and must produce no output again. `items` is the number of settlements to expect.
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

  /** Settles one item of the record, or the whole record. Positions of other assignments are ignored. */
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

  splitRecords(id: PartitionId): ReadonlyMap<number, number> {
    return this.#tracks.get(partitionKey(id))?.items ?? NO_ITEMS
  }

  /**
   * How far the partition is settled once these offsets are too, each listed once per item. Undefined if the assignment
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
   * Next offsets to read that have advanced since the last call, for the source to commit. A multipart SMS may start
   * before such an offset and end behind it, already settled, so the settled ranges behind it are included.
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

  /** Monotonic time since which the oldest record of any partition has been unsettled, ms; undefined if there is none. */
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
