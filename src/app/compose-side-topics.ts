import { randomUUID } from 'node:crypto'
import { type Emit, SIDE_INPUTS, type SideInput } from '../domain/events.ts'
import type { ConsentLedger, ConsentRow } from '../domain/ports.ts'
import type { KafkaConnection } from '../kafka/client.ts'
import { applyRow, type RegistryChange } from '../registry/load.ts'
import { readSideValue } from '../registry/side-inputs.ts'
import { createTableSource, type TableRow } from '../sources/table.ts'
import { canonicalNumber } from '../stages/canonical-number.ts'
import type { Config } from './config.ts'
import type { RegistryHolder } from './registry-holder.ts'
import type { SideOffsets } from './side-offsets.ts'
import type { SideRow, SideRows } from './side-rows.ts'

/** How long open readings of the registry topic are gathered before the registry is swapped, ms. */
const SWAP_AFTER = 500

export interface SideTopicsOptions {
  readonly kafka: KafkaConnection
  readonly groupId: string
  readonly topics: readonly SideTopic[]
  readonly registry: Pick<RegistryHolder, 'apply' | 'announce'>
  /** Puts a changed registry in force; see Core. */
  readonly adopt: () => Promise<void>
  readonly ledger: Pick<ConsentLedger, 'apply'>
  readonly sideRows: Pick<SideRows, 'add'>
  readonly offsets: SideOffsets
  readonly emit: Emit
}

export type SideTopic = readonly [input: SideInput, topic: string]

export interface SideTopics {
  /** Begins to read; resolves when everything that was there has been taken in. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Side topics that are configured and exist; a missing one is warned about once and off. */
export async function presentSideTopics(
  { kafka: { topics } }: Config,
  kafka: KafkaConnection,
  emit: Emit,
): Promise<SideTopic[]> {
  const wanted = SIDE_INPUTS.flatMap((input): SideTopic[] => {
    const topic = topics[input]
    return topic === null ? [] : [[input, topic]]
  })
  const missing = new Set(await kafka.missingTopics(wanted.map(([, topic]) => topic)))
  for (const [input, topic] of wanted) {
    if (missing.has(topic))
      emit({
        name: 'warning',
        message: `the topic ${topic} does not exist: ${input} are read from their file only`,
      })
  }
  return wanted.filter(([, topic]) => !missing.has(topic))
}

/** Follows the side topics: each row goes to the registry, to the ledger, or to the rows that wait for their time. */
export function createSideTopics(options: SideTopicsOptions): SideTopics {
  const { kafka, groupId, registry, adopt, ledger, sideRows, offsets, emit } = options
  const instance = randomUUID()
  const tables = options.topics.map(([input, topic]) => ({
    input,
    table: createTableSource({ connection: kafka, topic, groupId: `${groupId}-${input}-${instance}` }),
  }))
  const changes: RegistryChange[] = []
  let swapping: NodeJS.Timeout | undefined
  /** The registry topic has been read to its end. */
  let complete = false

  function swap(): void {
    swapping = undefined
    registry.apply(changes.splice(0))
    registry.announce()
    adopt().catch((error: unknown) => emit({ name: 'warning', message: String(error) }))
  }

  /** Where rows go; `refuse` says what is wrong with one. Returns how many had taken effect before. */
  type Take = (rows: readonly TableRow[], refuse: (row: TableRow, message: string) => void) => Promise<number>

  const toRegistry: Take = async (rows, refuse) => {
    for (const row of rows) {
      const change = registryChange(row)
      if (typeof change === 'string') refuse(row, change)
      else changes.push(change)
    }
    if (complete) swapping ??= setTimeout(swap, SWAP_AFTER)
    else registry.apply(changes.splice(0))
    return 0
  }

  const toLedger: Take = async (rows, refuse) => {
    const consents: ConsentRow[] = []
    for (const row of rows) {
      const read = readSideValue('consents', row.value, canonicalNumber)
      if (read && 'row' in read) consents.push(read.row)
      else if (read) refuse(row, read.message)
    }
    if (consents.length > 0) await ledger.apply(consents)
    return 0
  }

  const toWait =
    (input: SideRow['input']): Take =>
    async (rows, refuse) => {
      let known = 0
      const waiting: SideRow[] = []
      for (const row of rows) {
        const applied = offsets.take(row)
        if (!applied) {
          known++
          continue
        }
        const read = readSideValue(input, row.value, canonicalNumber)
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

  const takers: Readonly<Record<SideInput, Take>> = {
    registry: toRegistry,
    consents: toLedger,
    replies: toWait('replies'),
    complaints: toWait('complaints'),
    feedback: toWait('feedback'),
  }

  async function take(input: SideInput, rows: readonly TableRow[]): Promise<void> {
    let refused = 0
    const known = await takers[input](rows, ({ position: { partition, offset } }, message) => {
      refused++
      emit({ name: 'warning', message: `${input} row at ${partition}/${offset}: ${message}` })
    })
    emit({ name: 'side_input_rows', input, accepted: rows.length - refused - known, refused })
  }

  return {
    async start() {
      const caughtUp = tables.map(async ({ input, table }) => {
        const failed = table
          .run((rows) => take(input, rows))
          .catch((error: unknown) => {
            const reason = `side input ${input}: ${error instanceof Error ? error.message : String(error)}`
            emit({ name: 'failed', code: 'KAFKA_UNREACHABLE', reason })
          })
        await Promise.race([table.caughtUp, failed])
        if (input !== 'registry') return
        complete = true
        swap()
      })
      await Promise.all(caughtUp)
    },
    async stop() {
      clearTimeout(swapping)
      await Promise.all(tables.map(({ table }) => table.stop()))
    },
  }
}

/** The change that a row of the registry topic makes, or what is wrong with it. */
export function registryChange(row: Pick<TableRow, 'key' | 'value'>): RegistryChange | string {
  let value: unknown = null
  if (row.value !== null) {
    try {
      value = JSON.parse(row.value.toString('utf8'))
    } catch {
      return 'is no valid JSON'
    }
  }
  const change = applyRow(row.key, value)
  return 'op' in change ? change : change.map((fault) => fault.message).join('; ')
}
