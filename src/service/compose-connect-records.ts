import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { SHOWN_AFTER } from '../adapters/sources/end-proof.ts'
import type { TableRow } from '../adapters/sources/table.ts'
import { type RangeRecord, readTopicRange } from '../adapters/sources/topic-range.ts'
import { maskRecipient } from '../detection/alerts/show.ts'
import { counted } from '../domain/counted.ts'
import { SigwatchError } from '../domain/errors.ts'
import { type LeftOutReason, SIDE_INPUTS, type SideInput } from '../domain/input-events.ts'
import { increment } from '../domain/maps.ts'
import type { SmsRecord } from '../domain/message.ts'
import { isRejection, itemsOf } from '../pipeline/decode.ts'
import { inputsOf, prepareNow, topicDecoder } from '../pipeline/inputs.ts'
import { PlaceWatch, placesOf } from '../pipeline/place-watch.ts'
import { MapWatch } from '../pipeline/side-inputs/map-watch.ts'
import { type MapRow, mapRows } from '../pipeline/side-inputs/mapped-rows.ts'
import { registryChange } from '../pipeline/side-inputs/registry-rows.ts'
import { readSideValue } from '../pipeline/side-inputs/rows.ts'
import type { Config } from '../settings/config.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { redactText } from '../text/redact.ts'
import type { Findings } from './check-rows.ts'
import { leftOutDoubt, sameItemsDoubt } from './left-out-doubts.ts'
import { shownRecord } from './sample.ts'
import { textDoubt } from './text-doubts.ts'

/** Records tried per topic, taken from the end of its partitions. */
const TRIED = 100
/** Time limit for reading them, which includes the time to detect that compaction removed the last ones, ms. */
const WITHIN = SHOWN_AFTER + 10_000
/** Reasons shown per topic, most frequent first. */
const SHOWN = 3

/** Reads the last records of each input and side topic in `readable` with the configured field maps. */
export async function tryRecords(
  config: Config,
  connection: KafkaConnection,
  readable: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  const left = new Set<LeftOutReason>()
  const places = new Map(
    inputsOf(config).map(({ topic, map }) => [topic, new PlaceWatch(placesOf(map ?? {}))]),
  )
  const decode = topicDecoder(
    config,
    (event) => {
      if (event.name === 'mapping_left_out') left.add(event.reason)
    },
    (topic, place) => places.get(topic)?.see(place),
  )
  await trySideRows(config, connection, readable, findings)
  for (const { topic, map } of inputsOf(config).filter((input) => readable.has(input.topic))) {
    const reasons = new Map<string, number>()
    const doubts = new Map<string, number>()
    let read = 0
    let last: { readonly at: number; readonly record: SmsRecord } | undefined
    await readLast(config, connection, topic, findings, async (written) => {
      const records = written.flatMap(({ value, ...rest }) => (value === null ? [] : [{ ...rest, value }]))
      await prepareNow(decode, records)
      for (const record of records) {
        left.clear()
        const results = itemsOf(decode(record))
        const found = new Set<string>()
        for (const result of results) {
          if (isRejection(result)) {
            increment(reasons, `${result.error}: ${result.detail}`)
            continue
          }
          if (!last || record.timestamp >= last.at) last = { at: record.timestamp, record: result }
          const text = textDoubt(result.text)
          if (text) found.add(`text of # records ${text}`)
        }
        if (results.every(isRejection)) continue
        read++
        for (const reason of left) {
          const doubt = leftOutDoubt(reason, map)
          if (doubt) found.add(`# records: ${doubt}`)
        }
        const same = sameItemsDoubt(results, map)
        if (same) found.add(`# records: ${same}`)
        for (const doubt of found) increment(doubts, doubt)
      }
    })
    sayRecords(topic, read, reasons, findings)
    if (last)
      findings.summary.push(`kafka: ${topic}: the last record: ${JSON.stringify(shownRecord(last.record))}`)
    sayDoubts(topic, read, doubts, findings)
    // Where none can be read, the reasons name the places.
    if (read === 0) continue
    for (const { name, meant } of places.get(topic)!.unseen())
      findings.summary.push(`kafka: warning: ${topic}: ${name} is in none of the last records${meant}`)
  }
}

function sayRecords(
  topic: string,
  read: number,
  reasons: ReadonlyMap<string, number>,
  { summary, problems }: Findings,
): void {
  const failed = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  const all = read + failed
  if (all === 0) {
    summary.push(`kafka: ${topic}: has no record to test the reading with`)
    return
  }
  summary.push(`kafka: ${topic}: ${read} of the last ${all} records can be read`)
  const frequent = [...reasons].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)
  for (const [reason, count] of frequent) {
    const message = `${count} of the last ${all} records would be dead letters: ${reason}`
    // A few broken records are normal; if most fail, the configuration is wrong.
    if (failed > read) problems.push({ file: 'kafka', key: topic, message })
    else summary.push(`kafka: warning: ${topic}: ${message}`)
  }
}

/** `doubts`: number of records by doubt; `#` in the text stands for that number. */
function sayDoubts(
  topic: string,
  read: number,
  doubts: ReadonlyMap<string, number>,
  { summary, problems }: Findings,
): void {
  for (const [doubt, count] of doubts) {
    const message = doubt.replace('#', `${count} of ${read}`)
    // A few such records may be the senders' fault; if most are, the map lacks a form.
    if (2 * count > read) problems.push({ file: 'kafka', key: topic, message })
    else summary.push(`kafka: warning: ${topic}: ${message}`)
  }
}

/** Shows how the last rows of side inputs are read. */
async function trySideRows(
  config: Config,
  connection: KafkaConnection,
  readable: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  for (const input of SIDE_INPUTS) {
    const topic = config.kafka.topics[input]
    if (topic === null || !readable.has(topic)) continue
    const map = config.sideMaps?.[input]
    const watch = map && new MapWatch(input, map)
    const read = sideRowReader(input, map && mapRows(input, map, watch))
    const reasons = new Map<string, number>()
    let rows = 0
    let passedOver = 0
    let last: { readonly at: number; readonly row: object } | undefined
    await readLast(config, connection, topic, findings, async (records) => {
      for (const { key, value, timestamp, position } of records) {
        const row = read({ key: key?.toString('utf8') ?? '', value, timestamp, position })
        if ('message' in row) increment(reasons, row.message)
        else {
          rows++
          if (row.row === undefined) passedOver++
          else if (!last || timestamp >= last.at) last = { at: timestamp, row: row.row }
        }
      }
    })
    sayRecords(topic, rows, reasons, findings)
    if (passedOver > 0)
      findings.summary.push(`kafka: ${topic}: skipped ${counted(passedOver, 'deletion')} of rows of ${input}`)
    if (last) findings.summary.push(`kafka: ${topic}: the last row: ${JSON.stringify(last.row, shownMember)}`)
    if (rows > 0)
      for (const warning of watch?.warnings() ?? [])
        findings.summary.push(`kafka: warning: ${topic}: ${warning}`)
  }
}

/** Reads a row of a side topic. Without a value it deletes its key; without a key as well it has no effect. */
function sideRowReader(
  input: SideInput,
  map: MapRow | undefined,
): (row: TableRow) => { readonly row: object | undefined } | { readonly message: string } {
  return (written) => {
    const row = map ? map(written) : written
    if ('message' in row) return row
    if (row.value === null) return { row: row.key === '' ? undefined : { deleted: row.key } }
    if (input !== 'registry') return readSideValue(input, row.value, canonicalNumber)!
    const change = registryChange(row)
    return typeof change === 'string' ? { message: change } : { row: change }
  }
}

/** JSON replacer: masks numbers, redacts texts and formats times. */
function shownMember(name: string, value: unknown): unknown {
  if (name === 'to' || name === 'from') return maskRecipient(String(value)) ?? '***'
  if (name === 'ts' || name === 'until') return new Date(Number(value)).toISOString()
  return ['text', 'note', 'deleted'].includes(name) ? redactText(String(value)) : value
}

/** Calls `lastRecords` and adds its errors to the findings. */
async function readLast(
  { kafka }: Config,
  connection: KafkaConnection,
  topic: string,
  { summary, problems }: Findings,
  take: Take,
): Promise<void> {
  const signal = AbortSignal.timeout(WITHIN)
  await lastRecords(connection, topic, kafka.groupId, signal, take).catch((error: unknown) => {
    if (!(error instanceof SigwatchError)) throw error
    problems.push({ file: 'kafka', key: topic, message: error.message })
  })
  if (signal.aborted)
    summary.push(`kafka: warning: ${topic}: not all of its last records came within ${WITHIN / 1000} s`)
}

type Take = (records: readonly RangeRecord[]) => Promise<void>

async function lastRecords(
  connection: KafkaConnection,
  topic: string,
  groupId: string,
  signal: AbortSignal,
  take: Take,
): Promise<void> {
  const bounds = await connection.bounds(topic)
  const share = Math.ceil(TRIED / Math.max(1, bounds.length))
  const ranges = bounds.map(({ partition, startOffset, endOffset }) => ({
    partition,
    from: Math.max(startOffset, endOffset - share),
    to: endOffset,
  }))
  await readTopicRange({
    connection,
    topic,
    group: `${groupId}-check-${randomUUID()}`,
    deletesGroup: true,
    ranges,
    signal,
    take,
  })
}
