import kafkajs from 'kafkajs'
import { type plainClient, type Read, recordsOf } from './kafka-client.ts'
import { until } from './recording-handler.ts'
import type { Environment } from './service.ts'
import { uniqueName } from './services.ts'

const CHANNELS = ['messages', 'alerts', 'deadLetters', 'shadowAlerts', 'verdicts', 'blocks'] as const
type PlainClient = ReturnType<typeof plainClient>
type TopicUse =
  | (typeof CHANNELS)[number]
  | 'registry'
  | 'consents'
  | 'replies'
  | 'complaints'
  | 'feedback'
  | 'stats'
  | 'versions'
  | 'enforcements'
  | 'feedbackResults'
  | 'templates'

const VARIABLE: Readonly<Record<TopicUse, string>> = {
  messages: 'SIGWATCH_KAFKA_TOPICS_MESSAGES',
  alerts: 'SIGWATCH_KAFKA_TOPICS_ALERTS',
  deadLetters: 'SIGWATCH_KAFKA_TOPICS_DEAD_LETTERS',
  shadowAlerts: 'SIGWATCH_KAFKA_TOPICS_SHADOW_ALERTS',
  verdicts: 'SIGWATCH_KAFKA_TOPICS_VERDICTS',
  blocks: 'SIGWATCH_KAFKA_TOPICS_BLOCKS',
  registry: 'SIGWATCH_KAFKA_TOPICS_REGISTRY',
  consents: 'SIGWATCH_KAFKA_TOPICS_CONSENTS',
  replies: 'SIGWATCH_KAFKA_TOPICS_REPLIES',
  complaints: 'SIGWATCH_KAFKA_TOPICS_COMPLAINTS',
  feedback: 'SIGWATCH_KAFKA_TOPICS_FEEDBACK',
  stats: 'SIGWATCH_KAFKA_TOPICS_STATS',
  versions: 'SIGWATCH_KAFKA_TOPICS_VERSIONS',
  enforcements: 'SIGWATCH_KAFKA_TOPICS_ENFORCEMENTS',
  feedbackResults: 'SIGWATCH_KAFKA_TOPICS_FEEDBACK_RESULTS',
  templates: 'SIGWATCH_KAFKA_TOPICS_TEMPLATES',
}
const COMPACTED = new Set<TopicUse>(['registry', 'consents', 'blocks', 'versions', 'templates'])

export interface ServiceTopics {
  /** Names of the created topics. */
  readonly topics: Readonly<Record<TopicUse, string>>
  readonly groupId: string
  /** Configuration of a service on these topics only. */
  readonly env: Environment
}

/** Creates the topics of one deployment; side topics that are not in `side` are switched off. */
export async function createServiceTopics(
  client: PlainClient,
  brokers: readonly string[],
  {
    partitions = 1,
    verdictPartitions = 1,
    side = [],
    config = {},
  }: {
    partitions?: number
    verdictPartitions?: number
    side?: readonly TopicUse[]
    /** Configuration of every topic. */
    config?: Readonly<Record<string, string>>
  } = {},
): Promise<ServiceTopics> {
  const deployment = uniqueName('it')
  const topics: Partial<Record<TopicUse, string>> = {}
  const env: Record<string, string> = {
    KAFKA_BROKERS: brokers.join(','),
    SIGWATCH_DEPLOYMENT: deployment,
    SIGWATCH_KAFKA_GROUP_ID: deployment,
  }
  for (const use of [...CHANNELS, ...side]) {
    const name = `${deployment}.${use}`
    await client.createTopic(
      {
        partitions: use === 'messages' ? partitions : use === 'verdicts' ? verdictPartitions : 1,
        config: { ...config, ...(COMPACTED.has(use) ? { 'cleanup.policy': 'compact' } : {}) },
      },
      name,
    )
    topics[use] = name
    env[VARIABLE[use]] = name
  }
  for (const use of [
    'registry',
    'consents',
    'replies',
    'complaints',
    'feedback',
    'enforcements',
    'feedbackResults',
  ] as const) {
    if (!side.includes(use)) env[VARIABLE[use]] = 'null'
  }
  return { topics: topics as Record<TopicUse, string>, groupId: deployment, env }
}

/** Reads a topic from its start into `records`. */
export async function follow(client: PlainClient, topic: string) {
  const records: Read[] = []
  const seen = new Set<string>()
  const consumer = client.kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async (payload) => {
      for (const record of await recordsOf(payload)) {
        // Skip records read again after a rebalance.
        const place = `${record.partition}/${record.offset}`
        if (seen.has(place)) continue
        seen.add(place)
        records.push(record)
      }
    },
  })
  return {
    records,
    /** Parsed JSON values so far. */
    values: <T>() => records.flatMap((r) => (r.value === null ? [] : [JSON.parse(r.value.toString()) as T])),
    async count(n: number, within = 60_000): Promise<void> {
      await until(
        () => records.length >= n,
        within,
        () => `${records.length} of ${n} records of ${topic}`,
      )
    },
    stop: () => consumer.disconnect(),
  }
}

/** Produces keyed records, many at a time. */
export async function produceKeyed(
  client: PlainClient,
  topic: string,
  records: readonly { readonly key: string; readonly value: string | Buffer | null }[],
): Promise<void> {
  const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const CHUNK = 2_000
  for (let at = 0; at < records.length; at += CHUNK) {
    await producer.send({ topic, acks: -1, messages: records.slice(at, at + CHUNK) as never })
  }
  await producer.disconnect()
}
