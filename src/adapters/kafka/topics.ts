import { given } from '../../domain/given.ts'
import { STAMPED } from './append-time.ts'
import type { KafkaConnection } from './client.ts'
import { library } from './library.ts'

export interface TopicState {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly cleanup: string
  /** Retention in ms; undefined if unlimited. */
  readonly retention: number | undefined
  /** Who timestamps the records: producers (CreateTime) or brokers (LogAppendTime). */
  readonly timestamps: string
}

/** A topic to create. Omitted fields take the brokers' defaults. */
export interface NewTopic {
  readonly name: string
  readonly partitions?: number
  readonly replicas?: number
  readonly cleanup: 'delete' | 'compact'
  /** ms */
  readonly retention?: number
  readonly stamped?: boolean
}

const { ConfigResourceTypes } = library

/**
 * The given topics that exist, in order. Call it before any other request: metadata requests for a missing topic create
 * it where brokers auto-create topics.
 */
export async function existingTopics(
  connection: KafkaConnection,
  names: readonly string[],
): Promise<string[]> {
  const missing = new Set(await connection.missingTopics(names))
  return names.filter((name) => !missing.has(name))
}

export async function describeTopics(
  connection: KafkaConnection,
  names: readonly string[],
): Promise<TopicState[]> {
  const present = await existingTopics(connection, names)
  if (present.length === 0) return []
  const [{ topics }, { resources }] = await connection.ask((admin) =>
    Promise.all([
      admin.fetchTopicMetadata({ topics: present }),
      admin.describeConfigs({
        includeSynonyms: false,
        resources: present.map((name) => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configNames: ['cleanup.policy', 'retention.ms', STAMPED.name],
        })),
      }),
    ]),
  )
  return present.map((name) => {
    const partitions = topics.find((topic) => topic.name === name)?.partitions ?? []
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? []
    const configOf = (key: string) => entries.find(({ configName }) => configName === key)?.configValue
    const retention = Number(configOf('retention.ms') ?? -1)
    return {
      name,
      partitions: partitions.length,
      replicas: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
      cleanup: configOf('cleanup.policy') ?? 'unknown',
      retention: retention < 0 ? undefined : retention,
      timestamps: configOf(STAMPED.name) ?? 'unknown',
    }
  })
}

/** Creates topics and waits for their leaders. Rejects with KAFKA_UNREACHABLE if the brokers refuse. */
export async function createTopics(connection: KafkaConnection, topics: readonly NewTopic[]): Promise<void> {
  if (topics.length === 0) return
  await connection.ask((admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ name, partitions, replicas, cleanup, retention, stamped = false }) => ({
        topic: name,
        ...given({ numPartitions: partitions, replicationFactor: replicas }),
        configEntries: [
          { name: 'cleanup.policy', value: cleanup },
          ...(retention === undefined ? [] : [{ name: 'retention.ms', value: String(retention) }]),
          ...(stamped ? [STAMPED] : []),
        ],
      })),
    }),
  )
}
