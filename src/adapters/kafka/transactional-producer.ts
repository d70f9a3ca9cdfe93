import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import { given } from '../../domain/given.ts'
import { addTo, getOrInsert } from '../../domain/maps.ts'
import type { PartitionId } from '../../domain/ports.ts'
import { typeOf } from './errors.ts'
import { library } from './library.ts'
import { murmur2 } from './murmur2.ts'
import type { ProducedRecord, ProducedTopic } from './produce-request.ts'

export interface TransactionRecord extends ProducedRecord {
  readonly topic: string
  /** Written in a separate, compressed batch. */
  readonly compressed: boolean
}

export interface TransactionOffset {
  readonly offset: number
  readonly metadata: string | null
}

export interface TransactionalProducerOptions {
  readonly cluster: Cluster
  readonly groupId: string
  /** The input partition. Only this producer may write its outputs. */
  readonly partition: PartitionId
}

interface Identity {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

interface TransactionBroker {
  initProducerId(of: {
    readonly transactionalId: string
    readonly transactionTimeout: number
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
  addPartitionsToTxn(of: Identity & { readonly topics: readonly object[] }): Promise<unknown>
  addOffsetsToTxn(of: Identity & { readonly groupId: string }): Promise<unknown>
  txnOffsetCommit(of: Identity & { readonly groupId: string; readonly topics: object }): Promise<unknown>
  endTxn(of: Identity & { readonly transactionResult: boolean }): Promise<unknown>
  produce(of: Identity & { readonly compression?: number; readonly topicData: object }): Promise<unknown>
}

/** The client does not explain why no coordinator was found. */
const NO_COORDINATOR =
  'no broker names the coordinator of the transactional id: the right to write with it is missing, or the topic of transactions has no leader'

interface TransactionCluster extends Omit<Cluster, 'findGroupCoordinator' | 'findBroker'> {
  findGroupCoordinator(of: { groupId: string; coordinatorType?: number }): Promise<TransactionBroker>
  findBroker(node: { nodeId: string }): Promise<TransactionBroker>
}

/**
 * The coordinator aborts an abandoned transaction after this time, ms. Until then it blocks readers of committed
 * records, unless the next owner of the partition ends it earlier.
 */
export const TRANSACTION_TIMEOUT = 30_000
const TIMEOUT_REFUSED = `INVALID_TRANSACTION_TIMEOUT: the brokers allow no transaction of ${TRANSACTION_TIMEOUT / 1000} s: set their transaction.max.timeout.ms to ${TRANSACTION_TIMEOUT} or more`
/** The coordinator finishes a transaction after it has answered, and refuses the next one meanwhile, for at most this time, ms. */
const ENDS_WITHIN = 15_000
const ASK_AGAIN = 10
const TRANSACTION_COORDINATOR = 1
const GZIP = library.CompressionTypes.GZIP

export function transactionalIdOf(groupId: string, { topic, partition }: PartitionId): string {
  return `${groupId}-${topic}-${partition}`
}

/**
 * Transactions for one input partition. After `prepare`, `begin` fences the former producer and ends its open
 * transaction. After any failure call `begin` again: the committed offset shows whether the failed transaction
 * succeeded. The only retries are those that a coordinator requests.
 */
export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions
  readonly #cluster: TransactionCluster
  readonly #transactionalId: string
  #identity: Identity | undefined
  #coordinators: { readonly transaction: TransactionBroker; readonly group: TransactionBroker } | undefined
  readonly #sequences = new Map<string, number>()

  constructor(options: TransactionalProducerOptions) {
    this.#options = options
    this.#cluster = options.cluster as unknown as TransactionCluster
    this.#transactionalId = transactionalIdOf(options.groupId, options.partition)
  }

  /** Finds the coordinators; changes nothing on the brokers. */
  async prepare(): Promise<void> {
    const transactionalId = this.#transactionalId
    this.#identity = undefined
    this.#sequences.clear()
    this.#coordinators = undefined
    const cluster = this.#cluster
    if (!cluster.isConnected()) await cluster.connect()
    await cluster.refreshMetadata()
    const [transaction, group] = await Promise.all([
      transactionCoordinator(cluster, transactionalId),
      cluster.findGroupCoordinator({ groupId: this.#options.groupId }),
    ])
    this.#coordinators = { transaction, group }
  }

  /** `check` is called before each request, and throws if the request must no longer be made. */
  async begin(check: () => void): Promise<void> {
    const { transaction } = this.#coordinators ?? {}
    if (!transaction) throw new Error('a producer begins before it was prepared')
    const transactionalId = this.#transactionalId
    const { producerId, producerEpoch } = await whenEnded(() => {
      check()
      return transaction.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT })
    }).catch((error: unknown) => {
      throw typeOf(error) === 'INVALID_TRANSACTION_TIMEOUT' ? new Error(TIMEOUT_REFUSED) : error
    })
    this.#identity = { transactionalId, producerId, producerEpoch }
  }

  /** Writes the records and the offset in one transaction. If this rejects, it is unknown whether it was committed. */
  async commit(records: readonly TransactionRecord[], offset: TransactionOffset): Promise<void> {
    const { groupId, partition } = this.#options
    const identity = this.#identity
    if (!identity || !this.#coordinators) throw new Error('a transaction before its producer has begun')
    const { transaction, group } = this.#coordinators
    await this.#cluster.addMultipleTargetTopics([...new Set(records.map(({ topic }) => topic))])
    await this.#cluster.refreshMetadataIfNecessary()
    const parts = [false, true].flatMap((compressed) => {
      const some = records.filter((record) => record.compressed === compressed)
      return some.length === 0 ? [] : [{ compressed, topics: this.#grouped(some) }]
    })
    if (parts.length > 0) {
      const topics = namesOf(parts.flatMap((part) => part.topics))
      await whenEnded(() => transaction.addPartitionsToTxn({ ...identity, topics }))
    }
    await whenEnded(() => transaction.addOffsetsToTxn({ ...identity, groupId }))
    const committed = { partition: partition.partition, ...offset, offset: String(offset.offset) }
    const topics = [{ topic: partition.topic, partitions: [committed] }]
    await Promise.all([
      this.#produceAll(identity, parts),
      group.txnOffsetCommit({ ...identity, groupId, topics }),
    ])
    await transaction.endTxn({ ...identity, transactionResult: true })
  }

  async #produceAll(
    identity: Identity,
    parts: readonly { readonly compressed: boolean; readonly topics: readonly ProducedTopic[] }[],
  ): Promise<void> {
    // Records of a partition are sent in one request after the other, as their sequence numbers require.
    for (const { compressed, topics } of parts) {
      const compression = compressed ? { compression: GZIP } : {}
      await Promise.all(
        [...this.#byLeader(topics)].map(async ([nodeId, topicData]) => {
          const broker = await this.#cluster.findBroker({ nodeId })
          await broker.produce({ ...identity, ...compression, topicData: this.#sequenced(topicData) })
        }),
      )
    }
  }

  /**
   * Records by topic and partition: by the hash of the key as in the client, or the number of the input partition
   * without a key.
   */
  #grouped(records: readonly TransactionRecord[]): ProducedTopic[] {
    const topics = new Map<string, Map<number, ProducedRecord[]>>()
    for (const { topic, key, value, timestamp, headers } of records) {
      const { length } = this.#cluster.findTopicPartitionMetadata(topic)
      if (length === 0) throw new Error(`no metadata of ${topic}`)
      const isKeyed = key !== null && key !== undefined
      const partition = (isKeyed ? murmur2(key) & 0x7fff_ffff : this.#options.partition.partition) % length
      const partitions = getOrInsert(topics, topic, () => new Map())
      const record: ProducedRecord = {
        key: key ?? null,
        value,
        ...given({ timestamp }),
        ...(headers ? { headers } : {}),
      }
      addTo(partitions, partition, record)
    }
    return [...topics].map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions].map(([partition, messages]) => ({ partition, messages })),
    }))
  }

  #byLeader(topics: readonly ProducedTopic[]): Map<string, ProducedTopic[]> {
    const leaders = new Map<string, ProducedTopic[]>()
    for (const { topic, partitions } of topics) {
      const led = this.#cluster.findLeaderForPartitions(
        topic,
        partitions.map(({ partition }) => partition),
      )
      // The client skips partitions missing from its metadata: their records would be left out of the transaction.
      if (Object.values(led).flat().length !== partitions.length) throw new Error(`no metadata of ${topic}`)
      for (const [leader, ids] of Object.entries(led)) {
        const theirs = partitions.filter(({ partition }) => ids.includes(partition))
        addTo(leaders, leader, { topic, partitions: theirs })
      }
    }
    return leaders
  }

  #sequenced(topics: readonly ProducedTopic[]): ProducedTopic[] {
    return topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, messages }) => {
        const key = `${topic}/${partition}`
        const firstSequence = this.#sequences.get(key) ?? 0
        this.#sequences.set(key, (firstSequence + messages.length) % 2 ** 31)
        return { partition, messages, firstSequence }
      }),
    }))
  }
}

/** Requires the right to describe the id, which every user allowed to write with it has; changes nothing. */
export function findTransactionCoordinator(cluster: Cluster, transactionalId: string): Promise<unknown> {
  return transactionCoordinator(cluster as unknown as TransactionCluster, transactionalId)
}

async function transactionCoordinator(
  cluster: TransactionCluster,
  groupId: string,
): Promise<TransactionBroker> {
  try {
    return await cluster.findGroupCoordinator({ groupId, coordinatorType: TRANSACTION_COORDINATOR })
  } catch (error) {
    if ((error as Error).name !== 'KafkaJSGroupCoordinatorNotFound') throw error
    throw new Error(NO_COORDINATOR)
  }
}

/** A topic with both plain and compressed records is listed once. */
function namesOf(topics: readonly ProducedTopic[]) {
  const names = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const ids = getOrInsert(names, topic, () => new Set())
    for (const { partition } of partitions) ids.add(partition)
  }
  return [...names].map(([topic, ids]) => ({ topic, partitions: [...ids] }))
}

/** Retries while the coordinator is still finishing the previous transaction. */
async function whenEnded<T>(question: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + ENDS_WITHIN; ; await sleep(ASK_AGAIN)) {
    try {
      return await question()
    } catch (error) {
      if (typeOf(error) !== 'CONCURRENT_TRANSACTIONS' || performance.now() > until) throw error
    }
  }
}
