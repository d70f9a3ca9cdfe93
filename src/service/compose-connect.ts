import type { KafkaConnection } from '../adapters/kafka/client.ts'
import {
  hasRecordAfter,
  type InspectedTopic,
  inspectTopics,
  tryReading,
  tryTransactions,
} from '../adapters/kafka/inspect.ts'
import { transactionalIdOf } from '../adapters/kafka/transactional-producer.ts'
import { counted } from '../domain/counted.ts'
import { SigwatchError } from '../domain/errors.ts'
import { inputTopicNames } from '../pipeline/inputs.ts'
import type { Config } from '../settings/config.ts'
import type { Findings } from './check-rows.ts'
import { kafkaOf } from './compose-clients.ts'
import { checkArchive } from './compose-connect-archive.ts'
import { tryRecords } from './compose-connect-records.ts'
import { checkRedis } from './compose-connect-redis.ts'
import { type PlannedTopic, plannedTopics } from './compose-topics.ts'

/** Total time to wait for the brokers, ms. */
const CONNECT_WITHIN = 20_000
const READ_WITHIN = 12_000
/** Timestamps this far in the future cannot be explained by network delay, ms. */
const AHEAD = 5_000
const INPUTS: readonly PlannedTopic['role'][] = [
  'messages',
  'registry',
  'consents',
  'replies',
  'complaints',
  'feedback',
]

/** Connects to the configured servers and tries what the service will do there. Leaves no lasting changes. */
export async function checkServers(config: Config): Promise<Findings> {
  const findings: Findings = { summary: [], problems: [] }
  if (config.kafka.brokers) await checkKafka(config, findings)
  else findings.summary.push('kafka: not checked: no kafka.brokers')
  await checkRedis(config, findings)
  await checkArchive(config, findings)
  return findings
}

async function checkKafka(config: Config, findings: Findings): Promise<void> {
  const abort = new AbortController()
  const giveUp = setTimeout(() => abort.abort(), CONNECT_WITHIN)
  const connection = kafkaOf(config, () => {}, abort.signal)
  try {
    await inspectKafka(config, connection, findings)
  } catch (error) {
    if (!(error instanceof SigwatchError)) throw error
    findings.problems.push({ file: 'kafka', message: error.message })
  } finally {
    clearTimeout(giveUp)
    abort.abort()
    await connection.close()
  }
}

async function inspectKafka(config: Config, connection: KafkaConnection, findings: Findings): Promise<void> {
  const { summary } = findings
  const { groupId } = config.kafka
  const cluster = await connection.ask((admin) => admin.describeCluster())
  summary.push(`kafka: cluster ${cluster.clusterId}, ${counted(cluster.brokers.length, 'broker')}`)
  const planned = plannedTopics(config.kafka)
  const topics = await inspectTopics(
    connection,
    planned.map(({ name }) => name),
  )
  const readings = await Promise.all(
    planned.map(({ role, name }) =>
      INPUTS.includes(role) && topics.some((topic) => topic.name === name)
        ? tryReading(connection, name, groupId, READ_WITHIN)
        : undefined,
    ),
  )
  planned.forEach((plan, index) => {
    const topic = topics.find(({ name }) => name === plan.name)
    if (topic) sayTopic(plan, topic, readings[index], findings)
    else sayMissing(plan, config.kafka.createTopics, findings)
  })
  const readable = planned.filter(
    ({ name }, index) => readings[index] === undefined && topics.some((topic) => topic.name === name),
  )
  await tryRecords(config, connection, new Set(readable.map(({ name }) => name)), findings)
  if (config.delivery === 'exactly-once') await sayTransactions(config, connection, findings)
  await sayClock(config, connection, topics, findings)
  summary.push(
    `kafka: group ${groupId}: not checked: to join it would move the partitions of a running service; groups whose names begin with it were joined`,
  )
}

/** What becomes of a topic that does not exist. `creates`: kafka.createTopics. */
export function sayMissing(
  { name, role, required }: PlannedTopic,
  creates: boolean,
  { summary, problems }: Findings,
): void {
  if (!required) summary.push(`kafka: ${name} (${role}): missing: off until it is made`)
  else if (creates && role === 'messages')
    summary.push(
      `kafka: warning: ${name} (${role}): missing: \`run\` creates it, empty (kafka.createTopics); is the name right?`,
    )
  else if (creates) summary.push(`kafka: ${name} (${role}): missing: \`run\` creates it (kafka.createTopics)`)
  else {
    const message = `is missing, or may not be described by this user; \`run\` needs it for ${role}: sigwatch topics --create`
    problems.push({ file: 'kafka', key: name, message })
  }
}

function sayTopic(
  { name, role, cleanup }: PlannedTopic,
  topic: InspectedTopic,
  unread: string | undefined,
  { summary, problems }: Findings,
): void {
  const fault = (message: string) => problems.push({ file: 'kafka', key: name, message })
  const isInput = INPUTS.includes(role)
  const { partitions, replicas, leaderless, settings, mayWrite } = topic
  if (isInput && unread !== undefined) fault(`cannot be read: ${unread}`)
  if (!isInput && mayWrite === false) fault('this user may not write to it: allow WRITE on the topic')
  if (leaderless > 0) fault(`${leaderless} of ${counted(partitions, 'partition')} have no leader`)
  const access = isInput
    ? unread === undefined
      ? 'was read'
      : 'cannot be read'
    : mayWrite === undefined
      ? 'the right to write not checked: the brokers do not report it, and a trial would leave a record'
      : `may ${mayWrite ? '' : 'not '}be written`
  const size = `${counted(partitions, 'partition')}, ${counted(replicas, 'replica')}`
  if ('refused' in settings) {
    summary.push(`kafka: ${name} (${role}): ${size}; ${access}`)
    summary.push(`kafka: ${name}: settings not checked: ${settings.refused}`)
    return
  }
  const [policy, insync, stamps] = ['cleanup.policy', 'min.insync.replicas', 'message.timestamp.type'].map(
    (key) => settings.get(key) ?? 'unknown',
  )
  summary.push(
    `kafka: ${name} (${role}): ${size}, ${insync} in sync at least, ${policy}, timestamps ${stamps}; ${access}`,
  )
  if (!policy!.split(',').includes(cleanup))
    fault(`cleanup.policy is ${policy}, must be ${cleanup}: ${whyPolicy(cleanup)}`)
  const warn = (message: string) => summary.push(`kafka: warning: ${name}: ${message}`)
  if (Number(insync) > replicas)
    fault(
      `min.insync.replicas is ${insync} and the topic has ${counted(replicas, 'replica')}: nothing can be written`,
    )
  else if (replicas === 1) warn('one replica: a broker that is lost takes its records with it')
  else if (Number(insync) === 1)
    warn('min.insync.replicas is 1: acknowledged records may be lost with a broker')
  else if (Number(insync) === replicas)
    warn('min.insync.replicas is the number of replicas: one broker down stops all writes')
  if (role === 'messages' && stamps === 'CreateTime')
    warn(
      'timestamps are set by producers: their clocks are the reference clock (LogAppendTime takes that of the brokers)',
    )
}

function whyPolicy(cleanup: 'delete' | 'compact'): string {
  return cleanup === 'compact'
    ? 'rows that count would be deleted in time'
    : 'records with the same key would be dropped'
}

async function sayTransactions(
  config: Config,
  connection: KafkaConnection,
  { summary, problems }: Findings,
): Promise<void> {
  const [topic] = inputTopicNames(config)
  const id = transactionalIdOf(config.kafka.groupId, { topic: topic!, partition: 0 })
  const failed = await tryTransactions(connection, id)
  if (failed === undefined)
    summary.push(
      `kafka: transactions: ${id} has a coordinator; the right to write with it not checked: a trial would fence a running service`,
    )
  else
    problems.push({
      file: 'kafka',
      key: id,
      message: `${failed}: allow WRITE and DESCRIBE on transactional ids that begin with ${config.kafka.groupId}-`,
    })
}

/** Kafka has no call for its time, but the timestamps it appended show whether it is ahead. */
async function sayClock(
  config: Config,
  connection: KafkaConnection,
  topics: readonly InspectedTopic[],
  { summary, problems }: Findings,
): Promise<void> {
  summary.push('kafka: clock of the brokers: not checked: Kafka has no call for it')
  for (const name of inputTopicNames(config)) {
    if (!topics.some((topic) => topic.name === name)) continue
    if (await hasRecordAfter(connection, name, Date.now() + AHEAD)) {
      const message = `has records more than ${AHEAD / 1000} s ahead of the clock here: compare it with those of producers and brokers`
      problems.push({ file: 'kafka', key: name, message })
    }
  }
}
