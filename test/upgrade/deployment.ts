import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import type { plainClient } from '../helpers/kafka-client.ts'
import type { Environment } from '../helpers/service.ts'
import { CONSENTS, POLICY, REGISTRY, REPLIES, type Sms } from './traffic.ts'

export type PlainClient = ReturnType<typeof plainClient>

/** Name of the deployment and prefix of its group and topics: the same in every cluster, because keys contain it. */
export const DEPLOYMENT = 'upgrade'
export const TOPICS = {
  messages: `${DEPLOYMENT}.messages`,
  alerts: `${DEPLOYMENT}.alerts`,
  deadLetters: `${DEPLOYMENT}.deadLetters`,
  verdicts: `${DEPLOYMENT}.verdicts`,
  blocks: `${DEPLOYMENT}.blocks`,
  consents: `${DEPLOYMENT}.consents`,
  replies: `${DEPLOYMENT}.replies`,
  feedback: `${DEPLOYMENT}.feedback`,
} as const

/** Removes the topics and the group of an earlier run. */
export async function removeTopics(client: PlainClient, deployment: string): Promise<void> {
  const admin = client.kafka.admin()
  await admin.connect()
  const old = (await admin.listTopics()).filter((name) => name.startsWith(`${deployment}.`))
  if (old.length > 0) {
    await admin.deleteTopics({ topics: old })
    await admin.deleteGroups([deployment]).catch(() => undefined)
  }
  await admin.disconnect()
}

/** Creates its topics, with rows of consents and replies, and removes those of an earlier run. */
export async function makeTopics(client: PlainClient, partitions = 1): Promise<void> {
  await removeTopics(client, DEPLOYMENT)
  for (const [use, name] of Object.entries(TOPICS))
    await client.createTopic(
      {
        partitions: use === 'messages' ? partitions : 1,
        config:
          use === 'blocks' || use === 'consents' ? { 'cleanup.policy': 'compact' } : { 'retention.ms': '-1' },
      },
      name,
    )
  await client.produce(
    TOPICS.consents,
    CONSENTS.map((row) => JSON.stringify(row)),
    { keys: CONSENTS.map(({ signature, to }) => `${signature}|${to}`) },
  )
  await client.produce(
    TOPICS.replies,
    REPLIES.map((row) => JSON.stringify(row)),
  )
}

/** Its configuration, as every version reads it. */
export function environmentOf(brokers: readonly string[], redis: string): Environment {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-upgrade-'))
  const write = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value))
    return join(folder, name)
  }
  return {
    KAFKA_BROKERS: brokers.join(','),
    REDIS_URL: redis,
    SIGWATCH_DEPLOYMENT: DEPLOYMENT,
    SIGWATCH_KAFKA_GROUP_ID: DEPLOYMENT,
    SIGWATCH_REDIS_BUDGET: '5s',
    // The traffic has a fixed date.
    SIGWATCH_ALERTS_MAX_AGE: '0',
    SIGWATCH_POLICY: write('policy.json', POLICY),
    SIGWATCH_REGISTRY: write('registry.json', REGISTRY),
    SIGWATCH_KAFKA_TOPICS_REGISTRY: 'null',
    SIGWATCH_KAFKA_TOPICS_COMPLAINTS: 'null',
    ...Object.fromEntries(
      Object.entries(TOPICS).map(([use, name]) => [
        `SIGWATCH_KAFKA_TOPICS_${use.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`,
        name,
      ]),
    ),
  }
}

/** Writes records with the time at which the gateway wrote them. */
export async function send(client: PlainClient, records: readonly Sms[]): Promise<void> {
  const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const CHUNK = 1_000
  for (let at = 0; at < records.length; at += CHUNK)
    await producer.send({
      topic: TOPICS.messages,
      messages: records
        .slice(at, at + CHUNK)
        .map((record) => ({ value: JSON.stringify(record), partition: 0, timestamp: String(record.ts) })),
    })
  await producer.disconnect()
}
