import type { Position } from '../../domain/message.ts'
import {
  type AssignedPartition,
  type OffsetRange,
  type PartitionId,
  partitionKey,
} from '../../domain/ports.ts'
import type { EachBatchPayload } from '../kafka/client.ts'

/** How a batch stands to what was read before in the assignment. */
export type Continuation =
  /** It goes on where everything before `from` was handed over; what lies before the position was read. */
  | { readonly kind: 'continues'; readonly from: number; readonly position: number }
  /** It was fetched from behind the position: before the assignment, or because the log begins later now. */
  | { readonly kind: 'ahead'; readonly position: number }
  /** The log is said to end before the position. */
  | { readonly kind: 'short'; readonly position: number }
  /** Nothing is known of the partition yet. */
  | { readonly kind: 'unknown' }

/** Offsets of a batch that held no record. */
interface Empty {
  readonly first: number
  readonly last: number
}

/**
 * Partitions held between two rebalances, and how far each was read in it. The client reads all of them again after each,
 * so they are given up whole. Its fetchers, one a broker, do not wait for one another: when one of them rejoins the
 * group, a fetch of another that was sent before may come back after. So a batch is only believed where it continues
 * what was read in this assignment, beginning with the committed offset.
 */
export class Assignment {
  readonly epoch: number
  readonly partitions: readonly PartitionId[]
  /** Resolves when the handler is prepared for them; `preparing` until then. */
  ready: Promise<void> = Promise.resolve()
  preparing = true
  /** Nothing more is handed over. */
  ending = false
  readonly #held: Set<string>
  /** Held, but not taken over yet. */
  readonly #withheld = new Set<string>()
  readonly #announced: PartitionId[] = []
  /** The offset up to which each partition was read. */
  readonly #positions = new Map<string, number>()
  /** The offset up to which it was handed over: what lies between it and the position is no record. */
  readonly #handedOver = new Map<string, number>()
  readonly #written = new Map<string, readonly OffsetRange[]>()
  readonly #topicIds = new Map<string, string>()
  /** By topic, as the brokers said last. */
  readonly #leaderless = new Map<string, ReadonlySet<number>>()
  /** What was not believed of a partition last: to be believed when it is all that comes. */
  readonly #empties = new Map<string, Empty>()

  constructor(epoch: number, partitions: readonly PartitionId[]) {
    this.epoch = epoch
    this.partitions = partitions
    this.#held = new Set(partitions.map(partitionKey))
  }

  /** Whether the partition may be read and committed. */
  holds(id: PartitionId): boolean {
    return this.#held.has(partitionKey(id)) && !this.#withheld.has(partitionKey(id))
  }

  /** Neither reads nor commits the partitions other than these until they are released. */
  withholdOthers(than: readonly PartitionId[]): void {
    this.#withheld.clear()
    const keys = new Set(than.map(partitionKey))
    for (const key of this.#held) if (!keys.has(key)) this.#withheld.add(key)
  }

  release(ids: readonly PartitionId[]): void {
    for (const id of ids) this.#withheld.delete(partitionKey(id))
  }

  /** Partitions that somebody else may still commit. */
  withheld(): PartitionId[] {
    return this.partitions.filter((id) => {
      const key = partitionKey(id)
      return this.#held.has(key) && this.#withheld.has(key)
    })
  }

  /** The handler knows of these, and so must be called when they are revoked. */
  announce(ids: readonly PartitionId[]): void {
    this.#announced.push(...ids)
  }

  get announced(): readonly PartitionId[] {
    return this.#announced
  }

  /** Neither reads nor commits a partition any more until it is assigned again. */
  abandon(id: PartitionId): void {
    this.#held.delete(partitionKey(id))
  }

  /** Id of the topic whose offsets are read and committed; undefined: it is not known. */
  topicId(topic: string): string | undefined {
    return this.#topicIds.get(topic)
  }

  knowTopic(topic: string, id: string): void {
    this.#topicIds.set(topic, id)
  }

  /** What the brokers say of a topic: which of its partitions none of them leads. */
  noteLeaderless(topic: string, partitions: readonly number[]): void {
    this.#leaderless.set(topic, new Set(partitions))
  }

  /** Partitions that are not read for want of a leader. */
  leaderless(): PartitionId[] {
    return this.partitions.filter((id) => {
      if (!this.holds(id)) return false
      return this.position(id) === undefined || this.#leaderless.get(id.topic)?.has(id.partition) === true
    })
  }

  /**
   * Says where reading of a partition begins, or goes on without the records before. `written`: records behind it whose
   * outputs are written.
   */
  place(position: Position, written?: readonly OffsetRange[]): void {
    const key = partitionKey(position)
    if (written) this.#written.set(key, written)
    this.#positions.set(key, position.offset)
    if (!this.#handedOver.has(key)) this.#handedOver.set(key, position.offset)
  }

  /** Forgets where reading of these begins. */
  displace(ids: readonly PartitionId[]): void {
    for (const known of [this.#positions, this.#handedOver, this.#written])
      for (const id of ids) known.delete(partitionKey(id))
  }

  /** The partition was read up to `position`, with its last record before `handedOver`. */
  advance(id: PartitionId, position: number, handedOver: number): void {
    this.#positions.set(partitionKey(id), position)
    this.#handedOver.set(partitionKey(id), handedOver)
  }

  position(id: PartitionId): number | undefined {
    return this.#positions.get(partitionKey(id))
  }

  /** The offset up to which the partition was handed over. */
  handedOver(id: PartitionId): number | undefined {
    return this.#handedOver.get(partitionKey(id))
  }

  /** Partitions of which it is not known where reading begins. */
  unplaced(): PartitionId[] {
    return this.partitions.filter((id) => this.holds(id) && this.position(id) === undefined)
  }

  /** These partitions with what is known of where reading begins. */
  placed(ids: readonly PartitionId[]): AssignedPartition[] {
    return ids.map((id) => {
      const startOffset = this.handedOver(id)
      const written = this.#written.get(partitionKey(id))
      return startOffset === undefined ? id : { ...id, startOffset, ...(written ? { written } : {}) }
    })
  }

  continuation(batch: EachBatchPayload['batch']): Continuation {
    const position = this.position(batch)
    if (position === undefined) return { kind: 'unknown' }
    const fetched = Number(batch.fetchedOffset)
    if (fetched > position) return { kind: 'ahead', position }
    if (fetched < position && Number(batch.highWatermark) < position) return { kind: 'short', position }
    this.#empties.delete(partitionKey(batch))
    return { kind: 'continues', from: this.#handedOver.get(partitionKey(batch))!, position }
  }

  /**
   * A batch held nothing for a reader, as the end of a transaction, and the client has passed over it. False: it does
   * not continue from the position, which the client must go back to. The same answer there says that nothing lies
   * between.
   */
  passOver(id: PartitionId, first: number | null, last: number): boolean {
    const position = this.position(id)
    if (position === undefined) return true
    const key = partitionKey(id)
    const empty = { first: first ?? last, last }
    if (empty.first > position) {
      const before = this.#empties.get(key)
      this.#empties.set(key, empty)
      if (before?.first !== empty.first || before.last !== empty.last) return false
    }
    this.#empties.delete(key)
    this.#positions.set(key, Math.max(position, last + 1))
    return true
  }
}
