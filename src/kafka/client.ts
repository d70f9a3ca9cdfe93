import { connect as connectPlain, isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import kafkajs, {
  type Admin,
  type Assigner,
  type Consumer,
  type ConsumerConfig,
  type ISocketFactory,
  type KafkaConfig,
  type Producer,
  type SASLOptions,
} from 'kafkajs'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { backOff } from './backoff.ts'
import { registerCodecs } from './codecs.ts'
import { failureKind, reasonOf } from './errors.ts'
import { Health } from './health.ts'

export type { Consumer, EachBatchPayload, Producer, TopicMessages } from 'kafkajs'

/** Contents, not paths. */
export interface KafkaTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

export interface KafkaSettings {
  /** `host:port` */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Present: TLS. */
  readonly ssl?: KafkaTls
  readonly sasl?: KafkaLogin
  readonly emit: Emit
  /** Ends the waiting of every call that waits for the brokers. */
  readonly signal?: AbortSignal
}

export interface ConsumerChoices
  extends Pick<
    ConsumerConfig,
    'groupId' | 'sessionTimeout' | 'heartbeatInterval' | 'maxWaitTimeInMs' | 'maxBytesPerPartition'
  > {
  /**
   * Asked each time before the member joins its group, which is when the partitions that it holds may go to others.
   * False: it asks again a little later.
   */
  readonly mayJoin: () => boolean
}

const { CompressionTypes, Kafka, Partitioners, PartitionAssigners } = kafkajs

export const GZIP = CompressionTypes.GZIP

/** A consumer tries again by itself for about 13 s: a new one would have to wait until the place of the old is free. */
const PATIENT = { initialRetryTime: 100, maxRetryTime: 3_200, retries: 8, factor: 0.2, multiplier: 2 }
/** Everything else fails soon: whoever asked says so, and asks again. */
const BRIEF = { ...PATIENT, retries: 2 }
const KEEP_ALIVE = 60_000

/** As the client's own, and without Nagle's algorithm: it holds a request back while an older one is unacknowledged. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? connectTls({ host, port, ...name, ...(ssl as ConnectionOptions) }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE)
  socket.setNoDelay(true)
  return socket
}

/**
 * One set of brokers. Nothing is opened before it is asked for; every question waits out an outage, trying again until
 * the signal is aborted, and rejects with KAFKA_UNREACHABLE only for what a person must change (login, access rules).
 */
export class KafkaConnection {
  readonly health: Health
  readonly #patient: InstanceType<typeof Kafka>
  readonly #brief: InstanceType<typeof Kafka>
  readonly #signal: AbortSignal | undefined
  #admin: Promise<Admin> | undefined

  constructor({ brokers, clientId, ssl, sasl, emit, signal }: KafkaSettings) {
    registerCodecs()
    const config: KafkaConfig = {
      brokers: [...brokers],
      clientId,
      connectionTimeout: 5_000,
      socketFactory,
      // What it has to say comes back as errors and events.
      logLevel: kafkajs.logLevel.NOTHING,
    }
    if (ssl) config.ssl = { ...ssl }
    if (sasl) config.sasl = { ...sasl } as SASLOptions
    this.#patient = new Kafka({ ...config, retry: PATIENT })
    this.#brief = new Kafka({ ...config, retry: BRIEF })
    this.#signal = signal
    this.health = new Health(emit)
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
   * partitions and replicas that are the default of the brokers. Those in `compacted` are made compacted.
   */
  async requireTopics(
    names: readonly string[],
    { create = false, compacted = [] }: { create?: boolean; compacted?: readonly string[] } = {},
  ): Promise<void> {
    const missing = await this.missingTopics(names)
    if (missing.length === 0) return
    if (!create) {
      throw new SigwatchError('KAFKA_TOPIC_MISSING', `missing in Kafka: ${missing.join(', ')}`)
    }
    await this.ask((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          ...(compacted.includes(topic)
            ? { configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }
            : {}),
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

  /** The same partitions with the offset of the next record to be appended. */
  async endOffsets(
    partitions: readonly PartitionId[],
  ): Promise<(PartitionId & { readonly endOffset: number })[]> {
    const ends = new Map<string, number>()
    for (const topic of new Set(partitions.map((p) => p.topic))) {
      for (const p of await this.bounds(topic)) ends.set(partitionKey(p), p.endOffset)
    }
    return partitions.map(({ topic, partition }) => {
      return { topic, partition, endOffset: ends.get(partitionKey({ topic, partition })) ?? 0 }
    })
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
    return this.#patient.consumer({
      ...config,
      rebalanceTimeout: 60_000,
      minBytes: 1,
      allowAutoTopicCreation: false,
      // A consumer that gives up is replaced by its user, who knows what was in flight.
      retry: { ...PATIENT, restartOnFailure: async () => false },
      partitionAssigners: [gatedAssigner(mayJoin)],
    })
  }

  /** A producer that is not connected. Its own attempts are few: the user waits out outages. */
  producer(): Producer {
    return this.#brief.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    })
  }

  async close(): Promise<void> {
    const admin = this.#admin
    this.#admin = undefined
    await (await admin?.catch(() => undefined))?.disconnect().catch(() => undefined)
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
        if (failureKind(error) !== 'transient') {
          throw new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reason}`, { cause: error })
        }
        this.health.lost('admin', reason)
        if (this.#admin === opening) await this.close()
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

/**
 * Round robin. `protocol` is the one place where the client asks anything before it joins a group, on every path, and an
 * error of the type that a rebalance has makes it try the join again.
 */
function gatedAssigner(mayJoin: () => boolean) {
  return (config: Parameters<typeof PartitionAssigners.roundRobin>[0]): Assigner => {
    const assigner = PartitionAssigners.roundRobin(config)
    return {
      ...assigner,
      protocol: (subscription) => {
        if (!mayJoin()) {
          throw Object.assign(new Error('partitions are still being settled'), {
            type: 'REBALANCE_IN_PROGRESS',
          })
        }
        return assigner.protocol(subscription)
      },
    }
  }
}

/** See KafkaConnection. */
export function connectKafka(settings: KafkaSettings): KafkaConnection {
  return new KafkaConnection(settings)
}
