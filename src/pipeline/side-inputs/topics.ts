import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import type { ExpiredRowsOptions } from '../../adapters/sources/expired-rows.ts'
import { createTableSource, type TableRow, type TableSource } from '../../adapters/sources/table.ts'
import type { ConsentLedger, ConsentRow } from '../../domain/consent-ledger.ts'
import { SigwatchError } from '../../domain/errors.ts'
import type { SideInput } from '../../domain/input-events.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { SideMap } from '../../settings/side-map-schema.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { type MapRow, mapRows } from './mapped-rows.ts'
import type { SideOffsets } from './offsets.ts'
import { type Pair, pairOf } from './pair.ts'
import { type Refuse, RegistryRows, type RegistryRowsOptions } from './registry-rows.ts'
import { readSideValue } from './rows.ts'
import type { SideRows } from './side-rows.ts'
import type { SideRow } from './waiting-rows.ts'

/** Minimum interval between log lines about refused rows of one input, ms; the metric counts all of them. */
const SHOW_EVERY = 10_000

export interface SideTopicsOptions extends RegistryRowsOptions {
  readonly kafka: KafkaConnection
  readonly groupId: string
  /** Topics that exist at the start. */
  readonly topics: readonly SideTopic[]
  readonly ledger: Pick<ConsentLedger, 'apply' | 'erase'>
  readonly sideRows: Pick<SideRows, 'add'>
  readonly offsets: SideOffsets
  readonly clock: BoundedClock
  readonly maps?: { readonly [I in SideInput]?: SideMap }
  /** Stores a refused row; never rejects. */
  readonly keepRefused?: (row: TableRow, message: string) => void
  /** Maximum lead of a row's `ts` over its record's timestamp, or over the clock, ms; later ones are refused. */
  readonly futureReject: number
}

export type SideTopic = readonly [input: SideInput, topic: string]

interface FollowedTopic {
  readonly input: SideInput
  readonly topic: string
  readonly table: TableSource
  isCurrent: boolean
}

/** Follows the side topics: each row goes to the registry, to the ledger, or to the rows that wait for their time. */
export class SideTopics {
  readonly #options: SideTopicsOptions
  readonly #instance = randomUUID()
  readonly #tables: FollowedTopic[]
  readonly #registry: RegistryRows
  readonly #maps = new Map<SideInput, MapRow>()
  readonly #rereading = new Set<TableSource>()
  #readings = 0
  /** When a refusal was last logged, by input: a bad topic must not flood the log. */
  readonly #shownAt = new Map<SideInput, number>()

  constructor(options: SideTopicsOptions) {
    this.#options = options
    this.#registry = new RegistryRows(options)
    for (const [input, map] of Object.entries(options.maps ?? {}) as [SideInput, SideMap][])
      this.#maps.set(input, mapRows(input, map))
    this.#tables = options.topics.map((topic) => this.#followed(topic))
  }

  follows(input: SideInput): boolean {
    return this.#tables.some((table) => table.input === input)
  }

  /** Starts to read a topic that was created after the start. Messages do not wait for it. */
  async add(added: SideTopic): Promise<void> {
    const followed = this.#followed(added)
    this.#tables.push(followed)
    await this.#start(({ topic }) => topic === followed.topic)
    if (followed.input === 'registry') this.#registry.complete()
  }

  /** Starts to read the registry; resolves when all existing rows are in force. */
  async startRegistry(): Promise<void> {
    if (!this.follows('registry')) return
    await this.#start(({ input }) => input === 'registry')
    this.#registry.complete()
  }

  /** Starts to read the other topics; resolves when all existing rows have been taken. */
  startOthers(): Promise<void> {
    return this.#start(({ input }) => input !== 'registry')
  }

  /** Applies consents, refusals and replies again, after their effects were lost. */
  async reread(): Promise<void> {
    await Promise.all(
      this.#tables.map(async ({ input, topic }) => {
        if (input !== 'consents' && input !== 'replies') return
        const table = this.#table(input, topic, `-again${++this.#readings}`)
        this.#rereading.add(table)
        const running = table.run(async (rows) => {
          const mapped = this.#mapped(input, rows)
          if (input === 'consents') await this.#toLedger(mapped, () => {})
          else this.#toWaitAgain(mapped)
        })
        try {
          await Promise.race([table.caughtUp, running])
        } finally {
          this.#rereading.delete(table)
          await table.stop()
        }
      }),
    )
  }

  async stop(): Promise<void> {
    this.#registry.stop()
    const tables = [...this.#tables.map(({ table }) => table), ...this.#rereading]
    await Promise.all(tables.map((table) => table.stop()))
  }

  #followed([input, topic]: SideTopic): FollowedTopic {
    const { offsets, emit } = this.#options
    const table = this.#table(input, topic, '', {
      appliedBefore: (partition) => offsets.appliedBefore(partition),
      onExpired(partition, { from, to }) {
        emit({ name: 'records_expired', ...partition, count: to - from })
        offsets.removed(partition, to)
      },
    })
    return { input, topic, table, isCurrent: false }
  }

  #table(input: SideInput, topic: string, suffix: string, retention: ExpiredRowsOptions = {}): TableSource {
    const { kafka, groupId } = this.#options
    const group = `${groupId}-${input}-${this.#instance}${suffix}`
    return createTableSource({ connection: kafka, topic, groupId: group, ...retention })
  }

  async #start(isMeant: (followed: FollowedTopic) => boolean): Promise<void> {
    const { emit } = this.#options
    const meant = this.#tables.filter(isMeant)
    const caughtUp = meant.map(async (followed) => {
      const { input, table } = followed
      const failed = table
        .run((rows) => this.#take(followed, rows))
        .catch((error: unknown) => {
          const code = error instanceof SigwatchError ? error.code : 'INTERNAL'
          const reason = `side input ${input}: ${(error as Error).message}; its rows are not read until a restart`
          emit({ name: 'failed', code, reason })
        })
      await Promise.race([table.caughtUp, failed])
      followed.isCurrent = true
    })
    await Promise.all(caughtUp)
  }

  async #take(followed: FollowedTopic, rows: readonly TableRow[]): Promise<void> {
    const { input } = followed
    const { emit, keepRefused } = this.#options
    const written = new Map(rows.map((row) => [row.position.offset * 4096 + row.position.partition, row]))
    let refused = 0
    const refuse: Refuse = (row, message) => {
      const { partition, offset } = row.position
      refused++
      keepRefused?.(written.get(offset * 4096 + partition) ?? row, message)
      const now = performance.now()
      if (now - (this.#shownAt.get(input) ?? Number.NEGATIVE_INFINITY) < SHOW_EVERY) return
      this.#shownAt.set(input, now)
      emit({ name: 'warning', message: `${input} row at ${partition}/${offset}: ${message}` })
    }
    const mapped = this.#mapped(input, rows, refuse)
    const readable = mapped.length + refused
    const idle = await this.#passOn(followed, mapped, refuse)
    emit({ name: 'side_input_rows', input, accepted: readable - refused - idle, refused })
  }

  /** Rows in sigwatch's format; those that do not fit their map are refused. */
  #mapped(input: SideInput, rows: readonly TableRow[], refuse: Refuse = () => {}): readonly TableRow[] {
    const map = this.#maps.get(input)
    if (!map) return rows
    const isTable = input === 'registry' || input === 'consents'
    return rows.flatMap((row) => {
      const mapped = map(row)
      if ('message' in mapped) refuse(row, mapped.message)
      // A deletion without a key is skipped.
      else if (mapped.value !== null || mapped.key !== '') return [mapped]
      // It becomes an empty row in its place, as offsets are taken in order.
      return isTable ? [] : [{ ...row, value: null }]
    })
  }

  /** Passes rows on. Resolves with the number of rows without effect: already applied, or empty. */
  async #passOn(
    { input, isCurrent }: FollowedTopic,
    rows: readonly TableRow[],
    refuse: Refuse,
  ): Promise<number> {
    if (input === 'registry') this.#registry.take(rows, refuse)
    else if (input === 'consents') await this.#toLedger(rows, refuse)
    else return this.#toWait(input, rows, refuse, !isCurrent)
    return 0
  }

  /** Applies consents in order; a tombstone erases what is known of its pair. */
  async #toLedger(rows: readonly TableRow[], refuse: Refuse): Promise<void> {
    const { ledger } = this.#options
    let consents: ConsentRow[] = []
    let erased: Pair[] = []
    const flush = async () => {
      if (consents.length > 0) await ledger.apply(consents)
      if (erased.length > 0) await ledger.erase(erased)
      consents = []
      erased = []
    }
    for (const row of rows) {
      const read = readSideValue('consents', row.value, canonicalNumber, this.#latest(row))
      if (read && 'message' in read) refuse(row, read.message)
      else if (read) {
        // An erased pair stays erased unless a row after the tombstone sets it again.
        if (erased.length > 0) await flush()
        consents.push(read.row)
      } else {
        const pair = pairOf(row.key)
        if (pair) erased.push(pair)
        else refuse(row, 'the record key is not <signature>|<recipient>')
      }
    }
    await flush()
  }

  #toWait(input: SideRow['input'], rows: readonly TableRow[], refuse: Refuse, isOfBefore: boolean): number {
    const { offsets, sideRows } = this.#options
    let idle = 0
    const waiting: SideRow[] = []
    for (const row of rows) {
      const applied = offsets.take(row)
      if (!applied) {
        idle++
        continue
      }
      const read = readSideValue(input, row.value, canonicalNumber, this.#latest(row))
      if (read && 'row' in read) {
        waiting.push({ input, row: read.row, position: row.position, applied, isOfBefore } as SideRow)
        continue
      }
      if (read) refuse(row, read.message)
      else idle++
      applied()
    }
    sideRows.add(waiting)
    return idle
  }

  /** Queues replies again, including those already applied. */
  #toWaitAgain(rows: readonly TableRow[]): void {
    const waiting = rows.flatMap((row): SideRow[] => {
      const read = readSideValue('replies', row.value, canonicalNumber, this.#latest(row))
      return read && 'row' in read ? [{ input: 'replies', row: read.row, position: row.position }] : []
    })
    this.#options.sideRows.add(waiting)
  }

  /** The limit is checked as for messages, and against the clock too: the record's timestamp may be set by the writer. */
  #latest({ timestamp }: TableRow): number {
    const { clock, futureReject } = this.#options
    return Math.min(timestamp, clock.latest()) + futureReject
  }
}
