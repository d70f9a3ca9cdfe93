import { optionFault, SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { type FailOn, parseFailOn } from '../offline/replay/fail-on.ts'
import type { ReplayOptions } from '../offline/replay/options.ts'
import { parseOffsets } from '../offline/replay/ranges.ts'
import { type Config, type ConfigOptions, loadConfig } from '../settings/config.ts'
import { FORMS, parseDuration } from '../settings/files/value-forms.ts'
import { FACTS, type FileSettings, overridesOf, VERSIONS } from './file-settings.ts'
import { momentOf } from './moment.ts'

/** Raw options of the command line. */
export interface ReplayArguments extends FileSettings {
  readonly config?: string
  readonly source?: readonly string[]
  readonly topic?: string
  readonly from?: string
  readonly to?: string
  readonly offsets?: readonly string[]
  readonly warmUp: string
  readonly against?: string
  readonly now?: string
  readonly json?: boolean
  readonly rate?: number
  readonly resume?: string
  readonly verdicts?: string
  readonly alerts?: string
  readonly publish?: string
  readonly reviewSheet?: number
  readonly out?: string
  readonly seed: number
  readonly sample?: string
  readonly judged?: string
  readonly failOn?: readonly string[]
}

export interface ReplayRequest {
  readonly replay: ReplayOptions
  readonly failOn: readonly FailOn[]
  /** Output file of the review sheet. */
  readonly sheet?: string
}

/** Stands for the topic where an option otherwise takes a file name. */
const KAFKA = 'kafka'

/** Validates the options together. Throws USAGE for combinations that make no sense. */
export function requestOf(args: ReplayArguments): ReplayRequest {
  const { source, offsets, against, resume, verdicts, alerts, publish, out, config: file } = args
  if (source === undefined) throw usage('--source is missing: give --source FILE or --source kafka')
  if (source.length > 1 && source.includes(KAFKA))
    throw usage('--source: kafka cannot be combined with files')
  const files = source[0] === KAFKA ? undefined : source
  if (offsets && files) throw usage('--offsets requires --source kafka: lines of files have no offsets')
  if (offsets && (args.from ?? args.to) !== undefined)
    throw usage('--offsets cannot be combined with --from and --to')
  if ((args.reviewSheet === undefined) !== (out === undefined))
    throw usage('--review-sheet N requires --out FILE')
  distinct([verdicts, alerts, out, resume, ...(files ?? []), against])
  const facts = overridesOf(args, FACTS)
  const now = configOf(file, facts)
  const config = configOf(file, { ...facts, ...overridesOf(args, VERSIONS) })
  if (publish !== undefined) refuseLive(publish, config)
  const from = momentOf('--from', args.from)
  const to = momentOf('--to', args.to)
  if (from !== undefined && to !== undefined && from >= to) throw usage('--from must be before --to')
  const clock = momentOf('--now', args.now)
  return {
    replay: {
      ...given({ files, topic: args.topic }),
      range: {
        ...given({ from, to, offsets: offsets ? parseOffsets(offsets) : undefined }),
        warmUp: durationOf('--warm-up', args.warmUp),
      },
      against: against === undefined || against === KAFKA ? against : { file: against },
      config,
      now,
      ...given({
        clock,
        rate: args.rate,
        resume,
        verdicts,
        alerts,
        publish,
      }),
      reviewCases: args.reviewSheet ?? 0,
      seed: args.seed,
      ...given({ sample: args.sample === undefined ? undefined : shareOf('--sample', args.sample) }),
    },
    failOn: (args.failOn ?? []).map(parseFailOn),
    ...given({ sheet: out }),
  }
}

/** The configuration with the overrides of the command line, and without explanations in verdicts. */
function configOf(file: string | undefined, overrides: ConfigOptions['overrides'] & {}): Config {
  const { config } = loadConfig({ file, overrides, serving: false })
  return { ...config, verdicts: { ...config.verdicts, explain: false } }
}

/** The deployment's own topics are refused: their readers would act on replayed alerts. */
function refuseLive(topic: string, { kafka: { topics } }: Config): void {
  const { messages, ...others } = topics
  const [role] =
    Object.entries(others).find(([, name]) => name === topic) ??
    (messages.some((input) => input.topic === topic) ? ['messages'] : [])
  if (role !== undefined) {
    throw usage(`--publish: ${topic} is the topic ${role} of the configuration: name one of its own`)
  }
}

function distinct(files: readonly (string | undefined)[]): void {
  const named = files.filter((name) => name !== undefined && name !== KAFKA)
  const twice = named.find((name, i) => named.indexOf(name) !== i)
  if (twice !== undefined) throw usage(`${twice} is given twice: use two files`)
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw optionFault(option, `"${text}" is not allowed (allowed: ${FORMS.duration})`)
}

/** Parses a share such as `1%` or `0.5%`. */
function shareOf(option: string, text: string): number {
  const [, percent = ''] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? []
  const share = Number(percent) / 100
  if (share > 0 && share <= 1) return share
  throw optionFault(
    option,
    `"${text}" is not allowed (allowed: a percentage above 0% up to 100%, such as 1%)`,
  )
}

function usage(message: string): SigwatchError {
  return new SigwatchError('USAGE', message)
}
