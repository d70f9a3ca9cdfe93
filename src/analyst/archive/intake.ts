import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { Position, RawRecord } from '../../domain/message.ts'
import {
  type AssignedPartition,
  type BoundedClock,
  type PartitionId,
  partitionKey,
  type RecordRun,
  type SourceHandler,
} from '../../domain/ports.ts'
import type { MapRow } from '../../pipeline/side-inputs/mapped-rows.ts'
import { type Client, isOfRows, isWithoutDay, openUnlimited } from './database.ts'
import { DatabaseWait } from './database-wait.ts'
import { UnfitRecord } from './fields.ts'
import { archivedOffsets, type LogOf, openOffsets } from './offsets.ts'
import type { Partitions } from './partitions.ts'
import type { Refused } from './refused.ts'
import { type ArchiveInput, type ArchiveRow, type RowOptions, rowOf } from './rows.ts'
import { ArchiveWriter, type Stretch } from './writer.ts'

export interface IntakeOptions extends RowOptions {
  readonly url: string
  /** Kind of input of each topic. */
  readonly inputs: ReadonlyMap<string, ArchiveInput>
  /** The existing day partitions. */
  readonly partitions: Partitions
  readonly clock: BoundedClock
  readonly logsOf: (partitions: readonly PartitionId[]) => Promise<readonly LogOf[]>
  /** Row readers for topics with a field map. */
  readonly maps?: ReadonlyMap<string, MapRow>
  /** Called with each run as it arrives. */
  readonly saw: (run: RecordRun) => void
  /** Commits to the source what has been archived. */
  readonly commit: (checkpoints: readonly Position[], epoch: number) => Promise<void>
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** A pending run with the callbacks of its promise. */
interface Waiting {
  readonly run: RecordRun
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Takes runs of records from a source and writes all pending ones in one transaction at a time. A run is accepted
 * once it is in the database, so a slow database only slows the source down. Outages are waited out; if a connection
 * broke during a commit, the stored offsets tell whether it succeeded.
 */
export class ArchiveIntake implements SourceHandler {
  readonly #options: IntakeOptions
  #client: Client | undefined
  #writer: ArchiveWriter | undefined
  readonly #next = new Map<string, number>()
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #tally = new Tally()
  readonly #wait: DatabaseWait

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#wait = new DatabaseWait(options)
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
    this.#options.saw(run)
    return new Promise((done, failed) => {
      this.#waiting.push({ run, done, failed })
      this.#writing ??= this.#write()
    })
  }

  unready(): readonly string[] {
    const { lost } = this.#wait
    return lost === undefined ? [] : [lost]
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
    // Cleared in the same tick as the check of `#waiting`, so that a run arriving now starts a new round.
    this.#writing = undefined
  }

  async #writeTogether(runs: readonly RecordRun[]): Promise<void> {
    const began = performance.now()
    const { emit, commit } = this.#options
    this.#tally = new Tally()
    await this.#settle(this.#stretchesOf(runs))
    const { rows, past, erased, refused, reason } = this.#tally
    const records = runs.reduce((all, run) => all + run.records.length, 0)
    const seconds = (performance.now() - began) / 1000
    const count = Object.values(refused).reduce((sum, n) => sum + n, 0)
    emit({ name: 'archived', rows: rows - erased, left: records - rows - count, past, erased, seconds })
    if (count > 0) emit({ name: 'archive_refused', count, kinds: refused, reason })
    for (const { partition, epoch } of runs)
      await commit([{ ...partition, offset: this.#next.get(partitionKey(partition))! }], epoch)
  }

  /** The rows that the runs add per partition. Records before the archived offset are skipped. */
  #stretchesOf(runs: readonly RecordRun[]): Stretch[] {
    const stretches: Stretch[] = []
    const reached = new Map(this.#next)
    for (const { partition, records } of runs) {
      const key = partitionKey(partition)
      const from = reached.get(key)!
      const rows: (ArchiveRow & { offset: number })[] = []
      const refused: Refused[] = []
      let to = from
      for (const record of records) {
        const { offset } = record.position
        if (offset < from) continue
        to = offset + 1
        const row = this.#rowOf(record)
        if (row === undefined) continue
        if ('reason' in row) refused.push(row)
        else rows.push({ ...row, offset })
      }
      reached.set(key, to)
      if (to > from) stretches.push({ ...partition, from, to, rows, refused })
    }
    return stretches
  }

  /** The row of a record, or why it has none; undefined if it is not to be kept. */
  #rowOf({ position, timestamp: at, key, value }: RawRecord): ArchiveRow | Refused | undefined {
    const { inputs, partitions, clock, maps } = this.#options
    const { topic, offset } = position
    const [input, map] = [inputs.get(topic)!, maps?.get(topic)]
    let row: ArchiveRow | undefined
    try {
      const written = { key: key?.toString('utf8') ?? '', value, timestamp: at, position }
      const read = map && value.length > 0 ? map(written) : written
      if ('message' in read) return { offset, kind: 'unfit', reason: read.message }
      row = rowOf(input, read.value ?? Buffer.alloc(0), this.#options, { key: read.key || null, at })
    } catch (error) {
      // Other errors are caused by the record as well, such as a missing member or an invalid date.
      const reason = error instanceof UnfitRecord ? error.message : `is not a record of ${input}`
      return { offset, kind: 'unfit', reason }
    }
    if (row?.ts === undefined) return row
    const standing = partitions.standingOf(row.ts, clock)
    if (standing === 'kept') return row
    if (standing === 'ahead') return { offset, kind: 'ahead', reason: 'its time is ahead of the clock', row }
    this.#tally.past++
    return undefined
  }

  /** Resolves when everything is in the database, whichever process wrote it. */
  async #settle(stretches: readonly Stretch[]): Promise<void> {
    let left = stretches
    while (left.length > 0) {
      const some = left
      try {
        left = await this.#untilReached(async (client, writer) => {
          const placeable = await this.#withDays(client, some)
          this.#tally.erased += await writer.write(placeable)
          for (const stretch of placeable) this.#tally.add(stretch)
          return []
        })
      } catch (error) {
        if (!(error instanceof SigwatchError)) throw error
        if (error.code === 'STORE_CONFLICT') left = await this.#behindOf(some)
        else if (isWithoutDay(error)) this.#options.partitions.forget()
        else if (isOfRows(error)) {
          await this.#settleApart(some, error)
          left = []
        } else throw error
      }
    }
    for (const { to, ...partition } of stretches) this.#next.set(partitionKey(partition), to)
  }

  /** Rows whose partition cannot be created now are set aside, so that they do not delay others. */
  async #withDays(client: Client, stretches: readonly Stretch[]): Promise<readonly Stretch[]> {
    const unmade: ReadonlySet<ArchiveRow> = await this.#options.partitions.ensure(
      client,
      stretches.flatMap(({ rows }) => rows.flatMap((row) => (row.ts === undefined ? [] : [row]))),
    )
    if (unmade.size === 0) return stretches
    return stretches.map(({ rows, refused, ...stretch }) => {
      const aside = rows.flatMap(({ offset, ...row }, i): Refused[] =>
        unmade.has(rows[i]!) && row.ts !== undefined
          ? [{ offset, kind: 'day', reason: `the day of its time cannot be made in ${row.table} now`, row }]
          : [],
      )
      return { ...stretch, rows: rows.filter((row) => !unmade.has(row)), refused: [...refused, ...aside] }
    })
  }

  /** Finds records that the database refuses by bisection and notes their offsets. */
  async #settleApart(stretches: readonly Stretch[], error: SigwatchError): Promise<void> {
    for (const stretch of stretches) {
      const { from, to, rows, refused } = stretch
      const stored = [...rows, ...refused.filter(({ row }) => row)].map(({ offset }) => offset)
      stored.sort((a, b) => a - b)
      if (stored.length > 1) {
        const middle = stored[stored.length >> 1]!
        const part = (first: number, last: number): Stretch => ({
          ...stretch,
          from: first,
          to: last,
          rows: rows.filter(({ offset }) => offset >= first && offset < last),
          refused: refused.filter(({ offset }) => offset >= first && offset < last),
        })
        await this.#settle([part(from, middle)])
        await this.#settle([part(middle, to)])
      } else if (stored.length === 1 && stretches.length === 1) {
        const note: Refused = { offset: stored[0]!, kind: 'database', reason: error.message }
        const others = refused.filter(({ row }) => !row)
        await this.#settle([{ ...stretch, rows: [], refused: [...others, note] }])
      } else await this.#settle([stretch])
    }
  }

  /** The part not in the database yet. A commit whose response was lost, or another process, may have written some. */
  async #behindOf(stretches: readonly Stretch[]): Promise<Stretch[]> {
    const stored = await this.#untilReached((client) => archivedOffsets(client))
    return stretches.flatMap((stretch) => {
      const from = stored.get(partitionKey(stretch)) ?? stretch.to
      if (from >= stretch.to) return []
      const later = ({ offset }: { readonly offset: number }) => offset >= from
      return [{ ...stretch, from, rows: stretch.rows.filter(later), refused: stretch.refused.filter(later) }]
    })
  }

  /** Retries with a new connection while the database is unreachable. Rejects if stopped in the meantime. */
  #untilReached<T>(work: (client: Client, writer: ArchiveWriter) => Promise<T>): Promise<T> {
    return this.#wait.untilReached(
      async () => {
        this.#client ??= await openUnlimited(this.#options.url, 'sigwatch archive')
        this.#writer ??= new ArchiveWriter(this.#client)
        return work(this.#client, this.#writer)
      },
      () => this.#drop(),
    )
  }

  async #drop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#writer = undefined
    await client?.end().catch(() => undefined)
  }
}

/** Results of the records written together. */
class Tally {
  rows = 0
  /** Rows older than the retention. */
  past = 0
  /** Rows of erased persons. */
  erased = 0
  readonly refused: Partial<Record<Refused['kind'], number>> = {}
  /** Reason of the first refused record. */
  reason = ''

  add({ rows, refused }: Stretch): void {
    this.rows += rows.length
    for (const { kind, reason } of refused) {
      this.refused[kind] = (this.refused[kind] ?? 0) + 1
      this.reason ||= reason
    }
  }
}
