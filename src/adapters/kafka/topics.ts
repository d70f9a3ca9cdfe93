import { given } from '../../domain/given.ts'
import { STAMPED } from './append-time.ts'
import type { KafkaConnection } from './client.ts'
import { library } from './library.ts'

/** A topic as the brokers have it. */
export interface TopicState {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly cleanup: string
  /** ms; undefined: for ever. */
  readonly retention: number | undefined
  /** Who sets the timestamps of records: producers (CreateTime) or brokers (LogAppendTime). */
  readonly timestamps: string
}

/** A topic to be made. What is left out is the default of the brokers. */
export interface NewTopic {
  readonly name: string
  readonly partitions?: number
  readonly replicas?: number
  readonly cleanup: 'delete' | 'compact'
  /** ms */
  readonly retention?: number
  /** Brokers set the timestamps of records. */
  readonly stamped?: boolean
}

const { ConfigResourceTypes } = library

/**
 * Those of the names whose topics exist, in their order: to be asked before anything else, as metadata of a topic that
 * does not exist would make it where brokers make topics by themselves.
 */
export async function existingTopics(
  connection: KafkaConnection,
  names: readonly string[],
): Promise<string[]> {
  const missing = new Set(await connection.missingTopics(names))
  return names.filter((name) => !missing.has(name))
}

/** The topics that exist of those named, in their order. */
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

/** Makes topics and waits for their leaders. Rejects with KAFKA_UNREACHABLE when the brokers refuse. */
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
