import type { Position } from '../../domain/message.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { SideOffset } from '../../domain/state-store.ts'
import { Checkpoint } from '../checkpoint.ts'

/** Maximum number of reports that wait for the watermark. */
const MAX_REACHED = 500

/**
 * Tracks which rows of side topics have taken effect in the deployment. A topic is read from its beginning at every
 * start and after a broker outage; rows that took effect earlier are then skipped. Without a store that outlives the
 * instance, all rows take effect again, which changes nothing.
 */
export class SideOffsets {
  readonly #before = new Map<string, SideOffset>()
  readonly #seen = new Map<string, { readonly offset: number; readonly timestamp: number }>()
  readonly #checkpoint = new Checkpoint()
  /** Offsets that took effect here, with the event time by which they did. */
  #reached: { readonly eventTime: number; readonly offsets: readonly SideOffset[] }[] = []

  /** Sets the deployment's offsets from before this instance started. */
  resume(offsets: readonly SideOffset[]): void {
    for (const offset of offsets) this.#before.set(partitionKey(offset), offset)
  }

  /** Offset up to which rows had taken effect before this instance started, if known. */
  appliedBefore(partition: PartitionId): number | undefined {
    return this.#before.get(partitionKey(partition))?.offset
  }

  /** Rows before `offset` were removed before they took effect. They count as done, so that later starts do not report them. */
  removed(partition: PartitionId, offset: number): void {
    const timestamp = this.#before.get(partitionKey(partition))?.timestamp ?? 0
    this.#reached.push({
      eventTime: Number.NEGATIVE_INFINITY,
      offsets: [{ ...partition, offset, timestamp }],
    })
  }

  /** Takes a row; returns undefined if it has already taken effect, else a function to call when it has. */
  take({
    position,
    timestamp,
  }: {
    readonly position: Position
    readonly timestamp: number
  }): (() => void) | undefined {
    const key = partitionKey(position)
    const before = this.#before.get(key)
    const seen = this.#seen.get(key)
    if (seen && position.offset <= seen.offset && timestamp <= seen.timestamp) return undefined
    this.#seen.set(key, {
      offset: position.offset,
      timestamp: Math.max(timestamp, seen?.timestamp ?? 0),
    })
    if (before && position.offset < before.offset && timestamp <= before.timestamp) return undefined
    this.#checkpoint.take(position)
    return () => this.#checkpoint.settle(position)
  }

  /**
   * The offsets to report: rows that took effect here by an event time that all partitions of all instances have
   * passed. `eventTime` is that of this instance.
   */
  reportable(eventTime: number, watermark: number | undefined): readonly SideOffset[] {
    const offsets = this.#checkpoint.advance().map(
      ({ topic, partition, offset }): SideOffset => ({
        topic,
        partition,
        offset,
        timestamp: this.#seen.get(partitionKey({ topic, partition }))?.timestamp ?? 0,
      }),
    )
    if (offsets.length > 0) this.#reached.push({ eventTime, offsets })
    if (this.#reached.length > MAX_REACHED)
      this.#reached = [
        { eventTime, offsets: lastOfEach(this.#reached.flatMap((reached) => reached.offsets)) },
      ]
    if (watermark === undefined) return []
    const due = this.#reached.filter((reached) => reached.eventTime <= watermark)
    this.#reached = this.#reached.filter((reached) => reached.eventTime > watermark)
    return lastOfEach(due.flatMap((reached) => reached.offsets))
  }
}

function lastOfEach(offsets: readonly SideOffset[]): SideOffset[] {
  return [...new Map(offsets.map((offset) => [partitionKey(offset), offset])).values()]
}
