import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Position } from '../domain/message.ts'
import {
  type AssignedPartition,
  type PartitionId,
  partitionKey,
  type RecordRun,
  type SourceHandler,
} from '../domain/ports.ts'
import { type Client, databaseError, openClient } from './database.ts'
import { UnfitRecord } from './fields.ts'
import { archivedOffsets, type LogOf, openOffsets } from './offsets.ts'
import { Partitions } from './partitions.ts'
import { type ArchiveInput, type ArchiveRow, type RowOptions, rowOf } from './rows.ts'
import { ArchiveWriter, type Stretch } from './writer.ts'

export interface IntakeOptions extends RowOptions {
  readonly url: string
  /** What each topic holds. */
  readonly inputs: ReadonlyMap<string, ArchiveInput>
  /** ms */
  readonly retention: number
  readonly logsOf: (partitions: readonly PartitionId[]) => Promise<readonly LogOf[]>
  /** Reports to the source how far a partition is done. */
  readonly commit: (checkpoints: readonly Position[], epoch: number) => Promise<void>
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** A run on its way, and its taker. */
interface Waiting {
  readonly run: RecordRun
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const EXPIRE_EVERY = 3_600_000
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 10_000

/**
 * Takes runs of records from a source and writes what comes together in one transaction, one after the other. A run is
 * taken in when it is in the database, so a slow database slows the source down and nothing else; an outage is waited
 * out, and what was in doubt when the connection broke is looked up by its offsets.
 */
export class ArchiveIntake implements SourceHandler {
  readonly #options: IntakeOptions
  readonly #partitions: Partitions
  #client: Client | undefined
  #writer: ArchiveWriter | undefined
  readonly #next = new Map<string, number>()
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #expiredAt = Number.NEGATIVE_INFINITY
  #lost: string | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#partitions = new Partitions(options.retention)
  }

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    const logs = await this.#options.logsOf(partitions)
    const next = await this.#untilReached((client) => openOffsets(client, logs))
    for (const [key, offset] of next) this.#next.set(key, offset)
  }

  async revoked(): Promise<void> {
    await this.#writing
  }

  records(run: RecordRun): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ run, done, failed })
      this.#writing ??= this.#write()
    })
  }

  unready(): readonly string[] {
    return this.#lost === undefined ? [] : [this.#lost]
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#drop()
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      try {
        await this.#writeTogether(waiting.map(({ run }) => run))
        for (const { done } of waiting) done()
      } catch (error) {
        for (const { failed } of waiting) failed(error)
      }
    }
    // In the same turn as the last look at `#waiting`: a run that comes now begins a new round.
    this.#writing = undefined
  }

  async #writeTogether(runs: readonly RecordRun[]): Promise<void> {
    const began = performance.now()
    const now = Date.now()
    if (now - this.#expiredAt >= EXPIRE_EVERY) await this.#expire(now)
    const stretches = this.#stretchesOf(runs, now)
    await this.#settle(stretches)
    const sum = (of: (stretch: Stretch) => number) => stretches.reduce((all, one) => all + of(one), 0)
    const rows = sum((one) => one.rows.length)
    const refused = stretches.flatMap((one) => one.refused)
    const records = runs.reduce((all, run) => all + run.records.length, 0)
    const { emit, commit } = this.#options
    const seconds = (performance.now() - began) / 1000
    emit({ name: 'archived', rows, left: records - rows - refused.length, seconds })
    if (refused.length > 0)
      emit({ name: 'archive_refused', count: refused.length, reason: refused[0]!.reason })
    for (const { partition, epoch } of runs)
      await commit([{ ...partition, offset: this.#next.get(partitionKey(partition))! }], epoch)
  }

  /** What the runs add to each partition; what lies before the offset that is archived is left out. */
  #stretchesOf(runs: readonly RecordRun[], now: number): Stretch[] {
    const stretches: Stretch[] = []
    const reached = new Map(this.#next)
    for (const { partition, records } of runs) {
      const key = partitionKey(partition)
      const from = reached.get(key)!
      const rows: (ArchiveRow & { offset: number })[] = []
      const refused: { offset: number; reason: string }[] = []
      let to = from
      for (const { position, timestamp: at, key: name, value } of records) {
        const { offset } = position
        if (offset < from) continue
        to = offset + 1
        try {
          const place = { key: name?.toString('utf8') ?? null, at }
          const row = rowOf(this.#options.inputs.get(partition.topic)!, value, this.#options, place)
          if (row && (row.ts === undefined || this.#partitions.keeps(row.ts, now)))
            rows.push({ ...row, offset })
        } catch (error) {
          if (!(error instanceof UnfitRecord)) throw error
          refused.push({ offset, reason: error.message })
        }
      }
      reached.set(key, to)
      if (to > from) stretches.push({ ...partition, from, to, rows, refused })
    }
    return stretches
  }

  /** Resolves when all of it is in the database, whoever wrote it. */
  async #settle(stretches: readonly Stretch[]): Promise<void> {
    if (stretches.length === 0) return
    let left = stretches
    while (left.length > 0) {
      const some = left
      try {
        await this.#untilReached((_client, writer) => writer.write(some))
        left = []
      } catch (error) {
        if (!(error instanceof SigwatchError)) throw error
        if (error.code === 'STORE_CONFLICT') left = await this.#behindOf(some)
        else if (isOfRows(error)) {
          await this.#settleApart(some, error)
          left = []
        } else throw error
      }
    }
    for (const { to, ...partition } of stretches) this.#next.set(partitionKey(partition), to)
  }

  /** A row that the database refuses is found by halves, and noted. */
  async #settleApart(stretches: readonly Stretch[], error: SigwatchError): Promise<void> {
    for (const stretch of stretches) {
      const { from, to, rows, refused } = stretch
      if (rows.length > 1) {
        const middle = rows[rows.length >> 1]!.offset
        const part = (first: number, last: number): Stretch => ({
          ...stretch,
          from: first,
          to: last,
          rows: rows.filter(({ offset }) => offset >= first && offset < last),
          refused: refused.filter(({ offset }) => offset >= first && offset < last),
        })
        await this.#settle([part(from, middle)])
        await this.#settle([part(middle, to)])
      } else if (rows.length === 1 && stretches.length === 1) {
        const note = { offset: rows[0]!.offset, reason: error.message }
        await this.#settle([{ ...stretch, rows: [], refused: [...refused, note] }])
      } else await this.#settle([stretch])
    }
  }

  /** What of the stretches is not in the database yet: a commit whose answer was lost, or another process, did a part. */
  async #behindOf(stretches: readonly Stretch[]): Promise<Stretch[]> {
    const stored = await this.#untilReached((client) => archivedOffsets(client))
    return stretches.flatMap((stretch) => {
      const from = stored.get(partitionKey(stretch)) ?? stretch.to
      if (from >= stretch.to) return []
      const later = ({ offset }: { readonly offset: number }) => offset >= from
      return [{ ...stretch, from, rows: stretch.rows.filter(later), refused: stretch.refused.filter(later) }]
    })
  }

  async #expire(now: number): Promise<void> {
    this.#expiredAt = now
    const dropped = await this.#untilReached((client) => this.#partitions.expire(client, now))
    if (dropped.length > 0) this.#options.emit({ name: 'archive_expired', partitions: dropped.length })
  }

  /** Tries again with a new connection while the database cannot be reached; rejects when stopped meanwhile. */
  async #untilReached<T>(work: (client: Client, writer: ArchiveWriter) => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        this.#client ??= await openClient(this.#options.url, 'sigwatch archive')
        this.#writer ??= new ArchiveWriter(this.#client, this.#partitions)
        const result = await work(this.#client, this.#writer)
        if (this.#lost !== undefined) this.#options.emit({ name: 'connection_restored', service: 'postgres' })
        this.#lost = undefined
        return result
      } catch (cause) {
        const error = databaseError(cause)
        if (error.code !== 'ARCHIVE_UNREACHABLE') throw error
        await this.#drop()
        if (this.#lost === undefined)
          this.#options.emit({ name: 'connection_lost', service: 'postgres', reason: error.message })
        this.#lost = error.message
        if (this.#options.signal.aborted) throw error
        await sleep(pause, undefined, { signal: this.#options.signal }).catch(() => undefined)
      }
    }
  }

  async #drop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#writer = undefined
    await client?.end().catch(() => undefined)
  }
}

/** The database refuses a value, or a row as a whole. */
function isOfRows({ cause }: SigwatchError): boolean {
  const { code } = (cause ?? {}) as { code?: string }
  return code !== undefined && /^(22|23|54)/.test(code)
}
