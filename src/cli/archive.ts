import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit, Event } from '../domain/events.ts'
import { archiveUrlOf, needBrokers } from '../service/command-needs.ts'
import type { Archive } from '../service/compose-archive.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { VERSION } from '../service/version.ts'
import { eraseCommand } from './archive-erase.ts'
import { serve } from './serve.ts'
import { type ArchiveOptions, archiveConfig, CONFIG_OPTION, DATABASE_OPTION } from './shared-options.ts'

interface RunOptions extends ArchiveOptions {
  readonly expireNow?: boolean
}

/**
 * `sigwatch archive`: copies the topics of a deployment into PostgreSQL; subcommands erase the data of one person and drop
 * expired days.
 */
export function archiveCommand(): Command {
  const command = new Command('archive')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .option('--expire-now', 'drop all days past the retention, however many, print them, and exit')
    .addHelpText(
      'after',
      '\nExamples:\n  sigwatch archive --database postgres://sigwatch@127.0.0.1/sigwatch\n  sigwatch archive erase --number-file number.txt --by ann --ref R-17',
    )
    .action((options: RunOptions) => (options.expireNow ? expire(options) : archive(options)))
  command.addCommand(eraseCommand().exitOverride())
  return command
}

async function archive(options: ArchiveOptions): Promise<void> {
  const reading = archiveConfig(options, true)
  const { config } = reading
  needBrokers(config)
  archiveUrlOf(config)
  const { composeArchive } = await import('../service/compose-archive.ts')
  const telemetry = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  let starting = STARTING
  const emit: Emit = (event) => {
    starting = startingBy(event) ?? starting
    telemetry.emit(event)
  }
  emit({ name: 'started', version: VERSION, mode: 'archive' })
  let running: Archive | undefined
  await serve(reading, telemetry, {
    open: async (stopping) => (running = await composeArchive(config, emit, stopping)),
    probes: [() => running?.unready() ?? [starting]],
    reloads: false,
  })
}

const STARTING = 'starting: waiting for Kafka and PostgreSQL'

/** What the start waits for from this event on, if it tells. */
function startingBy(event: Event): string | undefined {
  if (event.name === 'connection_lost' && event.service === 'postgres')
    return `starting: PostgreSQL does not answer: ${event.reason}`
  if (event.name === 'connection_restored' && event.service === 'postgres') return STARTING
  if (event.name === 'archive_migrating') return `starting: migrating the tables (${event.steps} steps)`
  if (event.name === 'archive_migrated') return 'starting: waiting for Kafka'
  if (event.name !== 'archive_migration_waits') return undefined
  const { pid, session, address, since } = event
  const which = `process ${pid} of PostgreSQL (${[session, address].filter((part) => part !== '').join(' at ')})`
  return `starting: the migration of the tables waits for ${which}, which migrates or holds a lock, since ${since}`
}

async function expire(options: ArchiveOptions): Promise<void> {
  const { config } = archiveConfig(options)
  const { expireNow } = await import('../service/compose-archive.ts')
  const expired = await expireNow(config)
  process.stdout.write(`${JSON.stringify(expired)}\n`)
  if (expired.deferred.length > 0) {
    const message = 'another session holds a lock on some days: run the command again when it is done'
    throw new SigwatchError('ARCHIVE_UNREACHABLE', message)
  }
}
