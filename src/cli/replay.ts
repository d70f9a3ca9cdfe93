import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { orUsage, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { holds } from '../offline/replay/fail-on.ts'
import { type Outcome, replay } from '../offline/replay/replay.ts'
import { readReviewed, reviewSheet } from '../offline/replay/review-sheet.ts'
import { precisionTable, reportTable } from '../offline/replay/table.ts'
import type { Config } from '../settings/config.ts'
import { seedValue, wholeOf } from './option-values.ts'
import { outageReporter } from './outages.ts'
import { type ReplayArguments, type ReplayRequest, requestOf } from './replay-options.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'
import { writeWholeFile } from './whole-file.ts'

const FAILURE = 1
const CONDITION_HOLDS = 3
/** How long to wait for the brokers, ms. The command may run unattended, so it must end. */
const CONNECT_WITHIN = 60_000

const print = (line: string) => process.stderr.write(`${line}\n`)

/** `sigwatch replay`: judges past traffic again and reports what would differ. */
export function replayCommand(): Command {
  return new Command('replay')
    .option(...CONFIG_OPTION)
    .option('--source <file...>', 'files of input records, one JSON a line; or kafka: the configured topic')
    .option('--topic <name>', 'of several inputs, the one that is read, or whose records are in the files')
    .option('--from <time>', 'start: Kafka timestamp, for files `ts`; ISO-8601 with offset or epoch ms')
    .option('--to <time>', 'end, not included')
    .option('--offsets <P:A-B...>', 'of a topic: offsets A to B of partition P')
    .option(
      '--warm-up <duration>',
      'time before the range that is read for rates and baselines, but not compared',
      '24h',
    )
    .option('--against <file>', 'verdicts as written, or kafka: the configured topic (default: a second run)')
    .option('--policy <file>', 'policy file to judge with')
    .option('--rules <file>', 'own rules to judge with')
    .option('--registry <file>', 'brands, signatures and ports to judge with (YAML, JSON, JSONL or CSV)')
    .option('--model <dir>', 'folder of the text model to judge with')
    .option('--consents <file>', 'consents and refusals of that time (JSONL or CSV)')
    .option('--complaints <file>', 'complaints of that time (JSONL or CSV)')
    .option('--replies <file>', 'inbound replies of that time (JSONL or CSV)')
    .option('--feedback <file>', 'feedback of that time (JSONL or CSV)')
    .option('--now <time>', 'reference clock of files (default: the wall clock)')
    .option('--json', 'one JSON object instead of a table')
    .option('--rate <n>', 'limit on records per second, to spare brokers and CPU', wholeOf(1, 10_000_000))
    .option('--sample <percent>', 'share of senders to judge, such as 1%, each with all its messages')
    .option('--resume <file>', 'store progress in this file, and resume from it after an interruption')
    .option('--verdicts <file>', 'write the verdicts of the range')
    .option('--alerts <file>', 'write the alerts of the range')
    .option('--publish <topic>', 'publish the alerts of the range, under a source of their own')
    .option(
      '--review-sheet <n>',
      'draw this many random cases of each code for review, into --out',
      wholeOf(1, 10_000),
    )
    .option('--out <file>', 'the review sheet (CSV)')
    .option('--seed <n>', 'the same seed draws the same cases and senders', seedValue, 1)
    .option('--judged <file>', 'print the precision by code of a judged review sheet, without a replay')
    .option('--fail-on <condition...>', "exit code 3 when it holds, such as 'newly.block > 0.1%'")
    .addHelpText(
      ...example(
        'sigwatch replay --source kafka --from 2026-11-10T00:00+08:00 --against kafka --policy new.yaml',
      ),
    )
    .action((args: ReplayArguments) => (args.judged === undefined ? run(args) : judged(args.judged, args)))
}

async function run(args: ReplayArguments): Promise<void> {
  const request = requestOf(args)
  const abort = new AbortController()
  const stop = () => abort.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const reportOutage = outageReporter(print)
  const emit: Emit = (event) => {
    if (event.name === 'warning') print(`replay: ${event.message}`)
    else reportOutage(event)
  }
  const connection = await connectionOf(request, emit)
  try {
    const outcome = await replay(request.replay, { connection, emit, print, signal: abort.signal })
    finish(outcome, request, args)
  } finally {
    await connection?.close()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** The Kafka client is loaded only if it is needed. */
async function connectionOf({ replay: { files, against, publish, config } }: ReplayRequest, emit: Emit) {
  if (files && against !== 'kafka' && publish === undefined) return undefined
  return connect(config, emit)
}

async function connect(config: Config, emit: Emit) {
  const { kafkaOf } = await import('../service/compose-clients.ts')
  return kafkaOf(config, emit, AbortSignal.timeout(CONNECT_WITHIN))
}

function finish(
  { report, cases, interrupted }: Outcome,
  { sheet, failOn, replay: asked }: ReplayRequest,
  args: ReplayArguments,
) {
  if (interrupted) {
    const how = asked.resume === undefined ? '' : `; repeat the command to go on from ${asked.resume}`
    print(`replay: interrupted${how}`)
    process.exitCode = FAILURE
    return
  }
  process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : reportTable(report))
  if (sheet !== undefined) {
    writeWholeFile(sheet, reviewSheet(cases))
    print(
      `replay: ${sheet}: write right or wrong into the column judgement, then sigwatch replay --judged ${sheet}`,
    )
  }
  const isEmpty = report.records + report.deadLetters === 0
  if (isEmpty) print('replay: nothing was compared: the range has no records')
  if (failOn.length === 0 || isEmpty) return
  if (report.compared === 0) {
    print('replay: nothing was compared, so --fail-on was not checked')
    process.exitCode = FAILURE
    return
  }
  for (const condition of failOn) {
    const { holds: failed, value } = holds(condition, report)
    const figure = condition.percent ? `${Number(value.toPrecision(4))}%` : value
    print(
      `replay: ${condition.text}: ${failed ? 'holds' : 'does not hold'}, ${condition.figure} is ${figure}`,
    )
    if (failed) process.exitCode = CONDITION_HOLDS
  }
}

function judged(file: string, { source, json }: ReplayArguments): void {
  if (source)
    throw new SigwatchError('USAGE', '--judged cannot be combined with --source: it replays nothing')
  const sheet = orUsage(`cannot read ${file}`, () => readFileSync(file))
  const precisions = readReviewed(sheet, file)
  process.stdout.write(json ? `${JSON.stringify(precisions)}\n` : precisionTable(precisions))
}
