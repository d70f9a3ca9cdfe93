import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import pc from 'picocolors'
import { stringify } from 'yaml'
import type { Alert } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import type { Action } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { clockAt } from '../domain/ports.ts'
import { registryOf } from '../offline/simulator/cast.ts'
import { type Simulation, simulate } from '../offline/simulator/simulate.ts'
import { type Application, composeEmbedded } from '../service/compose.ts'
import { runToEnd } from '../service/lifecycle.ts'
import { loadConfig } from '../settings/config.ts'
import { demoSummary } from './demo-summary.ts'
import { lineWriter } from './line-writer.ts'
import { seedValue } from './option-values.ts'

const FOLDER = 'demo-output'
const PROGRESS_EVERY = 200

interface DemoOptions {
  readonly seed: number
  readonly out: string
}

/** `sigwatch demo`: runs a simulated Double Eleven hour through the embedded mode and summarises the findings. */
export function demoCommand(): Command {
  return new Command('demo')
    .option('--seed <n>', 'the same seed gives the same hour', seedValue, 11)
    .option('--out <folder>', 'where the files go', FOLDER)
    .action(demo)
}

async function demo({ seed, out }: DemoOptions): Promise<void> {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  const files = filesIn(out)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  say(pc.bold('sigwatch demo: the evening before Double Eleven, one hour of a carrier’s SMS traffic'))
  say(pc.dim('  writing the simulated traffic …'))
  const simulation = simulate({ scenario: 'double-eleven-hour', seed })
  const records = await writeTraffic(simulation, files)

  const { config } = loadConfig({
    env: {},
    folder: out,
    overrides: { registry: resolve(files.registry) },
    serving: false,
  })
  const tally = new Tally()
  const { alerts, verdicts, deadLetters } = files
  const app = await composeEmbedded(
    config,
    { source: files.messages, alerts, verdicts, deadLetters },
    clockAt(simulation.end),
    tally.emit,
  )
  const seconds = await runWithProgress(app, tally, records)
  const classifier = app.assets.classifier.current
  process.stdout.write(
    demoSummary(
      {
        ...(await readAlerts(files.alerts)),
        records,
        deadLetters: tally.deadLetters,
        verdicts: tally.verdicts,
        planted: simulation.planted,
        seconds,
        model: classifier.id,
        backend: classifier.backend,
        files,
      },
      pc,
    ),
  )
}

function filesIn(out: string) {
  const file = (name: string) => relative('', join(out, name)) || name
  return {
    messages: file('messages.jsonl'),
    registry: file('registry.yaml'),
    truth: file('truth.jsonl'),
    alerts: file('alerts.jsonl'),
    verdicts: file('verdicts.jsonl'),
    deadLetters: file('dead-letters.jsonl'),
  }
}

/** Writes the records, the registry of their senders and the list of planted events. Returns the number of records. */
async function writeTraffic(simulation: Simulation, files: ReturnType<typeof filesIn>): Promise<number> {
  await writeLines(files.truth, [simulation.planted.map((event) => JSON.stringify(event))])
  await writeLines(files.registry, [[stringify(registryOf(simulation.cast))]])
  let records = 0
  await writeLines(
    files.messages,
    (function* () {
      for (const minute of simulation.minutes()) {
        records += minute.length
        yield minute.map((record) => record.value)
      }
    })(),
  )
  return records
}

/** Returns the time taken, s. */
async function runWithProgress(app: Application, tally: Tally, records: number): Promise<number> {
  const began = performance.now()
  const progress = setInterval(() => tally.show(records, began), PROGRESS_EVERY)
  try {
    await runToEnd(async () => app, tally.emit)
  } finally {
    clearInterval(progress)
  }
  const seconds = (performance.now() - began) / 1000
  tally.show(records, began)
  process.stderr.write('\n')
  return seconds
}

/** Counts events for the summary and the progress line. */
class Tally {
  readonly deadLetters: Partial<Record<ErrorCode, number>> = {}
  readonly verdicts: Partial<Record<Action | 'pass', number>> = {}
  #done = 0
  #alerts = 0

  readonly emit: Emit = (event) => {
    if (event.name === 'batch_processed') this.#done += event.records
    else if (event.name === 'alerts_emitted') this.#alerts += event.count
    else if (event.name === 'dead_lettered')
      this.deadLetters[event.error] = (this.deadLetters[event.error] ?? 0) + event.count
    else if (event.name === 'verdicts_counted') {
      for (const [action, count] of Object.entries(event.counts) as [Action, number][])
        this.verdicts[action] = (this.verdicts[action] ?? 0) + count
    } else if (event.name === 'failed') process.stderr.write(`\n${pc.red(event.reason)}\n`)
  }

  show(records: number, began: number): void {
    const share = Math.min(1, this.#done / Math.max(1, records))
    const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░')
    const rate = Math.round(this.#done / ((performance.now() - began) / 1000)).toLocaleString('en-US')
    const line = `  ${bar} ${String(Math.round(share * 100)).padStart(3)}%  ${rate} records/s  ${this.#alerts} alerts`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}`)
    else if (share === 1) process.stderr.write(line)
  }
}

async function writeLines(path: string, chunks: Iterable<readonly (string | Buffer)[]>): Promise<void> {
  const writer = lineWriter(path)
  for (const chunk of chunks) if (chunk.length > 0) await writer.write(chunk)
  await writer.close()
}

/** The raised states, and the number of message alerts by code. */
async function readAlerts(path: string) {
  const states: Alert[] = []
  const messagesByCode: Partial<Record<Code, number>> = {}
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const alert = JSON.parse(line) as Alert
    if (alert.data.target.kind !== 'message') {
      if (alert.type === 'sigwatch.alert.raised') states.push(alert)
    } else for (const { code } of alert.data.reasons) messagesByCode[code] = (messagesByCode[code] ?? 0) + 1
  }
  return { states, messagesByCode }
}
