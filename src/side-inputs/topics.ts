import { randomUUID } from 'node:crypto'
import type { RegistryHolder } from '../app/registry-holder.ts'
import type { ConsentLedger, ConsentRow } from '../domain/consent-ledger.ts'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit, SideInput } from '../domain/events.ts'
import type { BoundedClock } from '../domain/ports.ts'
import type { KafkaConnection } from '../kafka/client.ts'
import { formatPath } from '../operator/operator-file.ts'
import { applyRow, type RegistryChange } from '../registry/load.ts'
import { createTableSource, type TableRow, type TableSource } from '../sources/table.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import type { SideOffsets } from './offsets.ts'
import { readSideValue } from './rows.ts'
import type { SideRows } from './side-rows.ts'
import type { SideRow } from './waiting-rows.ts'

/** How long open readings of the registry topic are gathered before the registry is swapped, ms. */
const SWAP_AFTER = 500
/** Between two lines of the log about refused rows of one input, ms; the metric counts them all. */
const SHOW_EVERY = 10_000

/** A pair of the consent ledger. */
export interface Pair {
  readonly signature: string
  /** Canonical number or token. */
  readonly to: string
}

/** Says what is wrong with a row. */
type Refuse = (row: TableRow, message: string) => void

export interface SideTopicsOptions {
  readonly kafka: KafkaConnection
  readonly groupId: string
  /** Those that exist at the start. */
  readonly topics: readonly SideTopic[]
  readonly registry: Pick<RegistryHolder, 'apply' | 'announce'>
  /** Puts a changed registry in force; see Runner. */
  readonly adopt: () => Promise<void>
  readonly ledger: Pick<ConsentLedger, 'apply' | 'erase'>
  readonly sideRows: Pick<SideRows, 'add'>
  readonly offsets: SideOffsets
  readonly clock: BoundedClock
  /** A row whose `ts` is further ahead of its record's timestamp, or of the clock, is refused, ms. */
  readonly futureReject: number
  readonly emit: Emit
}

export type SideTopic = readonly [input: SideInput, topic: string]

interface FollowedTopic {
  readonly input: SideInput
  readonly topic: string
  readonly table: TableSource
}

/** Follows the side topics: each row goes to the registry, to the ledger, or to the rows that wait for their time. */
export class SideTopics {
  readonly #options: SideTopicsOptions
  readonly #instance = randomUUID()
  readonly #tables: FollowedTopic[]
  readonly #registry: RegistryRows
  readonly #rereading = new Set<TableSource>()
  #readings = 0
  /** When a refusal was last shown, by input: a bad topic must not flood the log. */
  readonly #shownAt = new Map<SideInput, number>()

  constructor(options: SideTopicsOptions) {
    this.#options = options
    this.#registry = new RegistryRows(options)
    this.#tables = options.topics.map((topic) => this.#followed(topic))
  }

  follows(input: SideInput): boolean {
    return this.#tables.some((table) => table.input === input)
  }

  /** Begins to read a topic that was made after the start. Messages do not wait for it. */
  async add(added: SideTopic): Promise<void> {
    const followed = this.#followed(added)
    this.#tables.push(followed)
    await this.#start(({ topic }) => topic === followed.topic)
    if (followed.input === 'registry') this.#registry.complete()
  }

  /** Begins to read the registry; resolves when everything that was there is in force. */
  async startRegistry(): Promise<void> {
    if (!this.follows('registry')) return
    await this.#start(({ input }) => input === 'registry')
    this.#registry.complete()
  }

  /** Begins to read the other topics; resolves when everything that was there has been taken in. */
  startOthers(): Promise<void> {
    return this.#start(({ input }) => input !== 'registry')
  }

  /** Applies consents, refusals and replies again: what they led to is lost. */
  async reread(): Promise<void> {
    await Promise.all(
      this.#tables.map(async ({ input, topic }) => {
        if (input !== 'consents' && input !== 'replies') return
        const table = this.#table(input, topic, `-again${++this.#readings}`)
        this.#rereading.add(table)
        const running = table.run(async (rows) => {
          if (input === 'consents') await this.#toLedger(rows, () => {})
          else this.#toWaitAgain(rows)
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
    return { input, topic, table: this.#table(input, topic) }
  }

  #table(input: SideInput, topic: string, suffix = ''): TableSource {
    const { kafka, groupId } = this.#options
    const group = `${groupId}-${input}-${this.#instance}${suffix}`
    return createTableSource({ connection: kafka, topic, groupId: group })
  }

  async #start(isMeant: (followed: FollowedTopic) => boolean): Promise<void> {
    const { emit } = this.#options
    const meant = this.#tables.filter(isMeant)
    const caughtUp = meant.map(async ({ input, table }) => {
      const failed = table
        .run((rows) => this.#take(input, rows))
        .catch((error: unknown) => {
          const code = error instanceof SigwatchError ? error.code : 'INTERNAL'
          const reason = `side input ${input}: ${(error as Error).message}; its rows are not read until a restart`
          emit({ name: 'failed', code, reason })
        })
      await Promise.race([table.caughtUp, failed])
    })
    await Promise.all(caughtUp)
  }

  async #take(input: SideInput, rows: readonly TableRow[]): Promise<void> {
    const { emit } = this.#options
    let refused = 0
    const known = await this.#passOn(input, rows, ({ position: { partition, offset } }, message) => {
      refused++
      const now = performance.now()
      if (now - (this.#shownAt.get(input) ?? Number.NEGATIVE_INFINITY) < SHOW_EVERY) return
      this.#shownAt.set(input, now)
      emit({ name: 'warning', message: `${input} row at ${partition}/${offset}: ${message}` })
    })
    emit({ name: 'side_input_rows', input, accepted: rows.length - refused - known, refused })
  }

  /** Passes rows on to where they belong. Resolves with how many had taken effect before. */
  async #passOn(input: SideInput, rows: readonly TableRow[], refuse: Refuse): Promise<number> {
    if (input === 'registry') this.#registry.take(rows, refuse)
    else if (input === 'consents') await this.#toLedger(rows, refuse)
    else return this.#toWait(input, rows, refuse)
    return 0
  }

  /** Consents in their order; a tombstone erases what is known of its pair. */
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
        // What was erased stays so unless it is said again behind the tombstone.
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

  #toWait(input: SideRow['input'], rows: readonly TableRow[], refuse: Refuse): number {
    const { offsets, sideRows } = this.#options
    let known = 0
    const waiting: SideRow[] = []
    for (const row of rows) {
      const applied = offsets.take(row)
      if (!applied) {
        known++
        continue
      }
      const read = readSideValue(input, row.value, canonicalNumber, this.#latest(row))
      if (read && 'row' in read) {
        waiting.push({ input, row: read.row, position: row.position, applied } as SideRow)
        continue
      }
      if (read) refuse(row, read.message)
      applied()
    }
    sideRows.add(waiting)
    return known
  }

  /** Replies whatever has taken effect of them. */
  #toWaitAgain(rows: readonly TableRow[]): void {
    const waiting = rows.flatMap((row): SideRow[] => {
      const read = readSideValue('replies', row.value, canonicalNumber, this.#latest(row))
      return read && 'row' in read ? [{ input: 'replies', row: read.row, position: row.position }] : []
    })
    this.#options.sideRows.add(waiting)
  }

  /** As for messages, and by the clock too: the timestamp of the record may be the writer's own. */
  #latest({ timestamp }: TableRow): number {
    const { clock, futureReject } = this.#options
    return Math.min(timestamp, clock.latest()) + futureReject
  }
}

/** Rows of the registry topic: gathered, and put in force together once the topic has been read to its end. */
class RegistryRows {
  readonly #options: Pick<SideTopicsOptions, 'registry' | 'adopt' | 'emit'>
  readonly #changes: RegistryChange[] = []
  #swapping: NodeJS.Timeout | undefined
  #complete = false

  constructor(options: Pick<SideTopicsOptions, 'registry' | 'adopt' | 'emit'>) {
    this.#options = options
  }

  take(rows: readonly TableRow[], refuse: Refuse): void {
    for (const row of rows) {
      const change = registryChange(row)
      if (typeof change === 'string') refuse(row, change)
      else this.#changes.push(change)
    }
    if (this.#complete) this.#swapping ??= setTimeout(() => this.#swap(), SWAP_AFTER)
    else this.#options.registry.apply(this.#changes.splice(0))
  }

  /** The topic has been read to its end. */
  complete(): void {
    this.#complete = true
    this.#swap()
  }

  stop(): void {
    clearTimeout(this.#swapping)
  }

  #swap(): void {
    const { registry, adopt, emit } = this.#options
    this.#swapping = undefined
    registry.apply(this.#changes.splice(0))
    registry.announce()
    adopt().catch((error: unknown) => emit({ name: 'warning', message: codeOf(error) }))
  }
}

/** The pair that a key `<signature>|<recipient>` names. */
function pairOf(key: string): Pair | undefined {
  const bar = key.lastIndexOf('|')
  if (bar <= 0 || bar === key.length - 1) return undefined
  return { signature: key.slice(0, bar), to: canonicalNumber(key.slice(bar + 1)) }
}

/** The change that a row of the registry topic makes, or what is wrong with it, without what the row says. */
export function registryChange(
  row: Pick<TableRow, 'value'> & { key: string | null },
): RegistryChange | string {
  let value: unknown
  try {
    value = row.value && JSON.parse(row.value.toString('utf8'))
  } catch {
    return 'is no valid JSON'
  }
  const change = applyRow(row.key, value)
  if ('op' in change) return change
  const fields = [...new Set(change.map(({ path }) => formatPath(path)))].filter((path) => path !== '')
  return fields.length > 0
    ? `not as described: ${fields.join(', ')}`
    : 'the record key is not that of the row (allowed: brand:<id>, signature:<name>, port:<pattern>)'
}
