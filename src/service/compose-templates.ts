import { topicFeed } from '../analyst/evidence/topic-feed.ts'
import { SigwatchError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json.ts'
import type { Template } from '../domain/templates.ts'
import { readTemplateRow, templateRow } from '../pipeline/side-inputs/template-rows.ts'
import type { Config } from '../settings/config.ts'
import { kafkaOf } from './compose-clients.ts'
import { producerTo } from './compose-producer.ts'

/** How long to wait for the brokers, ms. */
const CONNECT_WITHIN = 30_000

/** The topic of templates as used by commands. */
export interface TemplatesPlace {
  /** Topic name, for messages. */
  readonly name: string
  /** Templates in force at `now`, epoch ms. Unreadable rows are skipped. */
  held(now: number): Promise<readonly Template[]>
  /** `at`: now, epoch ms. */
  append(templates: readonly Template[], at: number): Promise<void>
  close(): Promise<void>
}

/** Rejects with USAGE if no topic of templates is configured. */
export async function openTemplates(config: Config): Promise<TemplatesPlace> {
  const { groupId, createTopics, topics } = config.kafka
  const topic = topics.templates
  if (topic === null)
    throw new SigwatchError(
      'USAGE',
      'kafka.topics.templates is off: name a topic, for example SIGWATCH_KAFKA_TOPICS_TEMPLATES=sms.templates',
    )
  const connection = kafkaOf(config, () => {}, AbortSignal.timeout(CONNECT_WITHIN))
  try {
    await connection.requireTopics([topic], { create: createTopics, compacted: [topic] })
  } catch (error) {
    await connection.close()
    throw error
  }
  return {
    name: `topic ${topic}`,
    async held(now) {
      const rows = new Map<string, Template>()
      await topicFeed({ connection, topic, groupId }).read({}, ({ key, value }) => {
        rows.delete(key)
        const read = value && readTemplateRow(jsonOf(value), Number.MAX_SAFE_INTEGER)
        if (read && !('message' in read) && read.until > now) rows.set(key, read)
      })
      return [...rows.values()]
    },
    async append(templates, at) {
      const producer = await producerTo(topic, connection)
      const records = templates.map((one) => ({ key: one.sketch, value: templateRow(one), at }))
      await producer.send(records).finally(() => producer.close())
    },
    close: () => connection.close(),
  }
}
