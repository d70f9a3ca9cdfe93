import type { Admin, KafkaConfig, Producer, SASLOptions } from 'kafkajs'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { Health } from '../../domain/health.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import { MINUTE } from '../../domain/time.ts'
import { type RequiredTopics, settingsOf } from './append-time.ts'
import { backOff } from './backoff.ts'
import type { Consumer, ConsumerChoices, KafkaSettings } from './client-settings.ts'
import { closed } from './close.ts'
import { mayPass, reasonOf } from './errors.ts'
import { gatedAssigner } from './gated-assigner.ts'
import { library, partitioner } from './library.ts'
import { tolerateLeaderlessPartitions } from './metadata.ts'
import { oauthLogin } from './oauth-login.ts'
import { type OpenedCluster, openCluster } from './opened-cluster.ts'
import { type Committed, type PartitionBounds, PartitionOffsets } from './partition-offsets.ts'
import { type Decoding, decodingWithin } from './records/decoding.ts'
import { socketFactory } from './socket.ts'
import type { TopicFacts } from './topic-facts.ts'
import { leaveFetchesUndecoded } from './undecoded-fetches.ts'

export type { Producer, TopicMessages } from 'kafkajs'
export type { Consumer, EachBatchPayload, KafkaSettings } from './client-settings.ts'
export type { OpenedCluster } from './opened-cluster.ts'

const { CompressionTypes, Kafka, logLevel } = library

export const GZIP = CompressionTypes.GZIP

/** A consumer tries again by itself for about 13 s: a new one would have to wait until the place of the old is free. */
const LONG_RETRY = { initialRetryTime: 100, maxRetryTime: 3_200, retries: 8, factor: 0.2, multiplier: 2 }
/** Everything else fails soon: the caller reports it and asks again. */
const SHORT_RETRY = { ...LONG_RETRY, retries: 2 }
/**
 * A producer makes one attempt: when it tries again by itself it leaves out a broker that has answered, also for
 * partitions that this broker has come to lead since, and says that all was sent.
 */
export const PRODUCER_RETRY = { ...LONG_RETRY, retries: 0 }
/** How long one question about offsets may take, ms. */
const ANSWER_WITHIN = 5_000
/** After so long, ms, a consumer looks again which partitions there are and who leads them. */
const METADATA_AGE = 10_000

/**
 * One set of brokers. Nothing is opened before it is asked for; every question waits out an outage, trying again until
 * the signal is aborted, and rejects with KAFKA_UNREACHABLE only for what a person must change: access rules, and a login
 * unless `awaitsLogin`.
 */
export class KafkaConnection {
  readonly health: Health
  readonly awaitsLogin: boolean
  /** For what its consumers read. */
  readonly decoding: Decoding
  readonly #patient: InstanceType<typeof Kafka>
  readonly #brief: InstanceType<typeof Kafka>
  readonly #signal: AbortSignal | undefined
  readonly #offsets: PartitionOffsets
  #admin: Promise<Admin> | undefined

  constructor(settings: KafkaSettings) {
    const { brokers, clientId, ssl, sasl, emit, signal, awaitsLogin = false, limits } = settings
    tolerateLeaderlessPartitions()
    leaveFetchesUndecoded()
    this.decoding = decodingWithin(limits)
    const config: KafkaConfig = {
      brokers: [...brokers],
      clientId,
      connectionTimeout: 5_000,
      socketFactory,
      // What it has to say comes back as errors and events.
      logLevel: logLevel.NOTHING,
    }
    if (ssl) config.ssl = { ...ssl }
    if (sasl)
      config.sasl = sasl.mechanism === 'oauthbearer' ? oauthLogin(sasl.tokens) : ({ ...sasl } as SASLOptions)
    this.#patient = new Kafka({ ...config, retry: LONG_RETRY })
    this.#brief = new Kafka({ ...config, retry: SHORT_RETRY })
    this.#offsets = new PartitionOffsets(this.#brief, ANSWER_WITHIN)
    this.#signal = signal
    this.awaitsLogin = awaitsLogin
    this.health = new Health('kafka', emit)
  }

  /** The cluster's own id: part of key prefixes, so that two clusters with equal topic names are told apart. */
  async clusterId(): Promise<string> {
    return (await this.ask((admin) => admin.describeCluster())).clusterId
  }

  async missingTopics(names: readonly string[]): Promise<string[]> {
    // Metadata of a single topic would create it where brokers create topics by themselves.
    const present = new Set(await this.ask((admin) => admin.listTopics()))
    return names.filter((name) => !present.has(name))
  }

  /**
   * Rejects with KAFKA_TOPIC_MISSING and the names of those that do not exist; with `create`, makes them, with the
   * partitions and replicas that are the default of the brokers.
   */
  async requireTopics(names: readonly string[], required: RequiredTopics = {}): Promise<void> {
    const missing = await this.missingTopics(names)
    if (missing.length === 0) return
    if (!required.create) {
      throw new SigwatchError('KAFKA_TOPIC_MISSING', `missing in Kafka: ${missing.join(', ')}`)
    }
    await this.ask((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          configEntries: settingsOf(topic, required),
        })),
      }),
    )
  }

  /** Every partition of a topic with the first offset that is still there and the next to be appended. */
  async bounds(
    topic: string,
  ): Promise<(PartitionId & { readonly startOffset: number; readonly endOffset: number })[]> {
    const offsets = await this.ask((admin) => admin.fetchTopicOffsets(topic))
    return offsets.map(({ partition, low, high }) => ({
      topic,
      partition,
      startOffset: Number(low),
      endOffset: Number(high),
    }))
  }

  /** The same partitions with what distinguishes their logs from others of that name, where the brokers say it in time. */
  async logsOf(
    partitions: readonly PartitionId[],
  ): Promise<(PartitionId & { readonly endOffset?: number; readonly topicId?: string })[]> {
    const [bounds, facts] = await Promise.all([
      this.boundsOf(partitions),
      this.#offsets.topicFacts([...new Set(partitions.map(({ topic }) => topic))]),
    ])
    const ends = new Map(bounds.map((b) => [partitionKey(b), b.endOffset]))
    return partitions.map(({ topic, partition }) => {
      const endOffset = ends.get(partitionKey({ topic, partition }))
      const topicId = facts.get(topic)?.id
      return {
        ...{ topic, partition },
        ...given({ endOffset, topicId }),
      }
    })
  }

  /** Of these partitions, those whose leaders answer within a few seconds. Rejects only for what a person must change. */
  boundsOf(partitions: readonly PartitionId[]): Promise<PartitionBounds[]> {
    return this.#offsets.bounds(partitions).catch((error: unknown) => {
      if (!mayPass(error, this.awaitsLogin)) throw refusal(error)
      return []
    })
  }

  topicFacts(topics: readonly string[]): Promise<Map<string, TopicFacts>> {
    return this.#offsets.topicFacts(topics)
  }

  /** See PartitionOffsets. */
  committedOf(...of: Parameters<PartitionOffsets['committed']>): Promise<Map<string, Committed | undefined>> {
    return this.#offsets.committed(...of)
  }

  /** The client's own view of the cluster, for what it has no call for. The caller closes it. */
  openCluster(): Promise<OpenedCluster> {
    return openCluster(this.#brief)
  }

  /** Every partition of a topic with what the group has committed; undefined: nothing. */
  async committed(groupId: string, topic: string): Promise<Map<number, number | undefined>> {
    const [answer] = await this.ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
    return new Map(
      answer?.partitions.map((p) => [p.partition, Number(p.offset) < 0 ? undefined : Number(p.offset)]),
    )
  }

  /** Every partition of a topic with its end, or with the first offset appended at or after `time`, epoch ms. */
  async offsetsAt(topic: string, time: number | 'latest'): Promise<Map<number, number>> {
    const offsets = await this.ask((admin) =>
      time === 'latest' ? admin.fetchTopicOffsets(topic) : admin.fetchTopicOffsetsByTimestamp(topic, time),
    )
    return new Map(offsets.map((o) => [o.partition, Number(o.offset)]))
  }

  /** A consumer that is not connected. It begins at the start of the log where its group has committed nothing. */
  consumer({ mayJoin, ...config }: ConsumerChoices): Consumer {
    const consumer = this.#patient.consumer({
      ...config,
      rebalanceTimeout: MINUTE,
      minBytes: 1,
      metadataMaxAge: METADATA_AGE,
      allowAutoTopicCreation: false,
      // A consumer that gives up is replaced by its user, who knows what was in flight.
      retry: { ...LONG_RETRY, restartOnFailure: async () => false },
      partitionAssigners: [gatedAssigner(mayJoin)],
    })
    return consumer as unknown as Consumer
  }

  /** A producer that is not connected. It does not try again by itself: the user waits out outages. */
  producer(): Producer {
    return this.#brief.producer({
      createPartitioner: partitioner,
      allowAutoTopicCreation: false,
      retry: PRODUCER_RETRY,
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.#closeAdmin(), this.#offsets.close()])
  }

  async #closeAdmin(): Promise<void> {
    const admin = this.#admin
    this.#admin = undefined
    await closed(admin?.then((opened) => opened.disconnect()))
  }

  /** Asks through one shared client, which is replaced when it fails. */
  async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      this.#admin ??= this.#openAdmin()
      const opening = this.#admin
      try {
        const answer = await question(await opening)
        this.health.restored('admin')
        return answer
      } catch (error) {
        const reason = reasonOf(error)
        if (!mayPass(error, this.awaitsLogin)) throw refusal(error)
        this.health.lost('admin', reason)
        if (this.#admin === opening) await this.#closeAdmin()
        if (this.#signal?.aborted) {
          throw new SigwatchError('KAFKA_UNREACHABLE', `Kafka does not answer: ${reason}`, { cause: error })
        }
        await backOff(attempt, this.#signal)
      }
    }
  }

  async #openAdmin(): Promise<Admin> {
    const admin = this.#brief.admin()
    try {
      await admin.connect()
      // Loads what the brokers are; without it the first question for a group's coordinator fails.
      await admin.describeCluster()
      return admin
    } catch (error) {
      await admin.disconnect().catch(() => undefined)
      throw error
    }
  }
}

/** See KafkaConnection. */
export function connectKafka(settings: KafkaSettings): KafkaConnection {
  return new KafkaConnection(settings)
}

function refusal(error: unknown): SigwatchError {
  return new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reasonOf(error)}`, { cause: error })
}
