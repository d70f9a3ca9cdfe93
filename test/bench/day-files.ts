import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Tokenise } from '../../src/domain/token.ts'
import type { RecordTruth } from '../../src/offline/simulator/records.ts'
import { createDayReport, type DayReport, type PlantedLine, type Truth } from './day-report.ts'

/** Files of a simulated day: input and output of the embedded run. */
export const DAY_FILES = {
  messages: 'messages.jsonl',
  truth: 'truth.jsonl',
  registry: 'registry.yaml',
  consents: 'consents.jsonl',
  replies: 'replies.jsonl',
  complaints: 'complaints.jsonl',
  alerts: 'alerts.jsonl',
  verdicts: 'verdicts.jsonl',
  deadLetters: 'dead-letters.jsonl',
} as const

export function linesOf(...path: readonly string[]): AsyncIterable<string> {
  return createInterface({ input: createReadStream(join(...path)), crlfDelay: Number.POSITIVE_INFINITY })
}

/** `start`, `end`: event time of the traffic, epoch ms. */
export async function readTruth(
  folder: string,
  span: { readonly start: number; readonly end: number },
): Promise<Truth> {
  const events: PlantedLine[] = []
  const records = new Map<string, RecordTruth>()
  for await (const line of linesOf(folder, DAY_FILES.truth)) {
    const row = JSON.parse(line) as PlantedLine | RecordTruth
    if ('target' in row) events.push(row)
    else records.set(row.id, row)
  }
  return { events, records, ...span }
}

/** State alerts. Message alerts are skipped, as the verdicts have the same information. */
export async function* stateAlerts(folder: string): AsyncGenerator<Alert> {
  for await (const line of linesOf(folder, DAY_FILES.alerts)) {
    if (!line.includes('"subject":"message:')) yield JSON.parse(line) as Alert
  }
}

/** Judges the alerts and verdicts in a folder; `tokenise`: with the key of the service. */
export async function judgeDay(folder: string, truth: Truth, tokenise: Tokenise): Promise<DayReport> {
  const report = createDayReport(truth, tokenise)
  for await (const alert of stateAlerts(folder)) report.alert(alert)
  for await (const line of linesOf(folder, DAY_FILES.verdicts)) report.verdict(JSON.parse(line) as Verdict)
  return report.result()
}

/** Texts of some records, with their senders. */
export async function textsOf(
  folder: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const ID = /"id":"([^"]+)"/
  for await (const line of linesOf(folder, DAY_FILES.messages)) {
    const id = ID.exec(line.slice(0, 160))?.[1]
    if (id === undefined || !ids.has(id)) continue
    const { from, text } = JSON.parse(line) as { from: string; text: string }
    texts.set(id, `${from} ${text}`)
  }
  return texts
}
