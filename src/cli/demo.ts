import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import pc from 'picocolors'
import { stringify } from 'yaml'
import { clockAt, composeEmbedded } from '../app/compose.ts'
import { loadConfig } from '../app/config.ts'
import { runToEnd } from '../app/lifecycle.ts'
import type { Alert } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import type { Action } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { registryOf } from '../simulator/cast.ts'
import { simulate } from '../simulator/simulate.ts'
import { demoSummary } from './demo-summary.ts'
import { lineWriter } from './line-writer.ts'

const FOLDER = 'demo-output'
const PROGRESS_EVERY = 200

interface DemoOptions {
  readonly seed: string
  readonly minutes?: string
  readonly out: string
}

/** `sigwatch demo`: a simulated Double Eleven hour through the embedded mode, with a summary of what was found. */
export function demoCommand(): Command {
  return new Command('demo')
    .option('--seed <n>', 'the same seed gives the same hour', '11')
    .option('--out <folder>', 'where the files go', FOLDER)
    .action(demo)
}

async function demo({ seed, out }: DemoOptions): Promise<void> {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  const file = (name: string) => relative('', join(out, name)) || name
  const files = {
    messages: file('messages.jsonl'),
    registry: file('registry.yaml'),
    truth: file('truth.jsonl'),
    alerts: file('alerts.jsonl'),
    verdicts: file('verdicts.jsonl'),
    deadLetters: file('dead-letters.jsonl'),
  }
  const say = (line: string) => process.stderr.write(`${line}\n`)

  say(pc.bold('sigwatch demo: the evening before Double Eleven, one hour of a carrier’s SMS traffic'))
  say(pc.dim('  writing the simulated traffic …'))
  const simulation = simulate({ scenario: 'double-eleven-hour', seed: Number(seed) })
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

  const { config } = loadConfig({
    env: {},
    folder: out,
    overrides: { registry: resolve(files.registry) },
    serving: false,
  })
  const tally = createTally()
  const app = await composeEmbedded(
    config,
    {
      source: files.messages,
      alerts: files.alerts,
      verdicts: files.verdicts,
      deadLetters: files.deadLetters,
    },
    clockAt(simulation.end),
    tally.emit,
  )
  const began = performance.now()
  const progress = setInterval(() => tally.show(records, began), PROGRESS_EVERY)
  try {
    await runToEnd(app, tally.emit)
  } finally {
    clearInterval(progress)
  }
  const seconds = (performance.now() - began) / 1000
  tally.show(records, began)
  process.stderr.write('\n')

  const { states, messagesByCode, alerts } = await readAlerts(files.alerts)
  const classifier = app.assets.classifier.current()
  process.stdout.write(
    demoSummary(
      {
        records,
        alerts,
        states,
        messagesByCode,
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

/** Counts events for the summary and the line of progress. */
function createTally() {
  let done = 0
  let alerts = 0
  const deadLetters: Partial<Record<ErrorCode, number>> = {}
  const verdicts: Partial<Record<Action | 'pass', number>> = {}
  const emit: Emit = (event) => {
    if (event.name === 'batch_processed') done += event.records
    else if (event.name === 'alerts_emitted') alerts += event.count
    else if (event.name === 'dead_lettered')
      deadLetters[event.error] = (deadLetters[event.error] ?? 0) + event.count
    else if (event.name === 'verdicts_counted') {
      for (const [action, count] of Object.entries(event.counts) as [Action, number][]) {
        verdicts[action] = (verdicts[action] ?? 0) + count
      }
    } else if (event.name === 'failed') process.stderr.write(`\n${pc.red(event.reason)}\n`)
  }
  return {
    emit,
    deadLetters,
    verdicts,
    show(records: number, began: number): void {
      const share = Math.min(1, done / Math.max(1, records))
      const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░')
      const rate = Math.round(done / ((performance.now() - began) / 1000)).toLocaleString('en-US')
      const line = `  ${bar} ${String(Math.round(share * 100)).padStart(3)}%  ${rate} records/s  ${alerts} alerts`
      if (process.stderr.isTTY) process.stderr.write(`\r${line}`)
      else if (share === 1) process.stderr.write(line)
    },
  }
}

async function writeLines(path: string, chunks: Iterable<readonly (string | Buffer)[]>): Promise<void> {
  const writer = lineWriter(path)
  for (const chunk of chunks) if (chunk.length > 0) await writer.write(chunk)
  await writer.close()
}

/** Raised states, and message alerts by code. */
async function readAlerts(path: string) {
  const states: Alert[] = []
  const messagesByCode: Partial<Record<Code, number>> = {}
  let alerts = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const alert = JSON.parse(line) as Alert
    alerts++
    if (alert.data.target.kind !== 'message') {
      if (alert.type === 'sigwatch.alert.raised') states.push(alert)
    } else for (const { code } of alert.data.reasons) messagesByCode[code] = (messagesByCode[code] ?? 0) + 1
  }
  return { states, messagesByCode, alerts }
}
