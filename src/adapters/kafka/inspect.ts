import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { backOff } from './backoff.ts'
import type { KafkaConnection } from './client.ts'
import { closed } from './close.ts'
import { mayPass, reasonOf } from './errors.ts'
import { library } from './library.ts'
import { type TopicFacts, WRITE } from './topic-facts.ts'
import { existingTopics } from './topics.ts'
import { findTransactionCoordinator } from './transactional-producer.ts'

export interface InspectedTopic {
  readonly name: string
  readonly partitions: number
  /** Replicas of the partition that has the fewest. */
  readonly replicas: number
  readonly leaderless: number
  /** Its settings by name, or why they cannot be read. */
  readonly settings: ReadonlyMap<string, string> | { readonly refused: string }
  /** Undefined if the brokers do not report it. */
  readonly mayWrite: boolean | undefined
}

const SETTINGS = ['cleanup.policy', 'retention.ms', 'min.insync.replicas', 'message.timestamp.type']
const { ConfigResourceTypes } = library

export async function inspectTopics(
  connection: KafkaConnection,
  names: readonly string[],
): Promise<InspectedTopic[]> {
  const present = await existingTopics(connection, names)
  if (present.length === 0) return []
  const facts = await connection.topicFacts(present)
  const { topics } = await connection.ask((admin) => admin.fetchTopicMetadata({ topics: present }))
  return Promise.all(
    topics.map(async ({ name, partitions }) => ({
      name,
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      leaderless: partitions.filter(({ leader }) => leader < 0).length,
      settings: await settingsOf(connection, name),
      mayWrite: mayWrite(facts.get(name)),
    })),
  )
}

function mayWrite(facts: TopicFacts | undefined): boolean | undefined {
  return facts?.operations === undefined ? undefined : (facts.operations & WRITE) !== 0
}

async function settingsOf(connection: KafkaConnection, name: string): Promise<InspectedTopic['settings']> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name, configNames: SETTINGS }]
  try {
    const answer = await connection.ask((admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources }),
    )
    const entries = answer.resources[0]?.configEntries ?? []
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
  } catch (error) {
    return { refused: reasonOf(error) }
  }
}

/** Whether a record has a timestamp after `time` (epoch ms), because the clock of its producer or of a broker is ahead. */
export async function hasRecordAfter(
  connection: KafkaConnection,
  topic: string,
  time: number,
): Promise<boolean> {
  // Ends first: with no record after `time`, the second request returns the end, which may have moved by then.
  const ends = await connection.offsetsAt(topic, 'latest')
  const after = await connection.offsetsAt(topic, time)
  return [...after].some(([partition, offset]) => offset < (ends.get(partition) ?? offset))
}

/**
 * Fetches from a topic once, as the only member of a temporary group that commits nothing. Transient failures, as while
 * brokers start, are retried for `within` ms. Resolves with the error, if any.
 */
export async function tryReading(
  connection: KafkaConnection,
  topic: string,
  groupId: string,
  within: number,
): Promise<string | undefined> {
  const until = performance.now() + within
  for (let attempt = 0; ; attempt++) {
    const error = await readOnce(connection, topic, groupId, until - performance.now())
    if (error === undefined) return undefined
    if (!mayPass(error, connection.awaitsLogin)) return reasonOf(error)
    await backOff(attempt)
    if (performance.now() >= until) return reasonOf(error)
  }
}

async function readOnce(
  connection: KafkaConnection,
  topic: string,
  groupId: string,
  within: number,
): Promise<unknown> {
  const own = `${groupId}-check-${randomUUID()}`
  const consumer = connection.consumer({
    groupId: own,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 1024,
    mayJoin: () => true,
  })
  const { CRASH, FETCH } = consumer.events
  const fetched = new Promise<undefined>((resolve) => consumer.on(FETCH, () => resolve(undefined)))
  const failed = new Promise<unknown>((resolve) => {
    consumer.on(CRASH, ({ payload }) => resolve(payload.error))
    void (async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: false })
      await consumer.run({ autoCommit: false, eachBatch: async () => {} })
    })().catch(resolve)
  })
  const late = new AbortController()
  const waited = sleep(within, new Error(`no answer within ${Math.ceil(within / 1000)} s`), {
    signal: late.signal,
    ref: false,
  })
  const error = await Promise.race([fetched, failed, waited.catch(() => undefined)])
  late.abort()
  await closed(consumer.disconnect())
  // Without the right to delete groups, the empty one is removed by the brokers later.
  await connection.ask((admin) => admin.deleteGroups([own]).catch(() => undefined))
  return error
}

/** Looks up the coordinator of a transactional id, which requires the right to describe it. Resolves with the error, if any. */
export async function tryTransactions(
  connection: KafkaConnection,
  transactionalId: string,
): Promise<string | undefined> {
  try {
    const { cluster, close } = await connection.openCluster()
    try {
      await findTransactionCoordinator(cluster, transactionalId)
      return undefined
    } finally {
      await closed(close())
    }
  } catch (error) {
    return reasonOf(error)
  }
}
