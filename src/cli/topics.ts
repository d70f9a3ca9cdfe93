import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { DAY } from '../domain/time.ts'
import type { TopicRow } from '../service/compose-topics.ts'
import { loadConfig } from '../settings/config.ts'
import { formatDuration } from '../settings/files/value-forms.ts'
import { wholeOf } from './option-values.ts'
import { CONFIG_OPTION } from './shared-options.ts'

interface TopicsOptions {
  readonly config?: string
  readonly create: boolean
  readonly partitions?: number
  readonly replication?: number
  readonly endBlocks?: boolean
}

const MISSING = 1
const NO_CLOCK =
  'nothing but the clock of this host shows the time, which ends no row: name Redis (REDIS_URL), or set message.timestamp.type=LogAppendTime on the topic of the block table'
/** Maximum lifetime of feedback, which is read again after Redis lost it, ms. */
const FEEDBACK_HOLDS = 30 * DAY
/** How long to wait for the brokers, ms. */
const CONNECT_WITHIN = 15_000

/**
 * `sigwatch topics`: prints the configured topics with their settings at the brokers. Exits with 1 if one is missing;
 * `--create` creates missing ones.
 */
export function topicsCommand(): Command {
  return new Command('topics')
    .option(...CONFIG_OPTION)
    .option('--create', 'create missing topics', false)
    .option(
      '--partitions <n>',
      'partitions of created topics (default: that of the brokers)',
      wholeOf(1, 99_999),
    )
    .option(
      '--replication <n>',
      'replicas of created topics (default: that of the brokers)',
      wholeOf(1, 99_999),
    )
    .option('--end-blocks', 'delete rows of the block table that expired over an hour ago, and exit')
    .action(topics)
}

async function topics(options: TopicsOptions): Promise<void> {
  const { config } = loadConfig({
    file: options.config,
    serving: false,
  })
  if (!options.create && (options.partitions ?? options.replication) !== undefined) {
    throw new SigwatchError('USAGE', '--partitions and --replication require --create')
  }
  if (options.endBlocks) {
    if (options.create) throw new SigwatchError('USAGE', '--end-blocks cannot be combined with --create')
    const { tidyBlocks } = await import('../service/compose-blocks.ts')
    const { commandClock, skewWarning } = await import('../service/command-clock.ts')
    const clock = await commandClock(config)
    const { topic, rows, ended } = await tidyBlocks(config, clock)
    process.stdout.write(`${topic}: ${ended} of ${rows} rows ended\n`)
    const warning = skewWarning(clock, config.clock.maxSkew)
    if (warning) process.stderr.write(`${warning}\n`)
    else if (clock.standing().skews.size === 0) process.stderr.write(`${NO_CLOCK}\n`)
    return
  }
  const [{ withKafka }, { plannedTopics, readTopics }] = await Promise.all([
    import('../service/compose-clients.ts'),
    import('../service/compose-topics.ts'),
  ])
  const planned = plannedTopics(config.kafka)
  const rows = await withKafka(config, CONNECT_WITHIN, (connection) =>
    readTopics(connection, planned, options),
  )
  process.stdout.write(tableOf(rows))
  const missing = rows.filter(({ state }) => state === undefined)
  if (missing.length === 0) return
  const isRequired = missing.some((row) => row.required)
  const gravity = isRequired ? '`run` does not start without the required ones' : '`run` works without them'
  process.stderr.write(`${missing.length} missing: ${gravity}; \`sigwatch topics --create\` makes them\n`)
  process.exitCode = MISSING
}

const STAMPS = 'LogAppendTime'
const HEADINGS = ['topic', 'for', 'state', 'partitions', 'replicas', 'cleanup', 'retention', 'timestamps']

/** One aligned line per topic. */
function tableOf(rows: readonly TopicRow[]): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function cellsOf({ name, role, required, cleanup, retention, stamped, state, made }: TopicRow): string[] {
  if (!state) {
    const kept = cleanup === 'compact' || retention === undefined ? '-' : formatDuration(retention)
    const stamps = stamped ? `(${STAMPS})` : '-'
    return [name, role, required ? 'MISSING' : 'missing, off', '-', '-', `(${cleanup})`, `(${kept})`, stamps]
  }
  const kept = state.retention === undefined ? 'unlimited' : formatDuration(state.retention)
  const right = state.cleanup.split(',').includes(cleanup)
  const is = made ? 'made' : 'present'
  const isShort = role === 'feedback' && state.retention !== undefined && state.retention < FEEDBACK_HOLDS
  return [
    name,
    role,
    right
      ? isShort
        ? `${is}, keeps less than ${formatDuration(FEEDBACK_HOLDS)}`
        : is
      : `${is}, expected ${cleanup}`,
    String(state.partitions),
    String(state.replicas),
    state.cleanup,
    state.cleanup === 'compact' ? '-' : kept,
    stamped && state.timestamps !== STAMPS ? `${state.timestamps}, better ${STAMPS}` : state.timestamps,
  ]
}
