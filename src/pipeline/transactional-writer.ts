import { setMaxListeners } from 'node:events'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Position } from '../domain/message.ts'
import {
  type Clock,
  type OutputRecord,
  type PartitionId,
  partitionKey,
  type Sink,
  type Transactions,
} from '../domain/ports.ts'
import { reportAlertLatency } from './alert-latency.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Intaken } from './outputs.ts'
import { TransactionLane } from './transaction-lane.ts'

export interface TransactionalWriterParts {
  readonly transactions: Transactions
  /** Takes the records that follow from no single input record. */
  readonly sink: Sink
  readonly checkpoint: Checkpoint
  readonly clock: Clock
  readonly emit: Emit
  readonly signal: AbortSignal
  /** A partition is written by somebody else: what is held is to be given up and reassigned. */
  readonly lost: (error: unknown) => void
  /** Nothing more of the partition is to come in while its writes hang; then, it may. */
  readonly held: (id: PartitionId, isHeld: boolean) => void
}

/**
 * Parts of one partition that wait for others at a time: behind each of them the commit has to say what is written, and
 * there is room for about so many.
 */
export const MAX_WAITING_PARTS = 600
/** A write that hangs for so long, ms, is told. */
const TOLD_AFTER = 3_000

/** What follows from items that share a record: it is written at once, or a crash would repeat some of it. */
interface Entry {
  readonly offsets: number[]
  readonly records: OutputRecord[]
  items: number
}

/** What is written in a lane of the items of one batch. */
interface Share {
  readonly items: Intaken[]
  readonly entries: Set<Entry>
}

/**
 * Writes what follows from batches in transactions, each partition by itself, and settles their records when they are
 * committed. An item of an assignment that has ended is left out: it is read again. A partition whose write hangs is held
 * back, and what waits of it takes no room from the others.
 */
export class TransactionalWriter {
  readonly #parts: TransactionalWriterParts
  readonly #lanes = new Map<string, TransactionLane>()
  readonly #hanging = new Set<TransactionLane>()
  /** Of records that are split, what waits for those of their items that wait for parts. */
  readonly #waiting = new Map<TransactionLane, Set<Entry>>()
  #failure: unknown

  constructor(parts: TransactionalWriterParts) {
    this.#parts = parts
    // Each lane listens to it.
    setMaxListeners(0, parts.signal)
  }

  /** Why nothing is written any more; undefined: it is. */
  get failure(): unknown {
    return this.#failure
  }

  assign(id: PartitionId, epoch: number): void {
    const { transactions, checkpoint, emit, signal } = this.#parts
    const { topic, partition } = id
    this.drop(id)
    const failed = (error: unknown) => this.#failed(error)
    const hangs = (lane: TransactionLane, isHanging: boolean) => this.#hangs(lane, isHanging)
    const own = { id: { topic, partition }, epoch, transactions, checkpoint, emit, signal, failed, hangs }
    this.#lanes.set(partitionKey(id), new TransactionLane(own))
  }

  drop(id: PartitionId): void {
    const lane = this.#lanes.get(partitionKey(id))
    if (!lane) return
    lane.end()
    this.#waiting.delete(lane)
    this.#lanes.delete(partitionKey(id))
  }

  /** Items that wait for writes that hang. */
  aside(): number {
    let items = 0
    for (const { size } of this.#hanging) items += size
    return items
  }

  /** Reasons for `/readyz`. */
  unready(): readonly string[] {
    return [...this.#hanging].flatMap((lane) => {
      const ms = lane.unansweredFor()
      return ms < TOLD_AFTER
        ? []
        : [
            `kafka transactions: ${partitionKey(lane.id)} waits, a write has not been answered for ${Math.round(ms / 1000)} s`,
          ]
    })
  }

  /** Hands the outputs over; `done` is called for those that are committed, or given up. */
  async write(
    items: readonly Intaken[],
    outputs: readonly OutputRecord[],
    done: (count: number) => void,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    let left = items.length
    const settled = (count: number) => {
      left -= count
      done(count)
    }
    void this.#send(items, outputs, settled)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => settled(left))
  }

  async #send(
    items: readonly Intaken[],
    outputs: readonly OutputRecord[],
    settled: (count: number) => void,
  ): Promise<void> {
    const began = performance.now()
    const { emit } = this.#parts
    const { shares, others, left } = this.#sorted(items, outputs)
    const writtenOthers = this.#writeOthers(others).catch((error: unknown) => {
      this.#failure ??= error
    })
    const written = [...shares].map(async ([lane, share]) => {
      const entries = [...share.entries]
      await lane.add(entries)
      reportAlertLatency(
        share.items,
        entries.flatMap(({ records }) => records),
        this.#parts,
      )
      await writtenOthers
      settled(share.items.length)
    })
    await writtenOthers
    settled(left)
    await Promise.all(written)
    emit({ name: 'stage_timed', stage: 'sink', seconds: (performance.now() - began) / 1000 })
  }

  async #writeOthers(records: readonly OutputRecord[]): Promise<void> {
    const { sink, emit, signal } = this.#parts
    if (records.length === 0) return
    try {
      await sink.write(records, signal)
    } catch (error) {
      if (!(error instanceof SigwatchError) || error.code !== 'SINK_REFUSED') throw error
      emit({ name: 'failed', code: error.code, reason: error.message })
    }
  }

  /** What follows from each item, by the lane of its partition, in their order; and what follows from none. */
  #sorted(items: readonly Intaken[], outputs: readonly OutputRecord[]) {
    const shares = new Map<TransactionLane, Share>()
    const places = new Map<string, Map<number, Entry>>()
    /** Items of assignments that have ended. */
    let left = 0
    for (const item of items) {
      const positions =
        item.kind === 'rejected' ? [item.position] : item.message.origins.map(({ position }) => position)
      const key = partitionKey(positions[0]!)
      const lane = this.#lanes.get(key)
      if (lane?.epoch !== item.epoch) {
        left++
        continue
      }
      const place = places.get(key) ?? this.#placesOf(lane)
      places.set(key, place)
      const share = shares.get(lane) ?? { items: [], entries: new Set() }
      shares.set(lane, share)
      share.items.push(item)
      share.entries.add(entryOf(positions, place, share.entries))
    }
    const others: OutputRecord[] = []
    for (const record of outputs) {
      const { origin } = record
      if (origin === undefined) others.push(record)
      else places.get(partitionKey(origin))?.get(origin.offset)?.records.push(record)
    }
    for (const [lane, { entries }] of shares) this.#keepBack(lane, entries)
    return { shares, others, left }
  }

  /** Entries by their offsets: those that wait. */
  #placesOf(lane: TransactionLane): Map<number, Entry> {
    const waiting = [...(this.#waiting.get(lane) ?? [])]
    return new Map(waiting.flatMap((entry) => entry.offsets.map((offset) => [offset, entry] as const)))
  }

  /** Takes out of the entries those of records of which not all items are here. */
  #keepBack(lane: TransactionLane, entries: Set<Entry>): void {
    const items = this.#parts.checkpoint.splitRecords(lane.id)
    if (items.size === 0) return
    const waiting = this.#waiting.get(lane) ?? new Set()
    this.#waiting.set(lane, waiting)
    for (const entry of entries) {
      waiting.delete(entry)
      const here = new Map<number, number>()
      for (const offset of entry.offsets) here.set(offset, (here.get(offset) ?? 0) + 1)
      const isWhole = [...here].every(([offset, count]) => count >= (items.get(offset) ?? 1))
      if (isWhole) continue
      entries.delete(entry)
      waiting.add(entry)
    }
  }

  #hangs(lane: TransactionLane, isHanging: boolean): void {
    if (isHanging) this.#hanging.add(lane)
    else this.#hanging.delete(lane)
    this.#parts.held(lane.id, isHanging)
  }

  #failed(error: unknown): void {
    if (error instanceof SigwatchError && error.code === 'TRANSACTION_LOST') {
      this.#parts.emit({ name: 'warning', message: `a transaction was lost: ${error.message}` })
      this.#parts.lost(error)
    } else this.#failure ??= error
  }
}

/** The entry of these positions: that of a record among them which has one, with which others of them become one. */
function entryOf(positions: readonly Position[], place: Map<number, Entry>, entries: Set<Entry>): Entry {
  const entry = positions.map(({ offset }) => place.get(offset)).find((one) => one !== undefined) ?? {
    offsets: [],
    records: [],
    items: 0,
  }
  for (const { offset } of positions) {
    const other = place.get(offset)
    if (other !== undefined && other !== entry) {
      entries.delete(other)
      entry.records.push(...other.records)
      entry.items += other.items
      for (const one of other.offsets) {
        place.set(one, entry)
        entry.offsets.push(one)
      }
    }
    place.set(offset, entry)
    entry.offsets.push(offset)
  }
  entry.items++
  return entry
}
