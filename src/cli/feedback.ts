import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { optionFault, SigwatchError } from '../domain/errors.ts'
import { type FeedbackVerdict, JUDGEMENTS } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { jsonOf } from '../domain/json.ts'
import { feedbackIdOf } from '../pipeline/side-inputs/feedback-id.ts'
import { ORDERED_ACTIONS } from '../pipeline/side-inputs/row-checks.ts'
import { readSideRow } from '../pipeline/side-inputs/rows.ts'
import type { FeedbackPlace } from '../service/compose-feedback.ts'
import { type Config, loadConfig } from '../settings/config.ts'
import { momentOrSpan, parseDuration } from '../settings/files/value-forms.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { answered } from './feedback-answer.ts'
import { subjectOf } from './feedback-subject.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'

interface FeedbackOptions {
  readonly config?: string
  readonly file?: string
  readonly alerts?: readonly string[]
  readonly verdict?: FeedbackVerdict
  readonly codes?: string
  readonly until?: string
  readonly by?: string
  readonly note?: string
  readonly list?: boolean
  readonly batch?: string
  readonly undo?: string
  readonly wait?: number
}

const LOOKED_UP = 'alerts in which the id is looked up, instead of the topic'

interface BlockOptions extends FeedbackOptions {
  readonly why?: string
  readonly action?: string
  readonly perMinute?: string
  readonly labels?: string
}

/** `sigwatch release`: clears a state and keeps it from being raised again. */
export function releaseCommand(): Command {
  return judging(
    new Command('release').argument('[id]', 'id of a state or of a message that it shows, or kind:id'),
    LOOKED_UP,
  )
    .addHelpText(...example('sigwatch release 5d2f0c7e9a1b43868fd0b7c6e4a21953 --by ann --until 12h'))
    .action((id: string | undefined, options: FeedbackOptions) =>
      give(id, { ...options, verdict: 'release' }),
    )
}

/** `sigwatch exempt`: suppresses codes for a target in advance. */
export function exemptCommand(): Command {
  return judging(new Command('exempt').argument('[target]', '<kind>:<id>, for example signature:京东'))
    .addHelpText(
      ...example(
        'sigwatch exempt signature:京东 --codes MARKETING_BURST --until 3d --by ann --note "declared late"',
      ),
    )
    .action((id: string | undefined, options: FeedbackOptions) => give(id, { ...options, verdict: 'exempt' }))
}

/** `sigwatch feedback`: records whether an alert was right. */
export function feedbackCommand(): Command {
  const argument = 'id of a state or of a message, or kind:id'
  return judging(new Command('feedback').argument('[id]', argument), LOOKED_UP)
    .addOption(new Option('--verdict <verdict>', 'the judgement').choices(JUDGEMENTS))
    .option('--undo <id>', 'undo the feedback with this id or batch name')
    .action(give)
}

/** `sigwatch block`: blocks a target manually until a given time. */
export function blockCommand(): Command {
  const targets =
    'domain:, port: (exact or prefix*), signature:, sender:, brand-claim: or template:<message or alert id>'
  return withHidden(common(new Command('block').argument('[target]', targets)), '--codes', '--note')
    .option('--until <time>', 'end: a duration or a time, at most 30d; required')
    .option(
      '--alerts <file...>',
      'of template: with the id of an alert, where it is looked up, instead of the topic',
    )
    .option('--why <text>', 'reason for the block')
    .addOption(new Option('--action <action>', 'action (default block)').choices(ORDERED_ACTIONS))
    .option('--per-minute <n>', 'with --action throttle: messages per minute that pass')
    .option('--labels <labels>', 'only texts with these labels, comma-separated')
    .addHelpText(
      ...example('sigwatch block domain:jd-verify.top --until 2h --by ann --why "forged refunds, case 4711"'),
    )
    .action((id: string | undefined, { why, ...options }: BlockOptions) => {
      if (options.list) return give(id, { ...options, verdict: 'block' })
      if (why === undefined)
        throw new SigwatchError('USAGE', '--why is missing: give the reason of the block')
      if (options.until === undefined)
        throw new SigwatchError('USAGE', '--until is missing: give an end or a duration')
      return give(id, { ...options, note: why, verdict: 'block' })
    })
}

/** `sigwatch unblock`: ends a manual block. */
export function unblockCommand(): Command {
  const command = common(new Command('unblock').argument('[id]', 'the target, or the id of the state'))
  return withHidden(command, '--codes', '--until', '--alerts')
    .option('--note <text>', 'reason')
    .addHelpText(...example('sigwatch unblock domain:jd-verify.top --by ann'))
    .action((id: string | undefined, options: FeedbackOptions) =>
      give(id, { ...options, verdict: 'unblock' }),
    )
}

/** The members that `block` adds to its row. */
function orderOf({ action, perMinute, labels }: BlockOptions) {
  if (perMinute !== undefined && !/^\d{1,7}$/.test(perMinute))
    throw optionFault('--per-minute', `"${perMinute}" is not a number of messages`)
  return given({
    action,
    perMinute: perMinute === undefined ? undefined : Number(perMinute),
    labels: labels?.split(',').map((label) => label.trim()),
  })
}

/** What goes with a word on findings. `alerts` describes the option, which is hidden without it. */
function judging(command: Command, alerts?: string): Command {
  const whole = common(command)
    .option('--codes <codes>', 'reason codes, comma-separated (default: all)')
    .option('--until <time>', 'end: a duration or a time (default 24h, at most 30d)')
    .option('--note <text>', 'reason')
  return alerts === undefined ? withHidden(whole, '--alerts') : whole.option('--alerts <file...>', alerts)
}

/** Options without use in a command that earlier versions took: still accepted. */
function withHidden(command: Command, ...names: ('--codes' | '--until' | '--alerts' | '--note')[]): Command {
  for (const name of names)
    command.addOption(new Option(`${name} ${name === '--alerts' ? '<file...>' : '<text>'}`).hideHelp())
  return command
}

function common(command: Command): Command {
  return command
    .option(...CONFIG_OPTION)
    .option('--file <file>', 'feedback file (JSONL) to add to, instead of the topic')
    .option('--by <name>', 'name of the person')
    .option('--batch <name>', 'name under which several rows can be undone together')
    .addOption(
      new Option(
        '--wait <duration>',
        'wait for the answer of the service, and fail if the row is refused',
      ).argParser(durationOf),
    )
    .option('--list', 'print the feedback given so far, one JSON object per line')
}

function durationOf(text: string): number {
  const span = parseDuration(text)
  if (span === undefined) throw new InvalidArgumentError('must be a duration such as 10s.')
  return span
}

async function give(id: string | undefined, options: BlockOptions): Promise<void> {
  const { file } = options
  if (options.list && id !== undefined)
    throw new SigwatchError('USAGE', '--list prints all feedback: leave the id out')
  if (options.list && file !== undefined && !existsSync(file))
    throw new SigwatchError('USAGE', `${file} does not exist`)
  const { config } = loadConfig({
    file: options.config,
    serving: false,
  })
  const { openFeedback } = await import('../service/compose-feedback.ts')
  const place = await openFeedback(config, options)
  try {
    if (options.list) await list(place, options.verdict)
    else await write(place, id, options, config)
  } finally {
    await place.close()
  }
}

async function list(place: FeedbackPlace, verdict: FeedbackVerdict | undefined): Promise<void> {
  await place.feedback.read({}, ({ value }) => {
    const row = value === null ? undefined : jsonOf<{ verdict?: string }>(value)
    if (row && (verdict === undefined || row.verdict === verdict))
      process.stdout.write(`${JSON.stringify(withId(row))}\n`)
  })
}

/** The row with the id by which it is undone, which rows written by commands do not carry. */
function withId(row: object): object {
  const read = readSideRow('feedback', row, canonicalNumber)
  return 'row' in read ? { ...row, feedbackId: feedbackIdOf(read.row) } : row
}

async function write(
  place: FeedbackPlace,
  id: string | undefined,
  options: BlockOptions,
  config: Config,
): Promise<void> {
  const { by, note, codes, batch, undo, wait } = options
  checkUsage(id, options)
  if (wait !== undefined && !place.answers)
    throw new SigwatchError(
      'USAGE',
      '--wait requires kafka.topics.feedbackResults: without that topic nothing answers feedback',
    )
  if (by === undefined) throw new SigwatchError('USAGE', '--by is missing: name who gives this feedback')
  const { commandClock, skewWarning } = await import('../service/command-clock.ts')
  const clock = await commandClock(config)
  const ts = clock.now()
  const warning = skewWarning(clock, config.clock.maxSkew)
  if (warning) process.stderr.write(`${warning}\n`)
  const row = {
    ...(undo === undefined ? await subjectOf(place, id!, options.verdict!, ts) : { undo }),
    ...given({
      codes: codes?.split(',').map((code) => code.trim()),
      until: options.until === undefined ? undefined : untilOf(options.until, ts),
    }),
    by,
    ...given({ note, batch }),
    ...orderOf(options),
    ts,
  }
  const read = readSideRow('feedback', row, canonicalNumber)
  if ('message' in read) throw new SigwatchError('USAGE', `${read.key}: ${read.message}`)
  await place.append(undo ?? id!, JSON.stringify(row), ts)
  const { verdict, until } = read.row
  const what =
    undo !== undefined
      ? `undo of ${undo}`
      : verdict === 'unblock'
        ? verdict
        : `${verdict} until ${new Date(until).toISOString()}`
  const feedbackId = feedbackIdOf(read.row)
  process.stderr.write(`written to ${place.name}: ${what}, feedback id ${feedbackId}\n`)
  if (wait !== undefined) await answered(place.answers!, feedbackId, ts, wait)
  else if (place.answers)
    process.stderr.write(
      `whether it takes effect is answered in ${place.answers.name}; --wait 10s shows it\n`,
    )
}

function checkUsage(id: string | undefined, { verdict, undo }: FeedbackOptions): void {
  if (undo !== undefined) {
    if (id === undefined && verdict === undefined) return
    throw new SigwatchError('USAGE', '--undo cannot be combined with an id or a verdict')
  }
  if (id === undefined) throw new SigwatchError('USAGE', 'the subject is missing: give an id, or <kind>:<id>')
  if (verdict === undefined)
    throw new SigwatchError('USAGE', `--verdict is missing (allowed: ${JUDGEMENTS.join(', ')})`)
}

function untilOf(text: string, now: number): number {
  const moment = momentOrSpan(text, now)
  if (moment === undefined)
    throw optionFault('--until', `"${text}" is neither a duration (12h) nor a time with offset`)
  return moment
}
