import { fileURLToPath } from 'node:url'
import {
  type AnswerNoted,
  answerComplaints,
  type ComplaintCase,
  type WrittenComplaints,
  writeComplaints,
} from '../analyst/archive/complaints.ts'
import { storeDeadlines } from '../analyst/archive/deadlines.ts'
import { complaintRow } from '../analyst/archive/rows.ts'
import { complaintsOf, openComplaints, sentBySignature } from '../analyst/archive/stored-complaints.ts'
import { type ComplaintMapping, loadMapping } from '../analyst/complaints/mapping.ts'
import type { ImportedComplaint } from '../analyst/complaints/read-csv.ts'
import {
  type ComplaintGroup,
  dueAt,
  groupsOf,
  type TrackedDeadline,
  tracked,
} from '../analyst/complaints/summary.ts'
import type { Calendar } from '../analyst/words/calendar.ts'
import { SHIPPED_MODEL } from '../detection/versions/assets.ts'
import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { argmax } from '../domain/labels.ts'
import { createTokeniser } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { readText } from '../text/read-text.ts'
import { openClassifier } from '../text/reader/classifier.ts'
import { modelInput } from '../text/reader/text-model.ts'
import { tokenKeyOf } from './command-needs.ts'
import { withArchive } from './compose-archive.ts'
import { observePostgres } from './compose-archive-clock.ts'
import { withKafka } from './compose-clients.ts'
import { trustedClockOf } from './compose-clock.ts'
import { producerTo } from './compose-producer.ts'

const SHIPPED_MAPPING = fileURLToPath(new URL('../../config/complaints-12321.yaml', import.meta.url))
/** How long to wait for the brokers, ms. */
const PATIENCE = 30_000
/** Records per request. */
const CHUNK = 500

/** The mapping in `file`, or the shipped one. */
export function mappingOf(file: string | undefined): ComplaintMapping & { readonly file: string } {
  const path = file ?? SHIPPED_MAPPING
  return { ...loadMapping(path), file: path }
}

/** Writes complaints to the archive, each with the label of its text. Idempotent. */
export async function archiveComplaints(
  config: Config,
  complaints: readonly ImportedComplaint[],
): Promise<WrittenComplaints> {
  const tokenise = createTokeniser(tokenKeyOf(config))
  const labels = await labelsOf(config, complaints)
  const cases = complaints.map(({ record, receivedAt, answeredAt }, i): ComplaintCase => {
    const label = labels[i]
    return {
      row: complaintRow(record, tokenise),
      id: record.id,
      ts: record.ts,
      ...given({ receivedAt, answeredAt, label }),
      bands: record.text === undefined ? [] : readText(record.text).bands,
    }
  })
  return withArchive(config, async (client) => {
    const clock = trustedClockOf(config)
    await observePostgres(clock, client)
    return writeComplaints(client, cases, config.archive.retention, clock)
  })
}

/** The text model's label for each complaint; undefined for complaints without a text. */
async function labelsOf(
  config: Config,
  complaints: readonly ImportedComplaint[],
): Promise<(string | undefined)[]> {
  const model = await openClassifier({
    dir: config.model ?? SHIPPED_MODEL,
    backend: config.inference.backend,
  })
  try {
    return complaints.map(({ record: { text } }) =>
      text === undefined ? undefined : argmax(model.classify([modelInput(text)])[0]!),
    )
  } finally {
    model.close()
  }
}

/** The topic of complaints. Throws USAGE if the configuration names none, or no brokers. */
export function complaintTopicOf({ kafka: { brokers, topics } }: Config): string {
  if (brokers && topics.complaints !== null) return topics.complaints
  throw new SigwatchError('USAGE', '--publish needs KAFKA_BROKERS and kafka.topics.complaints')
}

/** Sends complaints to their topic, where the service counts each id once. Rejects with KAFKA_UNREACHABLE or KAFKA_TOPIC_MISSING. */
export async function publishComplaints(
  config: Config,
  complaints: readonly ImportedComplaint[],
): Promise<string> {
  const topic = complaintTopicOf(config)
  await withKafka(config, PATIENCE, async (connection) => {
    await connection.requireTopics([topic], { create: config.kafka.createTopics })
    const producer = await producerTo(topic, connection)
    try {
      for (let at = 0; at < complaints.length; at += CHUNK) {
        const some = complaints.slice(at, at + CHUNK)
        await producer.send(some.map(({ record }) => ({ key: record.id, value: JSON.stringify(record) })))
      }
    } finally {
      await producer.close()
    }
  })
  return topic
}

/** Records that complaints were answered; see `answerComplaints`. */
export function noteAnswers(
  config: Config,
  ids: readonly string[],
  how: Parameters<typeof answerComplaints>[2],
): Promise<AnswerNoted[]> {
  return withArchive(config, (client) => answerComplaints(client, ids, how))
}

/** The deadlines of all unanswered complaints as of `now`. `store`: also saves them for dashboards and alert rules. */
export function openDeadlines(
  config: Config,
  calendar: Calendar,
  { now, store }: { readonly now: number; readonly store: boolean },
): Promise<TrackedDeadline[]> {
  return withArchive(config, async (client) => {
    const all = tracked(await openComplaints(client), calendar, now)
    const open = all.filter(({ standing }) => standing !== 'in time' && standing !== 'late')
    const rows = open.map(({ complaint: { id }, deadline: { name, days, endsAt } }) => {
      return { id, name, days, dueAt: dueAt(calendar, endsAt), endsAt }
    })
    if (store) await storeDeadlines(client, rows)
    return open
  })
}

/** The complaints of a period by enterprise, SP and template. */
export function complaintGroups(
  config: Config,
  range: readonly [from: number, to: number],
  calendar: Calendar,
  now: number,
): Promise<ComplaintGroup[]> {
  return withArchive(config, async (client) => {
    const all = await complaintsOf(client, ...range)
    return groupsOf(all, await sentBySignature(client, range, all), calendar, now)
  })
}
