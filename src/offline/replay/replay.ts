import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { WITHOUT_SIGNATURE_ROWS } from '../../detection/detectors/describe.ts'
import type { Code } from '../../domain/codes.ts'
import { optionFault, SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import { hashOf } from '../../domain/hash.ts'
import type { PartitionId } from '../../domain/ports.ts'
import { clockAt } from '../../domain/ports.ts'
import { MINUTE } from '../../domain/time.ts'
import { type Decode, inputTopicNames, lineDecoder, topicDecoder } from '../../pipeline/inputs.ts'
import { tokeniserOf } from '../../settings/secret.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { Batches } from './batches.ts'
import { type Checkpoint, readCheckpoint, Saver } from './checkpoint.ts'
import { Judging } from './judging.ts'
import type { ReplayOptions } from './options.ts'
import { Order } from './order.ts'
import { Outputs } from './outputs.ts'
import { Pace } from './pace.ts'
import { Progress } from './progress.ts'
import { type PartitionRange, rangesOf } from './ranges.ts'
import {
  nameOf,
  type ReadingParts,
  readFiles,
  readMessages,
  readVerdictFile,
  readVerdictTopic,
} from './reading.ts'
import type { Report } from './report.ts'
import type { ReviewCase } from './review-sheet.ts'
import { SenderSample } from './sample.ts'
import { Side } from './side.ts'

export interface Outcome {
  readonly report: Report
  readonly cases: (code: Code) => readonly ReviewCase[]
  /** Whether it was stopped before the end. */
  readonly interrupted: boolean
}

export interface Surroundings {
  /** undefined without brokers, if none are needed. */
  readonly connection: KafkaConnection | undefined
  readonly emit: Emit
  /** Prints a line to the user. */
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

/** Tolerated difference between the clocks of the producers of messages and of verdicts, ms. */
const CLOCKS_APART = 5 * MINUTE

/** Judges a range again and compares the results. Opens no live store and writes only the requested outputs. */
export async function replay(options: ReplayOptions, around: Surroundings): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-replay-'))
  try {
    return await replayIn(folder, options, around)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Place {
  /** Topic names used in positions. */
  readonly topics: readonly string[]
  readonly partitions: readonly PartitionId[]
  /** One decoder for reading and judging, so that schemas fetched while reading are known when judging. */
  readonly decode: Decode
  /** Ranges of the topics; absent for files. */
  readonly ranges?: readonly PartitionRange[]
  /** The checkpoint to resume from. */
  readonly from?: Checkpoint
}

async function replayIn(folder: string, options: ReplayOptions, around: Surroundings): Promise<Outcome> {
  const place = await placeOf(options, around)
  const tokenise = tokeniserOf(options.config, around.emit)
  const sides: Side[] = []
  let outputs: Outputs | undefined
  const progress = new Progress(around.print)
  try {
    // Opened one after the other, so that errors of the second cannot hide those of the first.
    for (const config of options.against === undefined ? [options.config, options.now] : [options.config]) {
      const emit = ofSide(around.emit, sides.length === 0)
      sides.push(await Side.open({ config, partitions: place.partitions, tokenise, emit }))
    }
    const [side, second] = sides
    refuseOthers(options.resume, place.from, sides)
    outputs = await openOutputs(options, around, place.from)
    const { order, unread, population } = await readOrder(folder, options, around, place, progress)
    progress.judges(order.records)
    const judging = new Judging({
      ...judgingOptions(options, place),
      tokenise,
      side: side!,
      ...given({ against: second }),
      outputs,
      progressed: (records, eventTime) => {
        progress.judged(records, eventTime)
        saver.maybe()
      },
      signal: around.signal,
    })
    // A resumed replay has them in its checkpoint already.
    if (!place.from) judging.comparison.deadLetters(unread)
    judging.comparison.population(population)
    const saver = new Saver(options.resume, () => {
      const reached = judging.checkpoint()
      return (
        reached && {
          format: 1,
          fingerprint: fingerprintOf(options),
          versions: sides.map(({ versions }) => versions),
          ...given({ ranges: place.ranges }),
          ...reached,
        }
      )
    })
    await judging.run(order)
    saver.end(around.signal.aborted)
    return {
      report: judging.report(),
      cases: (code) => judging.comparison.cases(code),
      interrupted: around.signal.aborted,
    }
  } finally {
    progress.end()
    await outputs?.close()
    for (const side of sides) side.close()
  }
}

async function placeOf(options: ReplayOptions, around: Surroundings): Promise<Place> {
  const { config, files, resume, range } = options
  const from = resume === undefined ? undefined : readCheckpoint(resume, fingerprintOf(options))
  const going = { decode: decoderOf(options), ...given({ from }) }
  if (files) {
    const topic = nameOf(files)
    return { topics: [topic], partitions: [{ topic, partition: 0 }], ...going }
  }
  const { groupId } = config.kafka
  const all = inputTopicNames(config)
  const topics = options.topic === undefined ? all : all.filter((name) => name === options.topic)
  if (topics.length === 0)
    throw optionFault('--topic', `must be one of ${all.join(', ')}, is "${options.topic}"`)
  const connection = connectionOf(around)
  await connection.requireTopics(topics)
  const ranges = from?.ranges ?? (await rangesOf(connection, { topics, groupId }, range))
  return {
    topics,
    partitions: ranges.map(({ topic, partition }) => ({ topic, partition })),
    ranges,
    ...going,
  }
}

function decoderOf({ config, files, topic }: ReplayOptions): Decode {
  return files ? lineDecoder(config, topic) : topicDecoder(config)
}

function judgingOptions(options: ReplayOptions, { topics, decode, from }: Place) {
  const { config, files, range, rate, reviewCases, seed, sample } = options
  const { deployment, privacy, limits, batch } = config
  return {
    deployment,
    senderContacts: privacy.senderContacts,
    batches: new Batches({
      topics,
      from: files ? 'files' : 'topic',
      decode,
      partWait: limits.partWait,
      batch,
    }),
    pace: new Pace(rate),
    reviewCases,
    seed,
    warmUp: range.warmUp,
    ...given({ sample, from }),
  }
}

/** Reads and orders all drawn records. `unread` and `population` are the numbers of unreadable and readable records in the range. */
async function readOrder(
  folder: string,
  options: ReplayOptions,
  around: Surroundings,
  place: Place,
  progress: Progress,
): Promise<{ order: Order; unread: number; population: number }> {
  const { files, against, rate, config, sample, seed } = options
  const order = new Order({
    ...{ folder, from: files ? 'files' : 'topic', withVerdicts: against !== undefined },
    isSample: sample !== undefined,
  })
  const drawn = sample === undefined ? undefined : new SenderSample(sample, seed)
  let [unread, population] = [0, 0]
  await readAll(options, around, place, {
    order,
    decode: place.decode,
    maxLineBytes: config.limits.maxRecordBytes,
    pace: new Pace(rate),
    draws(record, compared) {
      if (compared) population++
      return drawn?.has(canonicalNumber(record.from)) ?? true
    },
    deadLetter: () => unread++,
    read: (records) => progress.read(records),
    signal: around.signal,
  })
  return { order, unread, population }
}

/** A replay can only be resumed with the versions it began with. */
function refuseOthers(file: string | undefined, from: Checkpoint | undefined, sides: readonly Side[]): void {
  if (!from || JSON.stringify(from.versions) === JSON.stringify(sides.map(({ versions }) => versions))) return
  throw optionFault(
    '--resume',
    `since ${file} was written, model, policy or registry have changed: remove the file to start over`,
  )
}

async function readAll(
  { config, files, against, range, clock }: ReplayOptions,
  around: Surroundings,
  { topics, ranges }: Place,
  parts: ReadingParts,
): Promise<void> {
  const { groupId } = config.kafka
  const fileClock = clockAt(clock)
  if (files) await readFiles(files, range, fileClock, parts)
  else await readMessages(connectionOf(around), { topics, groupId, ranges: ranges! }, parts)
  if (against === undefined || parts.signal.aborted) return
  if (against !== 'kafka') {
    await readVerdictFile(against.file, fileClock, parts.order)
  } else {
    const connection = connectionOf(around)
    const topic = config.kafka.topics.verdicts
    if (topic === null) {
      throw new SigwatchError('USAGE', '--against kafka: no topic of verdicts, set kafka.topics.verdicts')
    }
    await connection.requireTopics([topic])
    // For files and offsets, the time of appending is unknown.
    const began = files ? undefined : range.from
    const from = began === undefined ? undefined : began - range.warmUp - CLOCKS_APART
    await readVerdictTopic(connection, { topic, groupId, from }, parts)
  }
  if (parts.order.verdicts === 0 && parts.order.records > 0) {
    throw new SigwatchError('USAGE', '--against: has no verdicts to compare with')
  }
}

async function openOutputs(
  { verdicts, alerts, publish }: ReplayOptions,
  around: Surroundings,
  from: Checkpoint | undefined,
): Promise<Outputs> {
  let sink: Awaited<ReturnType<typeof publisherTo>> | undefined
  if (publish !== undefined) sink = await publisherTo(publish, connectionOf(around))
  return new Outputs(given({ verdicts, alerts, publish: sink, kept: from?.outputs }))
}

async function publisherTo(topic: string, connection: KafkaConnection) {
  await connection.requireTopics([topic])
  const { createKafkaSink } = await import('../../adapters/sinks/kafka.ts')
  return createKafkaSink({ connection, topics: { alerts: topic } })
}

function connectionOf({ connection }: Surroundings): KafkaConnection {
  if (connection) return connection
  throw new SigwatchError('USAGE', 'no brokers: set KAFKA_BROKERS, for example 127.0.0.1:9092')
}

/** Identifies a replay: equal fingerprints mean equal options. */
function fingerprintOf({ resume: _, rate: __, ...asked }: ReplayOptions): string {
  return hashOf(JSON.stringify(asked))
}

/** Says in warnings which of the two sides they are about. */
function ofSide(emit: Emit, isTried: boolean): Emit {
  return (event) => {
    if (event.name !== 'warning') return emit(event)
    const side = isTried ? 'the side that is tried' : 'the side as configured now, to compare with'
    const isWithoutRows = !isTried && event.message.includes(WITHOUT_SIGNATURE_ROWS)
    emit({ name: 'warning', message: `${side}: ${event.message}${isWithoutRows ? NEW_FINDINGS : ''}` })
  }
}

const NEW_FINDINGS =
  ', so all of their findings count as new; name the registry of the service in its configuration (registry, --config), or compare with its verdicts (--against)'
