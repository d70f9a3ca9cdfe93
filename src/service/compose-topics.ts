import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { createTopics, describeTopics, type NewTopic, type TopicState } from '../adapters/kafka/topics.ts'
import { given } from '../domain/given.ts'
import { DAY } from '../domain/time.ts'
import type { Config } from '../settings/config.ts'

/** A configured topic with the settings that sigwatch expects. */
export interface PlannedTopic {
  readonly role: keyof Config['kafka']['topics']
  readonly name: string
  readonly cleanup: 'delete' | 'compact'
  /** Retention set by `--create`, ms; absent for compacted topics. */
  readonly retention?: number
  /** `run` does not start without it. */
  readonly required: boolean
  /** Written by `run`, and therefore created with `message.timestamp.type=LogAppendTime`. */
  readonly stamped: boolean
}

export interface TopicRow extends PlannedTopic {
  readonly state: TopicState | undefined
  /** Whether it was missing and has just been created. */
  readonly made: boolean
}

export interface TopicChoices {
  readonly create: boolean
  readonly partitions?: number
  readonly replication?: number
}

type Role = keyof Config['kafka']['topics']

/** Settings for each role. Complaints, replies and feedback are kept for the 5 months that MIIT-31 requires for records. */
const FORMS: Readonly<Record<Role, { readonly cleanup: 'delete' | 'compact'; readonly days?: number }>> = {
  messages: { cleanup: 'delete', days: 3 },
  alerts: { cleanup: 'delete', days: 7 },
  deadLetters: { cleanup: 'delete', days: 7 },
  registry: { cleanup: 'compact' },
  consents: { cleanup: 'compact' },
  replies: { cleanup: 'delete', days: 7 },
  complaints: { cleanup: 'delete', days: 180 },
  feedback: { cleanup: 'delete', days: 180 },
  shadowAlerts: { cleanup: 'delete', days: 7 },
  verdicts: { cleanup: 'delete', days: 3 },
  blocks: { cleanup: 'compact' },
  enforcements: { cleanup: 'delete', days: 180 },
  stats: { cleanup: 'delete', days: 7 },
  feedbackResults: { cleanup: 'delete', days: 180 },
  versions: { cleanup: 'compact' },
  templates: { cleanup: 'compact' },
}

const INPUTS_OFF_WHEN_MISSING: readonly Role[] = [
  'registry',
  'consents',
  'replies',
  'complaints',
  'feedback',
  'feedbackResults',
  'enforcements',
]

/** Roles that `run` writes to. */
const OUTPUTS: readonly Role[] = [
  'alerts',
  'deadLetters',
  'shadowAlerts',
  'verdicts',
  'blocks',
  'stats',
  'versions',
  'templates',
]

/** The topics of a configuration in the order of the reference, without those that are off. */
export function plannedTopics({ topics }: Config['kafka']): PlannedTopic[] {
  return (Object.keys(FORMS) as Role[]).flatMap((role) => {
    const named = topics[role]
    if (named === null) return []
    const names = typeof named === 'string' ? [named] : named.map(({ topic }) => topic)
    const { cleanup, days } = FORMS[role]
    const required = !INPUTS_OFF_WHEN_MISSING.includes(role)
    const kept = days === undefined ? {} : { retention: days * DAY }
    const stamped = OUTPUTS.includes(role)
    return names.map((name) => ({ role, name, cleanup, required, stamped, ...kept }))
  })
}

/** Reads the settings of the planned topics from the brokers; with `create` it first creates missing ones. */
export async function readTopics(
  connection: KafkaConnection,
  planned: readonly PlannedTopic[],
  { create, partitions, replication }: TopicChoices,
): Promise<TopicRow[]> {
  const names = planned.map(({ name }) => name)
  let states = await describeTopics(connection, names)
  const missing = planned.filter(({ name }) => !states.some((state) => state.name === name))
  if (create) {
    await createTopics(
      connection,
      missing.map(
        ({ name, cleanup, retention, stamped }): NewTopic => ({
          name,
          cleanup,
          stamped,
          ...given({ retention, partitions, replicas: replication }),
        }),
      ),
    )
    states = await describeTopics(connection, names)
  }
  return planned.map((topic) => ({
    ...topic,
    state: states.find(({ name }) => name === topic.name),
    made: create && missing.includes(topic),
  }))
}
