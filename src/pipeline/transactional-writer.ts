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
import { writeReporting } from '../domain/sink-refused.ts'
import { reportAlertLatency } from './alert-latency.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Intaken } from './outputs.ts'
import { PartitionWriter } from './partition-writer.ts'

export interface TransactionalWriterParts {
  readonly transactions: Transactions
  /** Receives records that do not follow from a single input record. */
  readonly sink: Sink
  readonly checkpoint: Checkpoint
  readonly clock: Clock
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Another instance writes the partition: the assignment must be given up and renewed. */
  readonly lost: (error: unknown) => void
  /** Called when the partition must be held because its writes hang, and again when it may continue. */
  readonly held: (id: PartitionId, isHeld: boolean) => void
}

/**
 * Maximum number of parts of one partition that wait for others: the commit metadata must list the written ranges
 * behind each of them, and has room for about this many.
 */
export const MAX_WAITING_PARTS = 600
/** Time after which a hanging write is reported, ms. */
const TOLD_AFTER = 3_000

/** Outputs of items that share a record, written together, as a crash would otherwise repeat some of them. */
interface Entry {
  readonly offsets: number[]
  readonly records: OutputRecord[]
  items: number
}

interface Share {
  readonly items: Intaken[]
  readonly entries: Set<Entry>
}

/**
 * Writes the outputs of batches in transactions, separately for each partition, and settles their records when they are
 * committed. Items of an assignment that has ended are dropped: they are read again. A partition whose write hangs is
 * held, and its waiting items take no room from the others.
 */
export class TransactionalWriter {
  readonly #parts: TransactionalWriterParts
  readonly #writers = new Map<string, PartitionWriter>()
  readonly #hanging = new Set<PartitionWriter>()
  /** Outputs of split records that wait because other items of the record wait for parts. */
  readonly #waiting = new Map<PartitionWriter, Set<Entry>>()
  #failure: unknown

  constructor(parts: TransactionalWriterParts) {
    this.#parts = parts
    // Each writer adds a listener.
    setMaxListeners(0, parts.signal)
  }

  /** The error that stopped writing; undefined if there is none. */
  get failure(): unknown {
    return this.#failure
  }

  assign(id: PartitionId, epoch: number): void {
    const { transactions, checkpoint, emit, signal } = this.#parts
    const { topic, partition } = id
    this.drop(id)
    const failed = (error: unknown) => this.#failed(error)
    const hangs = (writer: PartitionWriter, isHanging: boolean) => this.#hangs(writer, isHanging)
    const own = { id: { topic, partition }, epoch, transactions, checkpoint, emit, signal, failed, hangs }
    this.#writers.set(partitionKey(id), new PartitionWriter(own))
  }

  drop(id: PartitionId): void {
    const writer = this.#writers.get(partitionKey(id))
    if (!writer) return
    writer.end()
    this.#waiting.delete(writer)
    this.#writers.delete(partitionKey(id))
  }

  /** Number of items that wait for hanging writes. */
  aside(): number {
    let items = 0
    for (const { size } of this.#hanging) items += size
    return items
  }

  /** Reasons for `/readyz`. */
  unready(): readonly string[] {
    return [...this.#hanging].flatMap((writer) => {
      const ms = writer.unansweredFor()
      return ms < TOLD_AFTER
        ? []
        : [
            `kafka transactions: ${partitionKey(writer.id)} waits, a write has not been answered for ${Math.round(ms / 1000)} s`,
          ]
    })
  }

  /** Queues the outputs; `done` is called for items that are committed or given up. */
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
    const writtenOthers = this.#writeOthers(others)
    const written = [...shares].map(async ([writer, share]) => {
      const entries = [...share.entries]
      await writer.add(entries)
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
    try {
      if (records.length > 0) await writeReporting(sink, records, emit, signal)
    } catch (error) {
      this.#failure ??= error
    }
  }

  /** Outputs by partition, in order, and those that follow from no item. */
  #sorted(items: readonly Intaken[], outputs: readonly OutputRecord[]) {
    const shares = new Map<PartitionWriter, Share>()
    const places = new Map<string, Map<number, Entry>>()
    /** Number of items of assignments that have ended. */
    let left = 0
    for (const item of items) {
      const positions =
        item.kind === 'rejected' ? [item.position] : item.message.origins.map(({ position }) => position)
      const key = partitionKey(positions[0]!)
      const writer = this.#writers.get(key)
      if (writer?.epoch !== item.epoch) {
        left++
        continue
      }
      const place = places.get(key) ?? this.#placesOf(writer)
      places.set(key, place)
      const share = shares.get(writer) ?? { items: [], entries: new Set() }
      shares.set(writer, share)
      share.items.push(item)
      share.entries.add(entryOf(positions, place, share.entries))
    }
    const others: OutputRecord[] = []
    for (const record of outputs) {
      const { origin } = record
      if (origin === undefined) others.push(record)
      else places.get(partitionKey(origin))?.get(origin.offset)?.records.push(record)
    }
    for (const [writer, { entries }] of shares) this.#keepBack(writer, entries)
    return { shares, others, left }
  }

  #placesOf(writer: PartitionWriter): Map<number, Entry> {
    const waiting = [...(this.#waiting.get(writer) ?? [])]
    return new Map(waiting.flatMap((entry) => entry.offsets.map((offset) => [offset, entry] as const)))
  }

  /** Removes entries from those to write whose records have items that are not here yet. */
  #keepBack(writer: PartitionWriter, entries: Set<Entry>): void {
    const items = this.#parts.checkpoint.splitRecords(writer.id)
    if (items.size === 0) return
    const waiting = this.#waiting.get(writer) ?? new Set()
    this.#waiting.set(writer, waiting)
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

  #hangs(writer: PartitionWriter, isHanging: boolean): void {
    if (isHanging) this.#hanging.add(writer)
    else this.#hanging.delete(writer)
    this.#parts.held(writer.id, isHanging)
  }

  #failed(error: unknown): void {
    if (error instanceof SigwatchError && error.code === 'TRANSACTION_LOST') {
      const message = `a transaction was lost: ${error.message}. This instance joins the group again and repeats what was not committed. If this happens again, look for another deployment with the same kafka.groupId`
      this.#parts.emit({ name: 'warning', message })
      this.#parts.lost(error)
    } else this.#failure ??= error
  }
}

/** The entry for these positions: an existing one if a record among them has one, merging the others into it. */
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
