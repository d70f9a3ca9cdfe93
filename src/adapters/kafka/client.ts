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

/** A consumer retries for about 13 s: a replacement would have to wait until its group membership expires. */
const LONG_RETRY = { initialRetryTime: 100, maxRetryTime: 3_200, retries: 8, factor: 0.2, multiplier: 2 }
/** Everything else fails early: the caller reports it and retries. */
const SHORT_RETRY = { ...LONG_RETRY, retries: 2 }
/**
 * A producer makes a single attempt: on a retry the client skips brokers that have answered, even for partitions that
 * they have since come to lead, and reports success.
 */
export const PRODUCER_RETRY = { ...LONG_RETRY, retries: 0 }
/** Timeout of a request about offsets, ms. */
const ANSWER_WITHIN = 5_000
/** Age at which a consumer refreshes partitions and leaders, ms. */
const METADATA_AGE = 10_000

/**
 * Connection to one cluster. Nothing is opened before first use. Every request waits out an outage, retrying until the
 * signal is aborted, and rejects with KAFKA_UNREACHABLE only for faults that a person must fix: access rules, and a
 * refused login unless `awaitsLogin`.
 */
export class KafkaConnection {
  readonly health: Health
  readonly awaitsLogin: boolean
  /** Limits for decoding what its consumers read. */
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
      // Its log is not used: failures arrive as errors and events.
      logLevel: logLevel.NOTHING,
    }
    // Not copied: its members are read for each connection.
    if (ssl) config.ssl = ssl
    if (sasl) config.sasl = sasl.mechanism === 'oauthbearer' ? oauthLogin(sasl.tokens) : (sasl as SASLOptions)
    this.#patient = new Kafka({ ...config, retry: LONG_RETRY })
    this.#brief = new Kafka({ ...config, retry: SHORT_RETRY })
    this.#offsets = new PartitionOffsets(this.#brief, ANSWER_WITHIN)
    this.#signal = signal
    this.awaitsLogin = awaitsLogin
    this.health = new Health('kafka', emit)
  }

  /** The id of the cluster: part of key prefixes, so that equal topic names of two clusters do not collide. */
  async clusterId(): Promise<string> {
    return (await this.ask((admin) => admin.describeCluster())).clusterId
  }

  async missingTopics(names: readonly string[]): Promise<string[]> {
    // Asking for the metadata of a single topic would create it where brokers auto-create topics.
    const present = new Set(await this.ask((admin) => admin.listTopics()))
    return names.filter((name) => !present.has(name))
  }

  /**
   * Rejects with KAFKA_TOPIC_MISSING and the names of missing topics; with `create`, creates them with the brokers'
   * default partitions and replicas.
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

  /** Every partition of a topic with its first available offset and the next offset to be appended. */
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

  /** The same partitions with the facts that identify their logs, if the brokers return them in time. */
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

  /** The bounds of those partitions whose leaders answer within a few seconds. Rejects only for faults that a person must fix. */
  boundsOf(partitions: readonly PartitionId[]): Promise<PartitionBounds[]> {
    return this.#offsets.bounds(partitions).catch((error: unknown) => {
      if (!mayPass(error, this.awaitsLogin)) throw refusal(error)
      return []
    })
  }

  topicFacts(topics: readonly string[]): Promise<Map<string, TopicFacts>> {
    return this.#offsets.topicFacts(topics)
  }

  committedOf(...of: Parameters<PartitionOffsets['committed']>): Promise<Map<string, Committed | undefined>> {
    return this.#offsets.committed(...of)
  }

  /** The client's own cluster object, for requests that its API lacks. The caller closes it. */
  openCluster(): Promise<OpenedCluster> {
    return openCluster(this.#brief)
  }

  /** The committed offset of every partition of a topic; undefined if there is none. */
  async committed(groupId: string, topic: string): Promise<Map<number, number | undefined>> {
    const [answer] = await this.ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
    return new Map(
      answer?.partitions.map((p) => [p.partition, Number(p.offset) < 0 ? undefined : Number(p.offset)]),
    )
  }

  /** See PartitionOffsets.commit; waits out outages. */
  setOffsets(...of: Parameters<PartitionOffsets['commit']>): Promise<boolean> {
    return this.ask(() => this.#offsets.commit(...of))
  }

  /** Every partition of a topic with its end offset, or with the first offset appended at or after `time` (epoch ms). */
  async offsetsAt(topic: string, time: number | 'latest'): Promise<Map<number, number>> {
    const offsets = await this.ask((admin) =>
      time === 'latest' ? admin.fetchTopicOffsets(topic) : admin.fetchTopicOffsetsByTimestamp(topic, time),
    )
    return new Map(offsets.map((o) => [o.partition, Number(o.offset)]))
  }

  /** A consumer, not yet connected. It starts at the beginning of the log if its group has committed nothing. */
  consumer({ mayJoin, ...config }: ConsumerChoices): Consumer {
    const consumer = this.#patient.consumer({
      ...config,
      rebalanceTimeout: MINUTE,
      minBytes: 1,
      metadataMaxAge: METADATA_AGE,
      allowAutoTopicCreation: false,
      // A consumer that gives up is replaced by its user, who knows what is in flight.
      retry: { ...LONG_RETRY, restartOnFailure: async () => false },
      partitionAssigners: [gatedAssigner(mayJoin)],
    })
    return consumer as unknown as Consumer
  }

  /** A producer, not yet connected. It does not retry: the user waits out outages. */
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

  /** Asks through one shared admin client, which is replaced when it fails. */
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
      // Loads the list of brokers; without it the first lookup of a group coordinator fails.
      await admin.describeCluster()
      return admin
    } catch (error) {
      await admin.disconnect().catch(() => undefined)
      throw error
    }
  }
}

export function connectKafka(settings: KafkaSettings): KafkaConnection {
  return new KafkaConnection(settings)
}

function refusal(error: unknown): SigwatchError {
  return new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reasonOf(error)}`, { cause: error })
}
