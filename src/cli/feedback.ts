import { Command, Option } from 'commander'
import type { Alert } from '../domain/alert.ts'
import { parseTarget } from '../domain/codes.ts'
import { SigwatchError } from '../domain/errors.ts'
import { FEEDBACK_VERDICTS, type FeedbackVerdict } from '../domain/events.ts'
import { DAY, parseMoment } from '../domain/time.ts'
import { readSideRow } from '../pipeline/side-inputs/rows.ts'
import type { FeedbackPlace } from '../service/compose-feedback.ts'
import { type Config, loadConfig } from '../settings/config.ts'
import { parseDuration } from '../settings/files/value-forms.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { CONFIG_OPTION } from './shared-options.ts'

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
}

/** States and alerts on messages are remembered so long, ms. */
const REMEMBERED = DAY

/** `sigwatch release`: clears a state and keeps it down. */
export function releaseCommand(): Command {
  return common(
    new Command('release').argument('[id]', 'id of a state or of a message that it shows, or kind:id'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  sigwatch release 5d2f0c7e9a1b43868fd0b7c6e4a21953 --by ann --until 12h',
    )
    .action((id: string | undefined, options: FeedbackOptions) =>
      give(id, { ...options, verdict: 'release' }),
    )
}

/** `sigwatch exempt`: keeps codes from a target beforehand. */
export function exemptCommand(): Command {
  return common(new Command('exempt').argument('[target]', '<kind>:<id>, for example signature:京东'))
    .addHelpText(
      'after',
      '\nExample:\n  sigwatch exempt signature:京东 --codes MARKETING_BURST --until 3d --by ann --note "declared late"',
    )
    .action((id: string | undefined, options: FeedbackOptions) => give(id, { ...options, verdict: 'exempt' }))
}

/** `sigwatch feedback`: says whether an alert was right. */
export function feedbackCommand(): Command {
  const argument = 'id of a state or of a message, or kind:id'
  return common(new Command('feedback').argument('[id]', argument))
    .addOption(new Option('--verdict <verdict>', 'what is said').choices(FEEDBACK_VERDICTS))
    .action(give)
}

function common(command: Command): Command {
  return command
    .option(...CONFIG_OPTION)
    .option('--file <file>', 'feedback file (JSONL) to add to, instead of the topic')
    .option('--alerts <file...>', 'alerts in which the id is looked up, instead of the topic')
    .option('--codes <codes>', 'reason codes that it is about, with commas (default: all)')
    .option('--until <time>', 'how long it holds: a duration or a time (default 24h, at most 30d)')
    .option('--by <name>', 'who says it')
    .option('--note <text>', 'why')
    .option('--list', 'print the feedback that is there instead, one JSON a line')
}

async function give(id: string | undefined, options: FeedbackOptions): Promise<void> {
  const { config } = loadConfig({
    ...(options.config === undefined ? {} : { file: options.config }),
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
    const row = value === null ? undefined : parsed<{ verdict?: string }>(value)
    if (row && (verdict === undefined || row.verdict === verdict))
      process.stdout.write(`${JSON.stringify(row)}\n`)
  })
}

async function write(
  place: FeedbackPlace,
  id: string | undefined,
  options: FeedbackOptions,
  config: Config,
): Promise<void> {
  const { verdict, by, note, codes } = options
  if (id === undefined) throw new SigwatchError('USAGE', 'say what it is about: an id, or <kind>:<id>')
  if (verdict === undefined)
    throw new SigwatchError('USAGE', `--verdict is missing (allowed: ${FEEDBACK_VERDICTS.join(', ')})`)
  if (by === undefined) throw new SigwatchError('USAGE', '--by is missing: who says it')
  const { commandClock, skewWarning } = await import('../service/command-clock.ts')
  const clock = await commandClock(config)
  const ts = clock.now()
  const warning = skewWarning(clock, config.clock.maxSkew)
  if (warning) process.stderr.write(`${warning}\n`)
  const row = {
    ...(await subjectOf(place, id, verdict, ts)),
    verdict,
    ...(codes === undefined ? {} : { codes: codes.split(',').map((code) => code.trim()) }),
    ...(options.until === undefined ? {} : { until: untilOf(options.until, ts) }),
    by,
    ...(note === undefined ? {} : { note }),
    ts,
  }
  const read = readSideRow('feedback', row, canonicalNumber)
  if ('message' in read) throw new SigwatchError('USAGE', `${read.key}: ${read.message}`)
  await place.append(id, JSON.stringify(row))
  process.stderr.write(
    `written to ${place.name}: ${verdict} until ${new Date(read.row.until).toISOString()}\n`,
  )
}

function untilOf(text: string, now: number): number {
  const span = parseDuration(text)
  const moment = span === undefined ? parseMoment(text) : now + span
  if (Number.isNaN(moment)) {
    throw new SigwatchError('USAGE', `--until: "${text}" is neither a duration (12h) nor a time with offset`)
  }
  return moment
}

/** What the id names; a state or a message must be in an alert of the last day. */
async function subjectOf(place: FeedbackPlace, id: string, verdict: FeedbackVerdict, now: number) {
  if (parseTarget(id)) return { target: id }
  if (verdict === 'exempt') throw new SigwatchError('USAGE', `"${id}" is no target: write <kind>:<id>`)
  if (place.alerts.length === 0)
    throw new SigwatchError('USAGE', 'no alerts to look the id up in: name them with --alerts FILE')
  let found: 'stateId' | 'messageId' | undefined
  for (const feed of place.alerts) {
    await feed.read({ from: now - REMEMBERED }, ({ value }) => {
      if (value === null || found || !value.includes(id)) return
      const data = parsed<Alert>(value)?.data
      if (data?.state?.id === id) found = 'stateId'
      else if (data?.message?.id === id || data?.samples?.some((sample) => sample.id === id))
        found = 'messageId'
    })
  }
  if (!found) {
    const where = place.alerts.map(({ name }) => name).join(', ')
    throw new SigwatchError('USAGE', `no alert of the last day is about "${id}" (looked in ${where})`)
  }
  return { [found]: id }
}

function parsed<T>(value: Buffer): T | undefined {
  try {
    return JSON.parse(value.toString('utf8')) as T
  } catch {
    return undefined
  }
}
