import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import { SigwatchError } from '../domain/errors.ts'
import { registryOf } from '../offline/simulator/cast.ts'
import { atTheClock } from '../offline/simulator/live.ts'
import type { SimulatedRecord } from '../offline/simulator/records.ts'
import { SCENARIOS, type ScenarioName } from '../offline/simulator/scenarios.ts'
import type { SideInputs } from '../offline/simulator/side-inputs.ts'
import { type Simulation, type SimulationOptions, simulate } from '../offline/simulator/simulate.ts'
import { lineWriter } from './line-writer.ts'
import { momentValue, numberOf, seedValue } from './option-values.ts'
import { writeWholeFile } from './whole-file.ts'

/** Mode of files that a service under another account may read: nothing in them is of a person. */
const SHARED = 0o644

interface SimulateOptions {
  readonly scenario?: string
  readonly live?: boolean
  readonly seed: number
  readonly rate?: number
  readonly minutes?: number
  readonly start?: number
  readonly out: string
  readonly truth?: string
  readonly registryOut?: string
  readonly consentsOut?: string
  readonly repliesOut?: string
  readonly complaintsOut?: string
  readonly config?: string
}

const NAMES = Object.keys(SCENARIOS) as ScenarioName[]
const DEFAULT_SCENARIO: ScenarioName = 'double-eleven-hour'
const LIVE_SCENARIO: ScenarioName = 'trial'

/** Of messages a second and of minutes. */
const amount = numberOf('a number above 0 and up to 100000', (number) => number > 0 && number <= 100_000)

/** `sigwatch simulate`: writes labelled traffic as input records, and a list of the events planted in it. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .addOption(
      new Option(
        '--scenario <name>',
        `what happens (default: ${DEFAULT_SCENARIO}; with --live ${LIVE_SCENARIO})`,
      ).choices([...NAMES, 'list']),
    )
    .option('--live', 'start now and write each record at its time, until Ctrl-C')
    .option('--rate <n>', 'lawful messages a second of event time (default: that of the scenario)', amount)
    .option('--minutes <n>', 'length in event time (default: that of the scenario)', amount)
    .option('--seed <n>', 'the same seed gives the same traffic', seedValue, 1)
    .option('--start <time>', 'event time of the first message, ISO-8601 with offset', momentValue)
    .option(
      '--out <file>',
      'where records go, one JSON a line; - is stdout; kafka: the first configured topic without a map',
      '-',
    )
    .option('--truth <file>', 'the planted events, then messages, one JSON object per line')
    .option('--registry-out <file>', 'registry.yaml of the simulated senders')
    .option('--consents-out <file>', 'consents and refusals that go with the traffic')
    .option('--replies-out <file>', 'replies of recipients to it')
    .option('--complaints-out <file>', 'complaints about it')
    .option('--config <file>', 'service configuration, for --out kafka')
    .addHelpText(
      'after',
      `
Examples:
  sigwatch simulate --minutes 10 --out messages.jsonl --truth truth.jsonl --registry-out registry.yaml
  sigwatch simulate --live --minutes 5 --rate 20 --out kafka --config sigwatch.yaml`,
    )
    .action(run)
}

async function run(options: SimulateOptions): Promise<void> {
  if (options.scenario === 'list') {
    for (const name of NAMES) process.stdout.write(`${name.padEnd(20)} ${SCENARIOS[name].does}\n`)
    return
  }
  if (options.live && options.start !== undefined)
    throw new SigwatchError('USAGE', '--start cannot be combined with --live, which starts now')
  // Opened before the simulation is created, because with `--live` its time starts then.
  const out = await openOutput(options)
  const simulation = simulate(choicesOf(options))
  if (options.registryOut !== undefined)
    writeWholeFile(options.registryOut, stringify(registryOf(simulation.cast)), SHARED)
  writeSides(simulation.sides, options)
  const truth = options.truth === undefined ? undefined : lineWriter(options.truth)
  await truth?.write(simulation.planted.map((event) => JSON.stringify(event)))
  let records = 0
  for await (const some of options.live ? untilEnded(simulation) : simulation.minutes()) {
    await out.send(some)
    const known = some.flatMap((record) => (record.truth ? [JSON.stringify(record.truth)] : []))
    if (known.length > 0) await truth?.write(known)
    records += some.length
  }
  await out.close()
  await truth?.close()
  const end = options.live ? Math.min(simulation.end, Date.now()) : simulation.end
  process.stderr.write(
    `${records} records from ${new Date(simulation.start).toISOString()} to ${new Date(end).toISOString()}\n`,
  )
}

function choicesOf({ scenario, live = false, ...options }: SimulateOptions): SimulationOptions {
  const name = (scenario ?? (live ? LIVE_SCENARIO : DEFAULT_SCENARIO)) as ScenarioName
  if (!live) return { ...options, scenario: name }
  const start = Date.now()
  // Without the prefix, records would have ids of an earlier run and be taken for duplicates.
  return { ...options, scenario: name, start, run: `${start.toString(36)}-` }
}

/** Yields records in real time; the first SIGINT or SIGTERM ends them. */
async function* untilEnded(simulation: Simulation): AsyncGenerator<readonly SimulatedRecord[]> {
  const ended = new AbortController()
  const end = () => ended.abort()
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  process.stderr.write(`live until ${new Date(simulation.end).toISOString()}; Ctrl-C ends it\n`)
  try {
    yield* atTheClock(simulation, ended.signal)
  } finally {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

function writeSides(sides: SideInputs, options: SimulateOptions): void {
  const files = {
    consents: options.consentsOut,
    replies: options.repliesOut,
    complaints: options.complaintsOut,
  } as const
  for (const [name, file] of Object.entries(files) as [keyof SideInputs, string | undefined][]) {
    if (file === undefined) continue
    writeWholeFile(file, sides[name].map((row) => `${JSON.stringify(row)}\n`).join(''), SHARED)
  }
}

interface Output {
  send(records: readonly SimulatedRecord[]): Promise<void>
  close(): Promise<void>
}

async function openOutput(options: SimulateOptions): Promise<Output> {
  if (options.out === 'kafka') {
    const { openProducer } = await import('../service/compose-producer.ts')
    return openProducer(options.config)
  }
  const writer = lineWriter(options.out)
  return { send: (records) => writer.write(records.map((record) => record.value)), close: writer.close }
}
