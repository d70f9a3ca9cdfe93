import type { Input } from '../analyst/evidence/collect.ts'
import { type Feed, fileFeed, mappedFeed, rowFeed } from '../analyst/evidence/feed.ts'
import type { RegistryChange } from '../detection/registry/load.ts'
import { RegistryHolder } from '../detection/versions/registry-holder.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import { given } from '../domain/given.ts'
import type { SideInput } from '../domain/input-events.ts'
import type { Registry } from '../domain/registry.ts'
import { inputTopicNames } from '../pipeline/inputs.ts'
import { fileMap, mapRows } from '../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../settings/config.ts'
import { outageReporter } from './outages.ts'

/** Files named on the command line, by kind of content. */
export type PackFiles = Readonly<Partial<Record<Input | 'shadowAlerts' | 'registry', string>>>

type ArchivedInput = 'complaints' | 'alerts'
type ArchiveLookup = (id: string) => Promise<Feed>

export interface PackSources {
  readonly feeds: Readonly<Record<Input, readonly Feed[]>>
  /** Looks a row up in the archive, after all other places. Absent if no archive is configured, or a file was named. */
  readonly archived: Readonly<Partial<Record<ArchivedInput, ArchiveLookup>>>
  /** Kinds that have neither a file nor a topic. */
  readonly absent: readonly Input[]
  /** Reads the registry; undefined if there is none. */
  registry(): Promise<Registry | undefined>
  readonly ledger?: Pick<ConsentLedger, 'lookup'>
  close(): Promise<void>
}

/** How long Kafka may take to answer at the start, ms. The command may run unattended, so it must end. */
const ANSWER_WITHIN = 30_000
const REDIS_WITHIN = 5_000

/**
 * Opens the sources of a pack: only the file for kinds named on the command line; otherwise the configured file and, with
 * brokers, the topic.
 */
export async function openSources(
  config: Config,
  files: PackFiles,
  report: (line: string) => void,
): Promise<PackSources> {
  const topics = config.kafka.brokers ? await openTopics(config, report) : undefined
  const ledger = await openLedger(config)
  const configured = (input: 'complaints' | 'consents' | 'replies') => {
    const file = config[input]
    return file === null ? [] : [rowFeed(file, fileMap(config, input))]
  }
  const pick = (input: Input, configured: readonly Feed[] = [], ...more: (string | undefined)[]): Feed[] => {
    const named = [files[input], ...more].filter((file) => file !== undefined)
    if (named.length > 0) return named.map(fileFeed)
    return [...configured, ...(topics?.feeds[input] ?? [])]
  }
  const feeds = {
    complaints: pick('complaints', configured('complaints')),
    messages: pick('messages'),
    verdicts: pick('verdicts'),
    alerts: pick('alerts', [], files.shadowAlerts),
    consents: pick('consents', configured('consents')),
    replies: pick('replies', configured('replies')),
  }
  const archived = given({
    complaints: files.complaints === undefined ? archiveOf(config, 'complaints') : undefined,
    alerts: files.alerts === undefined ? archiveOf(config, 'alerts') : undefined,
  })
  const elsewhere: Partial<Record<Input, unknown>> = { consents: ledger, complaints: archived.complaints }
  const known = (input: Input) => feeds[input].length > 0 || elsewhere[input] !== undefined
  const registryFile = files.registry ?? config.registry ?? undefined
  return {
    feeds,
    archived,
    absent: (Object.keys(feeds) as Input[]).filter((input) => !known(input)),
    async registry() {
      const feed = files.registry === undefined ? topics?.registry : undefined
      if (registryFile === undefined && !feed) return undefined
      const holder = new RegistryHolder(
        registryFile,
        () => {},
        undefined,
        files.registry ? undefined : fileMap(config, 'registry'),
      )
      if (feed) holder.apply(await readChanges(feed.feed, feed.read))
      return holder.current
    },
    ...given({ ledger: ledger?.ledger }),
    async close() {
      await Promise.all([topics?.close(), ledger?.close()])
    },
  }
}

function archiveOf(config: Config, input: ArchivedInput): ArchiveLookup | undefined {
  if (config.archive.url === null) return undefined
  return async (id) => {
    const [{ withArchive }, { archivedAlert, archivedComplaint }] = await Promise.all([
      import('../service/compose-archive.ts'),
      import('../analyst/evidence/archive-feed.ts'),
    ])
    const archived = input === 'alerts' ? archivedAlert : archivedComplaint
    return archived(id, (work) => withArchive(config, work))
  }
}

type ReadChange = (row: { readonly key: string; readonly value: Buffer | null }) => RegistryChange | string

/** The last change of each key, in order. Invalid rows are skipped, as in the service. */
async function readChanges(feed: Feed, read: ReadChange): Promise<RegistryChange[]> {
  const changes: RegistryChange[] = []
  await feed.read({}, (record) => {
    const change = read(record)
    if (typeof change !== 'string') changes.push(change)
  })
  return changes
}

/** Opens the configured topics that exist. The Kafka client is loaded only here. */
async function openTopics(config: Config, report: (line: string) => void) {
  const [{ kafkaOf }, { registryChange }, { topicFeed }] = await Promise.all([
    import('../service/compose-clients.ts'),
    import('../pipeline/side-inputs/registry-rows.ts'),
    import('../analyst/evidence/topic-feed.ts'),
  ])
  const abort = new AbortController()
  const giveUp = setTimeout(() => abort.abort(), ANSWER_WITHIN)
  const connection = kafkaOf(config, outageReporter(report), abort.signal)
  const { topics, groupId } = config.kafka
  const { messages: _, ...others } = topics
  const wanted = [...Object.values(others), ...inputTopicNames(config)].filter((topic) => topic !== null)
  let missing: Set<string>
  try {
    missing = new Set(await connection.missingTopics(wanted))
  } catch (error) {
    await connection.close()
    throw error
  } finally {
    clearTimeout(giveUp)
  }
  const onProgress = (topic: string, records: number, at: number) =>
    report(`${topic}: ${records} records, now at ${new Date(at).toISOString()}`)
  const feed = (topic: string | null): Feed[] =>
    topic === null || missing.has(topic) ? [] : [topicFeed({ connection, topic, groupId, onProgress })]
  const sideFeed = (input: SideInput): Feed[] => {
    const map = config.sideMaps?.[input]
    return map ? feed(topics[input]).map((one) => mappedFeed(one, mapRows(input, map))) : feed(topics[input])
  }
  const [registry] = sideFeed('registry')
  return {
    feeds: {
      complaints: sideFeed('complaints'),
      messages: inputTopicNames(config).flatMap(feed),
      verdicts: feed(topics.verdicts),
      alerts: [...feed(topics.alerts), ...feed(topics.shadowAlerts)],
      consents: sideFeed('consents'),
      replies: sideFeed('replies'),
    } satisfies Record<Input, Feed[]>,
    registry: registry && { feed: registry, read: registryChange },
    close: () => connection.close(),
  }
}

/** Opens the ledger of the service if it is in Redis. */
async function openLedger(config: Config) {
  const { tokenKey, previousTokenKeys } = config.privacy
  const { url, nodes, sentinels } = config.redis
  if (!tokenKey || (!url && !nodes && !sentinels)) return undefined
  const [{ redisOf }, { redisLedger }] = await Promise.all([
    import('../service/compose-clients.ts'),
    import('../stores/ledgers/redis.ts'),
  ])
  const link = await redisOf(config)
  await link.ready(REDIS_WITHIN)
  const ledger = redisLedger({
    link,
    prefix: `sigwatch:${config.deployment}`,
    key: tokenKey.key.reveal(),
    previousKeys: (previousTokenKeys ?? []).map(({ key }) => key.reveal()),
  })
  return {
    ledger,
    async close() {
      await ledger.close()
      await link.close()
    },
  }
}
