import { createRequire } from 'node:module'
import type { KafkaConnection } from '../../src/adapters/kafka/client.ts'
import { readMetadata } from '../../src/adapters/kafka/commit-metadata.ts'
import { Health } from '../../src/domain/health.ts'
import { type PartitionId, partitionKey } from '../../src/domain/ports.ts'

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}
const TOO_LARGE = 10
const OUT_OF_ORDER = 45
const FENCED = 47
const TIMEOUT_REFUSED = 50
const UNSTABLE = 88

interface Offset {
  readonly offset: number
  readonly metadata: string | null
}

interface Open {
  readonly values: string[]
  offset: Offset | undefined
}

interface Named {
  readonly transactionalId: string
  readonly producerEpoch: number
}

interface Produced extends Named {
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence: number
      readonly messages: readonly { readonly value: string }[]
    }[]
  }[]
}

/** Broker state of one transactional id. */
interface Owner {
  epoch: number
  open: Open | undefined
  committed: Offset | undefined
  sequences: Map<string, number>
}

/**
 * Brokers and transaction coordinators in one object: epochs fence, sequence numbers are checked, and records become visible
 * when their transaction commits. `fails` is called before and after each request takes effect: failing after it simulates a
 * lost response.
 */
export class FakeTransactions {
  readonly health = new Health('kafka', () => {})
  /** Committed records, in order. */
  readonly seen: string[] = []
  /** Transactional ids whose coordinator does not answer. */
  readonly hung = new Set<string>()
  /** Awaited before each request takes effect, with the name of the request and the transactional id. */
  onRequest: (name: string, transactionalId: string) => Promise<void> = async () => {}
  /** Called when a transaction commits, with its records and the offset of the input partition. */
  onCommit: (transactionalId: string, values: readonly string[], offset: number | undefined) => void =
    () => {}
  readonly #owners = new Map<string, Owner>()
  readonly #fails: () => boolean
  /** Maximum length of a value; longer ones are rejected. */
  readonly #limit: number
  /** As `transaction.max.timeout.ms`. */
  readonly #maxTimeout: number

  constructor({
    fails = () => false,
    limit = 1_000,
    maxTimeout = 900_000,
  }: { fails?: () => boolean; limit?: number; maxTimeout?: number } = {}) {
    this.#fails = fails
    this.#limit = limit
    this.#maxTimeout = maxTimeout
  }

  get connection(): KafkaConnection {
    const committedOf = async (
      groupId: string,
      partitions: readonly PartitionId[],
      { stable = false }: { readonly stable?: boolean } = {},
    ) => {
      await this.#may()
      return new Map(
        partitions.map((id) => {
          const owner = this.#owners.get(`${groupId}-${id.topic}-${id.partition}`)
          if (stable && owner?.open?.offset) throw createErrorFromCode(UNSTABLE)
          const found = owner?.committed
          return [partitionKey(id), found && { ...found, ...readMetadata(found.metadata, found.offset) }]
        }),
      )
    }
    const topicFacts = async () => new Map()
    const openCluster = async () => ({ cluster: this.#cluster(), close: async () => {} })
    return { health: this.health, committedOf, topicFacts, openCluster } as unknown as KafkaConnection
  }

  async #may(): Promise<void> {
    await Promise.resolve()
    if (this.#fails()) throw new Error('Connection closed')
  }

  #cluster() {
    const broker = {
      initProducerId: async (of: Named & { readonly transactionTimeout: number }) => {
        await this.onRequest('initProducerId', of.transactionalId)
        return this.#do(() => {
          if (of.transactionTimeout > this.#maxTimeout) throw createErrorFromCode(TIMEOUT_REFUSED)
          return this.#begin(of.transactionalId)
        })
      },
      addPartitionsToTxn: async (of: Named) => {
        await this.onRequest('addPartitionsToTxn', of.transactionalId)
        return this.#do(() => this.#opened(of))
      },
      addOffsetsToTxn: (of: Named) => this.#do(() => this.#opened(of)),
      txnOffsetCommit: (
        of: Named & { topics: { partitions: { offset: string; metadata: string | null }[] }[] },
      ) =>
        this.#do(() => {
          const { offset, metadata } = of.topics[0]!.partitions[0]!
          // Brokers store null metadata as an empty string.
          this.#opened(of).open!.offset = { offset: Number(offset), metadata: metadata ?? '' }
        }),
      produce: (of: Produced) => this.#do(() => this.#produce(of)),
      endTxn: (of: Named) => this.#do(() => this.#end(this.#opened(of), of.transactionalId)),
    }
    return {
      isConnected: () => true,
      refreshMetadata: () => this.#may(),
      refreshMetadataIfNecessary: async () => {},
      addMultipleTargetTopics: async () => {},
      findTopicPartitionMetadata: () => [{}, {}, {}],
      findLeaderForPartitions: (_topic: string, partitions: number[]) => ({ 1: partitions }),
      findGroupCoordinator: async ({ groupId }: { groupId: string }) => {
        await this.onRequest('findCoordinator', groupId)
        return broker
      },
      findBroker: async () => broker,
    }
  }

  async #do<T>(effect: () => T): Promise<T> {
    await this.#may()
    const result = effect()
    await this.#may()
    return result
  }

  #begin(transactionalId: string) {
    const owner = this.#owners.get(transactionalId) ?? {
      epoch: -1,
      open: undefined,
      committed: undefined,
      sequences: new Map<string, number>(),
    }
    this.#owners.set(transactionalId, owner)
    this.#end(owner)
    owner.epoch++
    owner.sequences = new Map()
    return { producerId: '7', producerEpoch: owner.epoch }
  }

  #opened({ transactionalId, producerEpoch }: Named): Owner {
    if (this.hung.has(transactionalId)) throw new Error('Connection closed')
    const owner = this.#owners.get(transactionalId)
    if (owner?.epoch !== producerEpoch) throw createErrorFromCode(FENCED)
    owner.open ??= { values: [], offset: undefined }
    return owner
  }

  #produce(of: Produced): void {
    const owner = this.#opened(of)
    const parts = of.topicData.flatMap(({ topic, partitions }) =>
      partitions.map((part) => ({ ...part, topic, key: `${topic}/${part.partition}` })),
    )
    for (const { topic, key, firstSequence, messages } of parts) {
      const sequence = owner.sequences.get(key) ?? 0
      if (sequence !== firstSequence) throw createErrorFromCode(OUT_OF_ORDER)
      if (messages.some(({ value }) => value.length > this.#limit))
        throw Object.assign(createErrorFromCode(TOO_LARGE), { topics: [topic] })
      owner.sequences.set(key, sequence + messages.length)
      owner.open!.values.push(...messages.map(({ value }) => value))
    }
  }

  /** Ends the open transaction: commits it for this id, or drops it if absent. */
  #end(owner: Owner, committed?: string): void {
    const { open } = owner
    owner.open = undefined
    if (committed === undefined || !open) return
    this.seen.push(...open.values)
    owner.committed = open.offset ?? owner.committed
    this.onCommit(committed, open.values, open.offset?.offset)
  }
}
