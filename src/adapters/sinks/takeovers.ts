import { SigwatchError } from '../../domain/errors.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { KafkaConnection, OpenedCluster } from '../kafka/client.ts'
import { mustBeChanged } from '../kafka/errors.ts'
import { mostSettled } from '../kafka/most-settled.ts'
import type { Committed } from '../kafka/partition-offsets.ts'
import { TransactionalProducer, type TransactionOffset } from '../kafka/transactional-producer.ts'

/** A partition that is written for. */
export interface Held {
  readonly id: PartitionId
  readonly epoch: number
  readonly topicId: string | undefined
  readonly producer: TransactionalProducer
  /** What is committed; undefined: nothing. */
  committed: TransactionOffset | undefined
  /** What a transaction was to commit of which it is not known whether it did. */
  attempted: TransactionOffset | undefined
  /** The last transaction failed: its producer has to start over. */
  failed: boolean
}

export interface TakeoverParts {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly cluster: () => Promise<OpenedCluster>
  /** Partitions that are written for, by their key: what is taken over is put there. */
  readonly held: Map<string, Held>
  /** All were taken over. */
  readonly well: () => void
  /** Some were not, so many times in a row. */
  readonly failed: (error: unknown, times: number) => void
}

/** Partitions that are not taken over so long, ms, after the last that was, hold the others up no more. */
const PATIENCE = 3_000

/** Takes partitions over from their former writers, in the order of assignments. */
export class Takeovers {
  readonly #parts: TakeoverParts
  /** Attempts that are under way, by partition. */
  readonly #taken = new Map<string, { readonly epoch: number; readonly done: Promise<void> }>()
  /** The last request to begin, by partition. */
  readonly #beginning = new Map<string, Promise<void>>()
  /** Attempts in a row after which some partitions were left. */
  #failures = 0
  /** The last assignment for which partitions were to be taken over. */
  #epoch = Number.NEGATIVE_INFINITY

  constructor(parts: TakeoverParts) {
    this.#parts = parts
  }

  /**
   * Before partitions are read in an assignment, or when it has none. One attempt; returns those that were taken over:
   * where the brokers fail, or do not answer while they do for others, a partition is left to another attempt. Rejects when
   * none was, when a person must change something, and when meanwhile those of a later assignment were to be taken over.
   */
  async takeOver(partitions: readonly PartitionId[], epoch: number): Promise<readonly PartitionId[]> {
    this.#epoch = Math.max(this.#epoch, epoch)
    const taken: PartitionId[] = []
    const errors: unknown[] = []
    await mostSettled(
      partitions.map((id) =>
        this.#taking(id, epoch).then(
          () => void taken.push(id),
          (error: unknown) => {
            errors.push(error)
            throw error
          },
        ),
      ),
      PATIENCE,
    )
    if (partitions.length > 0) this.#checkLatest(partitions[0]!, epoch)
    const { awaitsLogin } = this.#parts.connection
    const final = errors.find((error) => mustBeChanged(error, awaitsLogin))
    const left = partitions.length - taken.length
    if (left === 0) {
      this.#failures = 0
      this.#parts.well()
      return taken
    }
    const error = final ?? errors[0] ?? new Error(`${left} partitions cannot be taken over: no answer`)
    this.#parts.failed(error, ++this.#failures)
    if (final !== undefined || taken.length === 0) throw error
    // What is still under way may succeed: the next attempt waits for it if it still is, and else starts over.
    return [...taken]
  }

  /** One attempt for one partition; the one that is under way, if there is one. */
  #taking(id: PartitionId, epoch: number): Promise<void> {
    const key = partitionKey(id)
    const running = this.#taken.get(key)
    if (running?.epoch === epoch) return running.done
    const done = this.#takeOver(id, epoch).finally(() => {
      if (this.#taken.get(key)?.done === done) this.#taken.delete(key)
    })
    this.#taken.set(key, { epoch, done })
    return done
  }

  async #takeOver(id: PartitionId, epoch: number): Promise<void> {
    const { connection, groupId, held } = this.#parts
    const key = partitionKey(id)
    const check = () => this.#checkLatest(id, epoch)
    const { cluster } = await this.#parts.cluster()
    check()
    held.delete(key)
    const producer = new TransactionalProducer({ cluster, groupId, partition: id })
    await this.begin(id, producer, check)
    const [committed, facts] = await Promise.all([this.committedOf(id), connection.topicFacts([id.topic])])
    check()
    const topicId = facts.get(id.topic)?.id ?? committed?.topicId
    held.set(key, { id, epoch, topicId, producer, committed, attempted: undefined, failed: false })
  }

  /**
   * To begin fences the former writer of the partition, so requests to begin follow one another and each is
   * checked at last: an older assignment, whose answers came late, fences no later one.
   */
  async begin(id: PartitionId, producer: TransactionalProducer, check: () => void): Promise<void> {
    await producer.prepare()
    const key = partitionKey(id)
    const before = this.#beginning.get(key)
    const begun = (async () => {
      await before?.catch(() => undefined)
      await producer.begin(check)
    })()
    this.#beginning.set(key, begun)
    try {
      await begun
    } finally {
      if (this.#beginning.get(key) === begun) this.#beginning.delete(key)
    }
  }

  #checkLatest(id: PartitionId, epoch: number): void {
    if (epoch < this.#epoch) throw lost(id, 'another assignment has begun')
  }

  /** What is committed, when no transaction may change it any more; undefined: nothing. */
  async committedOf(id: PartitionId): Promise<Committed | undefined> {
    const { connection, groupId } = this.#parts
    return (await connection.committedOf(groupId, [id], { stable: true })).get(partitionKey(id))
  }
}

export function lost({ topic, partition }: PartitionId, why: string, cause?: unknown): SigwatchError {
  return new SigwatchError('TRANSACTION_LOST', `${topic}/${partition}: ${why}`, { cause })
}
