import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { type Client, databaseError, limited, withClient } from '../analyst/archive/database.ts'
import { DatabaseWait } from '../analyst/archive/database-wait.ts'
import { watchDeadlines } from '../analyst/archive/deadlines.ts'
import { watchDrift } from '../analyst/archive/drift.ts'
import { type Expired, expire } from '../analyst/archive/expiry.ts'
import { ArchiveIntake } from '../analyst/archive/intake.ts'
import { migrate, requireSchema } from '../analyst/archive/migrate.ts'
import { attended } from '../analyst/archive/migration-attendant.ts'
import { archivedOffsets, type LogOf } from '../analyst/archive/offsets.ts'
import { Partitions } from '../analyst/archive/partitions.ts'
import { ArchiveReader } from '../analyst/archive/reader.ts'
import type { ArchiveInput } from '../analyst/archive/rows.ts'
import { keepUp, type UpkeepOptions } from '../analyst/archive/upkeep.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { SIDE_INPUTS } from '../domain/input-events.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { createTokeniser } from '../domain/token.ts'
import type { TrustedClock } from '../domain/trusted-clock.ts'
import { type MapRow, mapRows } from '../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../settings/config.ts'
import { rewind } from './archive-rewind.ts'
import { archiveUrlOf, tokenKeyOf } from './command-needs.ts'
import { AppendTimes, hostAgrees, observePostgres } from './compose-archive-clock.ts'
import { GrowingSource } from './compose-archive-source.ts'
import { kafkaOf } from './compose-clients.ts'
import { ClockWatch, trustedClockOf } from './compose-clock.ts'
import type { Runnable } from './lifecycle.ts'

export interface Archive extends Runnable {
  unready(): readonly string[]
}

/** The kind of input of each topic role. */
const INPUTS = {
  alerts: 'alerts',
  shadowAlerts: 'alerts',
  verdicts: 'verdicts',
  stats: 'stats',
  versions: 'versions',
  feedback: 'feedback',
  feedbackResults: 'feedbackResults',
  enforcements: 'enforcements',
  complaints: 'complaints',
  registry: 'registry',
} as const satisfies Partial<Record<keyof Config['kafka']['topics'], ArchiveInput>>

/** Row readers of side topics that have a field map, by topic. */
function mapsOf({ kafka, sideMaps = {} }: Config): ReadonlyMap<string, MapRow> {
  return new Map(
    SIDE_INPUTS.flatMap((input) => {
      const [topic, map] = [kafka.topics[input], sideMaps[input]]
      return topic !== null && map ? [[topic, mapRows(input, map)] as const] : []
    }),
  )
}

/**
 * Opens a reader of the archive with the configured query timeout; `name` is its application name in PostgreSQL. Throws
 * CONFIG_INVALID if no database is configured.
 */
export function openArchiveReader(config: Config, name: string): Promise<ArchiveReader> {
  return ArchiveReader.open(archiveUrlOf(config), name, config.archive.queryTimeout)
}

/**
 * Runs `work` on one connection and closes it. With `within` the connection is read-only and limits each statement to that many
 * ms. Rejects with the errors of PostgreSQL.
 */
export async function withDatabase<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  within?: number,
): Promise<T> {
  const bounded = (client: Client) =>
    within === undefined ? work(client) : limited(client, within, 'READ ONLY', () => work(client))
  return withClient(url, 'sigwatch', bounded, within).catch((error: unknown) => {
    throw databaseError(error, within)
  })
}

/**
 * `withDatabase` on the configured archive. Rejects with CONFIG_INVALID if none is configured, and with ARCHIVE_REFUSED unless
 * the schema is that of this version.
 */
export function withArchive<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  return withDatabase(archiveUrlOf(config), async (client) => {
    await requireSchema(client)
    return work(client)
  })
}

/**
 * Copies the topics of a deployment into PostgreSQL. Rejects for faults that the operator has to fix, before anything is read,
 * and when `stopping` ends the wait for the brokers or the database.
 */
export async function composeArchive(config: Config, emit: Emit, stopping: AbortSignal): Promise<Archive> {
  const url = archiveUrlOf(config)
  const tokenise = createTokeniser(tokenKeyOf(config))
  const abort = new AbortController()
  const giveUp = () => abort.abort()
  stopping.addEventListener('abort', giveUp)
  const kafka = kafkaOf(config, emit, abort.signal, { awaitsLogin: true })
  try {
    const clock = trustedClockOf(config)
    const wait = new DatabaseWait({ emit, signal: abort.signal })
    await wait.untilReached(() => prepare(url, clock, emit, abort.signal))
    const appendTimes = new AppendTimes(clock, kafka)
    const { inputs, missing } = await namedInputs(kafka, config, emit)
    const groupId = `${config.kafka.groupId}-archive`
    const archived = () => wait.untilReached(() => withDatabase(url, archivedOffsets))
    await rewind({ kafka, groupId, topics: [...inputs.keys()], archived, emit, signal: abort.signal })
    const source = new GrowingSource({ kafka, groupId, inputs, missing, emit })
    const intake = new ArchiveIntake({
      url,
      inputs,
      sample: config.archive.sample,
      partitions: new Partitions(config.archive.retention),
      clock,
      maps: mapsOf(config),
      tokenise,
      logsOf(partitions) {
        appendTimes.assigned(partitions)
        return logsOf(kafka, partitions)
      },
      saw: (run) => appendTimes.saw(run),
      commit: (checkpoints, epoch) => source.commit(checkpoints, epoch),
      emit,
      signal: abort.signal,
    })
    const watch = new ClockWatch({ clock, ask: [() => appendTimes.ask()], emit })
    await watch.start()
    const readClock = (client: Client) => observePostgres(clock, client)
    startUpkeep(config, { url, clock, readClock, emit, signal: abort.signal })
    // From here on a stop drains.
    stopping.removeEventListener('abort', giveUp)
    return {
      run: () => source.run(intake),
      unready: () => [...source.unready(), ...intake.unready(), ...watch.unready()],
      stop: () => source.stop(),
      async close() {
        abort.abort()
        watch.close()
        await intake.close()
        await kafka.close()
      },
    }
  } catch (error) {
    abort.abort()
    await kafka.close()
    throw error
  }
}

/** Creates or migrates the tables, and adds PostgreSQL's time to the clock. Rejects like `migrate`. */
async function prepare(url: string, clock: TrustedClock, emit: Emit, signal: AbortSignal): Promise<void> {
  await withDatabase(url, async (client) => {
    await attended(client, { url, emit, signal }, () => migrate(client, { emit, signal }))
    await observePostgres(clock, client)
  })
}

/** Starts the periodic jobs that run alongside the intake until `signal` is aborted. */
function startUpkeep(
  { archive, clock: { maxSkew } }: Config,
  options: Omit<UpkeepOptions, 'retention' | 'agreed'> & { readonly clock: TrustedClock },
): void {
  const { url, clock, emit, signal } = options
  const agreed = () => hostAgrees(clock, maxSkew, Date.now())
  void keepUp({ ...options, retention: archive.retention, agreed })
  void watchDeadlines(url, emit, signal)
  void watchDrift(url, emit, signal)
}

/**
 * Drops all data older than the retention, by the earlier of the host's and PostgreSQL's clocks, without a limit on the amount.
 * Rejects like `withArchive`, and with ARCHIVE_UNREACHABLE while another process is doing the same.
 */
export async function expireNow(config: Config): Promise<Expired> {
  const clock = trustedClockOf(config)
  return withArchive(config, async (client) => {
    await observePostgres(clock, client)
    const agreed = hostAgrees(clock, config.clock.maxSkew, Date.now())
    const expired = await expire(client, { clock, retention: config.archive.retention, agreed, forced: true })
    if (expired) return expired
    throw new SigwatchError('ARCHIVE_UNREACHABLE', 'another process is dropping days: run the command again')
  })
}

/** The configured topics, split by whether they exist. Rejects with KAFKA_TOPIC_MISSING if none does. */
async function namedInputs(
  kafka: KafkaConnection,
  { kafka: { topics } }: Config,
  emit: Emit,
): Promise<{ inputs: Map<string, ArchiveInput>; missing: ReadonlyMap<string, ArchiveInput> }> {
  const named = (Object.keys(INPUTS) as (keyof typeof INPUTS)[]).flatMap((use) => {
    const topic = topics[use]
    return topic === null ? [] : [[topic, INPUTS[use]] as const]
  })
  const absent = new Set(await kafka.missingTopics(named.map(([topic]) => topic)))
  const missing = named.filter(([topic]) => absent.has(topic))
  for (const [topic, input] of missing) {
    const message = `the topic ${topic} does not exist: until it is made, ${input} of it are not archived`
    emit({ name: 'warning', message })
  }
  if (missing.length === named.length)
    throw new SigwatchError('KAFKA_TOPIC_MISSING', `missing in Kafka: ${[...absent].join(', ')}`)
  return { inputs: new Map(named.filter(([topic]) => !absent.has(topic))), missing: new Map(missing) }
}

async function logsOf(kafka: KafkaConnection, partitions: readonly PartitionId[]): Promise<LogOf[]> {
  const [logs, bounds] = await Promise.all([kafka.logsOf(partitions), kafka.boundsOf(partitions)])
  const byKey = new Map(bounds.map((bound) => [partitionKey(bound), bound]))
  return logs.map(({ topic, partition, topicId }) => {
    // If the leader of a partition does not answer, its bounds are assumed to be unlimited.
    const { startOffset = 0, endOffset = Number.MAX_SAFE_INTEGER } =
      byKey.get(partitionKey({ topic, partition })) ?? {}
    return { topic, partition, startOffset, endOffset, ...given({ topicId }) }
  })
}
