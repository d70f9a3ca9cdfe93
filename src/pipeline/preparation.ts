import type { RawRecord } from '../domain/message.ts'
import { type PartitionId, partitionKey, type RecordRun } from '../domain/ports.ts'

/**
 * True if everything that the records need is available. Otherwise a promise; false means that it will not be, and the
 * records are left to the next owner.
 */
export type Prepare = (records: readonly RawRecord[]) => true | Promise<boolean>

export interface PreparationParts {
  readonly prepare: Prepare
  readonly pass: (run: RecordRun) => Promise<void>
  /** The intake ends: records are left to the next owner. */
  readonly leave: () => void
}

/** Waiting bytes of one partition at which the caller waits too: not every source can read other partitions meanwhile. */
const HELD_AT = 4_000_000

interface Waiting {
  readonly runs: RecordRun[]
  bytes: number
  dropped: boolean
  /** Resolves when none is waiting any more; never rejects. */
  readonly over: Promise<void>
  readonly end: () => void
}

/**
 * Holds the records of a partition until what they need is available, without delaying other partitions. While records
 * wait, the partition is full, so that the source does not read beyond what it has fetched.
 */
export class Preparation {
  readonly #parts: PreparationParts
  readonly #waiting = new Map<string, Waiting>()
  #failure: unknown

  constructor(parts: PreparationParts) {
    this.#parts = parts
  }

  /** Resolves when the records are passed on, or wait. Rejects once work has failed for good. */
  async take(run: RecordRun): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const waiting = this.#waiting.get(partitionKey(run.partition))
    if (waiting) {
      hold(waiting, run)
      if (waiting.bytes >= HELD_AT) await waiting.over
      return
    }
    const prepared = this.#parts.prepare(run.records)
    if (prepared === true) await this.#parts.pass(run)
    else void this.#wait(run, prepared)
  }

  /** Undefined, or a promise that resolves when no record of the partition waits. */
  full(id: PartitionId): Promise<void> | undefined {
    return this.#waiting.get(partitionKey(id))?.over
  }

  drop(id: PartitionId): void {
    const waiting = this.#waiting.get(partitionKey(id))
    if (!waiting) return
    waiting.dropped = true
    this.#end(partitionKey(id), waiting)
  }

  /** Resolves when no record waits. Rejects once work has failed for good. */
  async settled(): Promise<void> {
    await Promise.all([...this.#waiting.values()].map(({ over }) => over))
    if (this.#failure !== undefined) throw this.#failure
  }

  async #wait(first: RecordRun, prepared: Promise<boolean>): Promise<void> {
    const key = partitionKey(first.partition)
    const waiting = nothingWaits()
    hold(waiting, first)
    this.#waiting.set(key, waiting)
    try {
      let ready: true | Promise<boolean> = prepared
      for (let run: RecordRun | undefined = first; run; ) {
        const isReady = await ready
        if (waiting.dropped) return
        if (!isReady) return this.#parts.leave()
        await this.#parts.pass(run)
        release(waiting, waiting.runs.shift()!)
        run = waiting.runs[0]
        if (run) ready = this.#parts.prepare(run.records)
      }
    } catch (error) {
      this.#failure ??= error
    } finally {
      this.#end(key, waiting)
    }
  }

  #end(key: string, waiting: Waiting): void {
    if (this.#waiting.get(key) === waiting) this.#waiting.delete(key)
    waiting.end()
  }
}

function nothingWaits(): Waiting {
  let end = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { runs: [], bytes: 0, dropped: false, over, end }
}

function hold(waiting: Waiting, run: RecordRun): void {
  waiting.runs.push(run)
  waiting.bytes += bytesOf(run)
}

function release(waiting: Waiting, run: RecordRun): void {
  waiting.bytes -= bytesOf(run)
}

function bytesOf({ records }: RecordRun): number {
  return records.reduce((sum, { value }) => sum + value.length, 0)
}
