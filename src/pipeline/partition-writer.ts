import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { OutputRecord, PartitionId, Transactions } from '../domain/ports.ts'
import { reportRefused, SinkRefused } from '../domain/sink-refused.ts'
import { smallerDeadLetter } from '../domain/smaller-dead-letter.ts'
import type { Checkpoint } from './checkpoint.ts'
import { slimmer } from './outlet.ts'

export interface WriterEntry {
  readonly offsets: readonly number[]
  readonly records: readonly OutputRecord[]
  /** Number of messages and unreadable records in it; default: one. */
  readonly items?: number
}

export interface PartitionWriterParts {
  readonly id: PartitionId
  readonly epoch: number
  readonly transactions: Transactions
  readonly checkpoint: Checkpoint
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Nothing more is written for the partition in this assignment. */
  readonly failed: (error: unknown) => void
  /** Called when a write has not been answered for long, and again when it has been answered or given up. */
  readonly hangs: (writer: PartitionWriter, hangs: boolean) => void
}

interface Queued extends WriterEntry {
  readonly items: number
  readonly bytes: number
  readonly share: Share
}

interface Share {
  left: number
  readonly resolve: () => void
}

/**
 * Minimum interval between the starts of transactions, ms. A transaction costs five round trips and a marker in each
 * partition it writes to, whatever its size; entries that arrive meanwhile are written with the next. A full
 * transaction does not wait.
 */
const EVERY = 100
/** Maximum size of keys and values in a transaction, bytes: brokers refuse batches above 1 MiB by default. */
const MAX_BYTES = 700_000
const RECORD_OVERHEAD = 256
/** Time after which an unanswered write hangs, ms: writes normally take a fraction of it, even over a slow line. */
const HANGS_AFTER = 1_000

/**
 * Writes the outputs of one partition of an assignment, in processing order: one transaction after the other, each with
 * the offsets written so far. Outputs that fail for good, or no longer belong to this partition's owner, are left to
 * the next reader.
 */
export class PartitionWriter {
  readonly #parts: PartitionWriterParts
  readonly #queue: Queued[] = []
  #bytes = 0
  readonly #over = new AbortController()
  #running = false
  #ended = false
  #began = Number.NEGATIVE_INFINITY
  /** Starts the transaction that is waiting for its interval. */
  #startNow: (() => void) | undefined
  /** Number of entries neither written nor given up. */
  #size = 0
  /** Start time of the unanswered write; undefined if there is none. */
  #writingSince: number | undefined
  #hangs = false

  constructor(parts: PartitionWriterParts) {
    this.#parts = parts
    const end = () => this.#over.abort()
    if (parts.signal.aborted) end()
    parts.signal.addEventListener('abort', end, { once: true, signal: this.#over.signal })
  }

  get epoch(): number {
    return this.#parts.epoch
  }

  get id(): PartitionId {
    return this.#parts.id
  }

  /** Number of entries neither written nor given up. */
  get size(): number {
    return this.#size
  }

  /** How long the current write has been unanswered, ms; 0 if there is none. */
  unansweredFor(): number {
    return this.#writingSince === undefined ? 0 : performance.now() - this.#writingSince
  }

  /** Resolves when all entries are written and settled in the checkpoint, or nothing more will be written. */
  add(entries: readonly WriterEntry[]): Promise<void> {
    if (this.#ended || entries.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const share = { left: entries.length, resolve }
      for (const { offsets, records, items = 1 } of entries) {
        this.#size += items
        let bytes = 0
        for (const record of records) bytes += sizeOf(record)
        this.#bytes += bytes
        this.#queue.push({ offsets, records, items, bytes, share })
      }
      if (!this.#running) void this.#run()
      else if (this.#isFull) this.#startNow?.()
    })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#over.abort()
    for (const { share } of this.#queue) share.resolve()
    this.#queue.length = 0
    this.#setHangs(false)
    this.#size = 0
    this.#startNow?.()
  }

  /** The queue exceeds one transaction, so waiting would not reduce the number of transactions. */
  get #isFull(): boolean {
    return this.#bytes > MAX_BYTES
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#queue.length > 0) {
      const early = this.#began + EVERY - performance.now()
      if (early > 0 && !this.#isFull) await this.#pause(early)
      if (this.#ended) return
      this.#began = performance.now()
      const entries = this.#take()
      try {
        await this.#commit(entries)
      } catch (error) {
        for (const { share } of entries) share.resolve()
        if (this.#ended) return
        this.end()
        this.#parts.failed(error)
        return
      }
    }
    this.#running = false
  }

  /** Resolves after `ms`, or when there is no more reason to wait. */
  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
      this.#startNow = resolve
    })
    clearTimeout(timer)
    this.#startNow = undefined
  }

  #take(): Queued[] {
    let [count, bytes] = [0, 0]
    for (; count < this.#queue.length; count++) {
      const sum = bytes + this.#queue[count]!.bytes
      if (sum > MAX_BYTES && count > 0) break
      bytes = sum
    }
    this.#bytes -= bytes
    return this.#queue.splice(0, count)
  }

  /** Runs one transaction. A refused record is located by bisection and reduced until it is accepted, or left out. */
  async #commit(entries: readonly Queued[]): Promise<void> {
    const { id, epoch, transactions, checkpoint } = this.#parts
    const reached = checkpoint.reachedWith(
      id,
      entries.flatMap(({ offsets }) => offsets),
      epoch,
    )
    if (reached === undefined) throw new SigwatchError('TRANSACTION_LOST', 'another assignment has begun')
    const records = entries.flatMap((entry) => entry.records)
    try {
      await this.#answered(transactions.write({ partition: id, epoch, records, reached }, this.#over.signal))
    } catch (error) {
      if (!(error instanceof SinkRefused)) throw error
      const half = entries.length >> 1
      const pieces =
        half > 0
          ? [entries.slice(0, half), entries.slice(half)]
          : [entries.map((entry) => this.#smaller(entry, error))]
      for (const piece of pieces) await this.#commit(piece)
      return
    }
    this.#settle(entries)
  }

  async #answered(write: Promise<void>): Promise<void> {
    this.#writingSince = performance.now()
    const timer = setTimeout(() => this.#setHangs(true), HANGS_AFTER)
    try {
      await write
    } finally {
      clearTimeout(timer)
      this.#writingSince = undefined
      this.#setHangs(false)
    }
  }

  #setHangs(hangs: boolean): void {
    if (hangs === this.#hangs || (hangs && this.#ended)) return
    this.#hangs = hangs
    this.#parts.hangs(this, hangs)
  }

  #settle(entries: readonly Queued[]): void {
    const { id, epoch, checkpoint } = this.#parts
    for (const { offsets, items, share } of entries) {
      if (!this.#ended) this.#size -= items
      for (const offset of offsets) checkpoint.settle({ ...id, offset }, epoch)
      if (--share.left === 0) share.resolve()
    }
  }

  /** The entry with every possibly refused record reduced; if none can be, without the largest of them, which is reported. */
  #smaller(entry: Queued, error: SinkRefused): Queued {
    const refused = new Set(error.refused.map(({ record }) => record))
    const smaller = new Map(
      [...refused].flatMap((record) => {
        const less = lessOf(record)
        return less ? [[record, less] as const] : []
      }),
    )
    if (smaller.size > 0)
      return { ...entry, records: entry.records.map((record) => smaller.get(record) ?? record) }
    const [largest] = [...refused].sort((a, b) => sizeOf(b) - sizeOf(a))
    reportRefused(this.#parts.emit, new SinkRefused(error.refused.filter(({ record }) => record === largest)))
    return { ...entry, records: entry.records.filter((record) => record !== largest) }
  }
}

/** The record with less content; undefined if nothing can be removed. */
function lessOf(record: OutputRecord): OutputRecord | undefined {
  const less = smallerDeadLetter(record) ?? slimmer(record)
  return less && sizeOf(less) < sizeOf(record) ? less : undefined
}

function sizeOf({ key, value }: OutputRecord): number {
  return (value === null ? 0 : Buffer.byteLength(value)) + (key?.length ?? 0) + RECORD_OVERHEAD
}
