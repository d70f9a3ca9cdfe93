import type { Position } from '../../domain/message.ts'
import {
  type AssignedPartition,
  type OffsetRange,
  type PartitionId,
  partitionKey,
} from '../../domain/ports.ts'
import type { EachBatchPayload } from '../kafka/client.ts'

export type Continuation =
  /** It continues: everything before `from` was handed over, and everything before `position` was read. */
  | { readonly kind: 'continues'; readonly from: number; readonly position: number }
  /** It starts after the position: it was fetched before this assignment, or the start of the log has moved. */
  | { readonly kind: 'ahead'; readonly position: number }
  /** The log ends before the position, according to the broker. */
  | { readonly kind: 'short'; readonly position: number }
  /** The partition has no position yet. */
  | { readonly kind: 'unknown' }

interface Empty {
  readonly first: number
  readonly last: number
}

/**
 * The partitions held between two rebalances, and how far each was read. The client rereads all of them after a
 * rebalance, so they are given up as a whole. Its fetchers, one per broker, run independently: when one rejoins the
 * group, another's earlier fetch may return afterwards. So a batch is only accepted if it continues what was read in
 * this assignment, starting from the committed offset.
 */
export class Assignment {
  readonly epoch: number
  readonly partitions: readonly PartitionId[]
  /** Resolves when the handler is prepared for the partitions; `preparing` is true until then. */
  ready: Promise<void> = Promise.resolve()
  preparing = true
  /** No more records are handed over. */
  ending = false
  readonly #held: Set<string>
  /** Held, but not taken over yet. */
  readonly #withheld = new Set<string>()
  readonly #announced: PartitionId[] = []
  readonly #positions = new Map<string, number>()
  /** End of the records handed over, by partition; no records lie between it and the position. */
  readonly #handedOver = new Map<string, number>()
  readonly #written = new Map<string, readonly OffsetRange[]>()
  readonly #topicIds = new Map<string, string>()
  /** By topic, from the last answer of the brokers. */
  readonly #leaderless = new Map<string, ReadonlySet<number>>()
  /** The last empty batch that did not continue, by partition; accepted if it is all that arrives. */
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

  /** Excludes all other partitions from reading and committing until they are released. */
  withholdOthers(than: readonly PartitionId[]): void {
    this.#withheld.clear()
    const keys = new Set(than.map(partitionKey))
    for (const key of this.#held) if (!keys.has(key)) this.#withheld.add(key)
  }

  release(ids: readonly PartitionId[]): void {
    for (const id of ids) this.#withheld.delete(partitionKey(id))
  }

  /** Partitions that another member may still commit. */
  withheld(): PartitionId[] {
    return this.partitions.filter((id) => {
      const key = partitionKey(id)
      return this.#held.has(key) && this.#withheld.has(key)
    })
  }

  /** Records that the handler was told of these, so that it is also called when they are revoked. */
  announce(ids: readonly PartitionId[]): void {
    this.#announced.push(...ids)
  }

  get announced(): readonly PartitionId[] {
    return this.#announced
  }

  /** Excludes a partition from reading and committing until it is assigned again. */
  abandon(id: PartitionId): void {
    this.#held.delete(partitionKey(id))
  }

  /** Id of the topic that is read and committed; undefined if unknown. */
  topicId(topic: string): string | undefined {
    return this.#topicIds.get(topic)
  }

  knowTopic(topic: string, id: string): void {
    this.#topicIds.set(topic, id)
  }

  noteLeaderless(topic: string, partitions: readonly number[]): void {
    this.#leaderless.set(topic, new Set(partitions))
  }

  /** Partitions that are not read because they have no leader. */
  leaderless(): PartitionId[] {
    return this.partitions.filter((id) => {
      if (!this.holds(id)) return false
      return this.position(id) === undefined || this.#leaderless.get(id.topic)?.has(id.partition) === true
    })
  }

  /**
   * Sets where reading of a partition starts, or continues after skipped records. `written` lists the ranges behind it
   * whose outputs are already written.
   */
  place(position: Position, written?: readonly OffsetRange[]): void {
    const key = partitionKey(position)
    if (written) this.#written.set(key, written)
    this.#positions.set(key, position.offset)
    if (!this.#handedOver.has(key)) this.#handedOver.set(key, position.offset)
  }

  displace(ids: readonly PartitionId[]): void {
    for (const known of [this.#positions, this.#handedOver, this.#written])
      for (const id of ids) known.delete(partitionKey(id))
  }

  /** The partition was read up to `position`; its last record lies before `handedOver`. */
  advance(id: PartitionId, position: number, handedOver: number): void {
    this.#positions.set(partitionKey(id), position)
    this.#handedOver.set(partitionKey(id), handedOver)
  }

  position(id: PartitionId): number | undefined {
    return this.#positions.get(partitionKey(id))
  }

  handedOver(id: PartitionId): number | undefined {
    return this.#handedOver.get(partitionKey(id))
  }

  unplaced(): PartitionId[] {
    return this.partitions.filter((id) => this.holds(id) && this.position(id) === undefined)
  }

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
   * The client skipped a batch without records for readers, such as the end of a transaction. Returns false if it does
   * not continue from the position, to which the client must seek back. If the same batch arrives again there, nothing
   * lies in between.
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
