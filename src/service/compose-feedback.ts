import { existsSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { type Feed, fileFeed } from '../analyst/evidence/feed.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Config } from '../settings/config.ts'

/** Where feedback is written, and where the alerts it may refer to are looked up. */
export interface FeedbackPlace {
  /** Topic or file name, for messages. */
  readonly name: string
  /** Existing feedback. */
  readonly feedback: Feed
  /** The service's results for feedback; undefined if there is no topic for them. */
  readonly answers: Feed | undefined
  /** Empty if nothing can be looked up. */
  readonly alerts: readonly Feed[]
  /** `at`: time of the row, epoch ms. */
  append(key: string, row: string, at: number): Promise<void>
  close(): Promise<void>
}

export interface FeedbackFiles {
  readonly file?: string
  readonly alerts?: readonly string[]
}

/** How long to wait for the brokers, ms. */
const CONNECT_WITHIN = 30_000

export function takesFeedback({ kafka: { brokers, topics }, feedback }: Config): boolean {
  return brokers ? topics.feedback !== null : feedback !== null
}

/** A file in `files` takes precedence over the topic, and the topic over the configured file. */
export async function openFeedback(config: Config, files: FeedbackFiles): Promise<FeedbackPlace> {
  const { brokers, topics } = config.kafka
  const path = files.file ?? (brokers ? undefined : config.feedback)
  if (path && path === config.feedback && config.sideFileMaps?.feedback) {
    const message =
      'rows of feedback in another form are not written: give --file, or set feedback without a map'
    throw new SigwatchError('USAGE', message)
  }
  if (path) return filePlace(path, files.alerts ?? [])
  if (!brokers) throw new SigwatchError('USAGE', 'no brokers and no file: set KAFKA_BROKERS, or give --file')
  if (topics.feedback === null)
    throw new SigwatchError('USAGE', 'kafka.topics.feedback is off: name a topic, or give --file')
  return topicPlace(config, topics.feedback, files.alerts)
}

function filePlace(path: string, alerts: readonly string[]): FeedbackPlace {
  const nothing: Feed = { name: path, read: async () => ({ records: 0 }) }
  return {
    name: path,
    feedback: existsSync(path) ? fileFeed(path) : nothing,
    answers: undefined,
    alerts: alerts.map(fileFeed),
    append: (_key, row) => appendFile(path, `${row}\n`),
    close: async () => {},
  }
}

async function topicPlace(config: Config, topic: string, alerts?: readonly string[]): Promise<FeedbackPlace> {
  const [{ kafkaOf }, { topicFeed }, { producerTo }] = await Promise.all([
    import('./compose-clients.ts'),
    import('../analyst/evidence/topic-feed.ts'),
    import('./compose-producer.ts'),
  ])
  const connection = kafkaOf(config, () => {}, AbortSignal.timeout(CONNECT_WITHIN))
  try {
    const { topics, groupId } = config.kafka
    await connection.requireTopics([topic], { create: config.kafka.createTopics })
    const outputs = [topics.alerts, topics.shadowAlerts].filter((name) => name !== null)
    const { feedbackResults } = topics
    const asked = feedbackResults === null ? outputs : [...outputs, feedbackResults]
    const missing = new Set(await connection.missingTopics(asked))
    const feed = (name: string) => topicFeed({ connection, topic: name, groupId })
    const present = outputs.filter((name) => !missing.has(name))
    let producer: ReturnType<typeof producerTo> | undefined
    return {
      name: `topic ${topic}`,
      feedback: feed(topic),
      answers: feedbackResults === null || missing.has(feedbackResults) ? undefined : feed(feedbackResults),
      alerts: alerts ? alerts.map(fileFeed) : present.map(feed),
      async append(key, value, at) {
        producer ??= producerTo(topic, connection)
        await (await producer).send([{ key, value, at }])
      },
      async close() {
        await producer?.then(({ close }) => close()).catch(() => undefined)
        await connection.close()
      },
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}
