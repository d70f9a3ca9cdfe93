import type { Position } from '../domain/message.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'

interface Track {
  readonly id: PartitionId
  /** Offsets taken in, ascending; those before `head` are passed. */
  offsets: number[]
  head: number
  readonly settled: Set<number>
  /** Next offset to read, when everything up to it is settled. */
  next: number | undefined
  committed: number | undefined
}

const COMPACT_FROM = 8192

/**
 * The highest contiguous acknowledged offset of each partition. An offset is passed when it and every offset taken in
 * before it are settled: acknowledged by the sinks, or a dead letter that was.
 */
export class Checkpoint {
  readonly #tracks = new Map<string, Track>()

  #track(id: PartitionId): Track {
    const key = partitionKey(id)
    let track = this.#tracks.get(key)
    if (!track) {
      track = {
        id: { topic: id.topic, partition: id.partition },
        offsets: [],
        head: 0,
        settled: new Set(),
        next: undefined,
        committed: undefined,
      }
      this.#tracks.set(key, track)
    }
    return track
  }

  /** Offsets of a partition must be taken in ascending order. */
  take(position: Position): void {
    this.#track(position).offsets.push(position.offset)
  }

  /** A position of a partition that was forgotten is ignored. */
  settle(position: Position): void {
    const track = this.#tracks.get(partitionKey(position))
    if (!track) return
    track.settled.add(position.offset)
    while (track.head < track.offsets.length && track.settled.delete(track.offsets[track.head]!)) {
      track.next = track.offsets[track.head]! + 1
      track.head++
    }
    if (track.head >= COMPACT_FROM) {
      track.offsets = track.offsets.slice(track.head)
      track.head = 0
    }
  }

  /** Next offsets to read that moved since the last call, for the source to commit. */
  advance(): Position[] {
    const moved: Position[] = []
    for (const track of this.#tracks.values()) {
      if (track.next === undefined || track.next === track.committed) continue
      track.committed = track.next
      moved.push({ ...track.id, offset: track.next })
    }
    return moved
  }

  /** Records taken in and not yet settled. */
  pending(id?: PartitionId): number {
    let sum = 0
    for (const track of id ? [this.#tracks.get(partitionKey(id))] : this.#tracks.values()) {
      if (track) sum += track.offsets.length - track.head - track.settled.size
    }
    return sum
  }

  forget(id: PartitionId): void {
    this.#tracks.delete(partitionKey(id))
  }
}
