import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import {
  type Channel,
  type OutputRecord,
  type PartitionId,
  type PartitionWrite,
  partitionKey,
  type Transactions,
} from '../../domain/ports.ts'
import { SinkRefused } from '../../domain/sink-refused.ts'
import { type ProducerClock, stampOf } from '../kafka/append-time.ts'
import { backOff } from '../kafka/backoff.ts'
import type { KafkaConnection, OpenedCluster } from '../kafka/client.ts'
import { closed } from '../kafka/close.ts'
import { didNotFit, metadataOf } from '../kafka/commit-metadata.ts'
import { failureKind, reasonOf, topicsOf } from '../kafka/errors.ts'
import {
  TRANSACTION_TIMEOUT,
  type TransactionOffset,
  type TransactionRecord,
  transactionalIdOf,
} from '../kafka/transactional-producer.ts'
import { type Held, lost, Takeovers } from './takeovers.ts'

export interface KafkaTransactionsOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  /** Records of channels without a topic are dropped. */
  readonly topics: Readonly<Partial<Record<Channel, string>>>
  readonly emit: Emit
  /** Timestamps the records; default: the clock of the host. */
  readonly clock?: Pick<ProducerClock, 'now'>
}

/** Consecutive failures that are not yet reported as an outage. */
const UNREPORTED_ATTEMPTS = 2
const PART = 'transactions'
const TAKING_OVER = 'taking over'

/**
 * Writes the outputs of an input partition together with its offset, with one transactional producer per partition.
 *
 * An instance that takes a partition over first initialises its transactional id, which ends the former owner's open
 * transaction and fences it, and only then reads the committed offset. So a former owner can commit nothing after that
 * read, and no group generation is needed. After a failure the same is repeated: the committed offset shows whether the
 * transaction succeeded, or that another instance has continued.
 */
export class KafkaTransactions implements Transactions {
  readonly #options: KafkaTransactionsOptions
  readonly #held = new Map<string, Held>()
  #opened: Promise<OpenedCluster> | undefined
  /** Operations that have failed several times in a row and continue: writes by partition, and takeovers. */
  readonly #troubles = new Set<string>()
  readonly #takeovers: Takeovers

  constructor(options: KafkaTransactionsOptions) {
    this.#options = options
    const { connection, groupId } = options
    this.#takeovers = new Takeovers({
      ...{ connection, groupId, held: this.#held },
      cluster: () => this.#cluster(),
      well: () => this.#well(TAKING_OVER),
      failed: (error, times) => {
        if (times > UNREPORTED_ATTEMPTS) this.#troubled(TAKING_OVER, error)
      },
    })
  }

  takeOver(partitions: readonly PartitionId[], epoch: number): Promise<readonly PartitionId[]> {
    return this.#takeovers.takeOver(partitions, epoch)
  }

  /** See Transactions. Rejects with SINK_UNREACHABLE when the signal is aborted. */
  async write({ partition, epoch, records, reached }: PartitionWrite, signal?: AbortSignal): Promise<void> {
    const { emit } = this.#options
    const key = partitionKey(partition)
    const held = this.#held.get(key)
    if (held?.epoch !== epoch) throw lost(partition, 'another assignment has begun')
    const { text, left } = metadataOf(held.topicId, reached)
    const place = { offset: reached.offset, metadata: text }
    if (left > 0) emit({ name: 'warning', message: didNotFit(key, left) })
    const topicRecords = this.#topicRecords(records)
    for (let attempt = 0; ; attempt++) {
      try {
        if (!(await this.#isWritten(held, place))) await this.#commit(held, topicRecords, place)
        this.#well(key)
        return
      } catch (error) {
        held.failed = true
        const final = this.#finalOf(error, partition, records)
        if (final === undefined) {
          if (attempt >= UNREPORTED_ATTEMPTS) this.#troubled(key, error)
          await backOff(attempt, signal)
        }
        // A partition that was given up is only begun by its next owner.
        const gaveUp = signal?.aborted ? unreachable(error) : undefined
        if (final === undefined && gaveUp === undefined) continue
        if (this.#troubles.has(key)) this.#well(key)
        throw final ?? gaveUp
      }
    }
  }

  /** The error that ends a write for good, or undefined if it may be retried. */
  #finalOf(error: unknown, partition: PartitionId, records: readonly OutputRecord[]): Error | undefined {
    if (error instanceof SigwatchError) return error
    const kind = failureKind(error)
    if (kind === 'fenced') return lost(partition, fencedBy(this.#options.groupId, partition), error)
    return kind === 'refused' ? this.#refusal(records, error) : undefined
  }

  #troubled(what: string, error: unknown): void {
    this.#troubles.add(what)
    this.#options.connection.health.lost(PART, reasonOf(error))
  }

  /** Called when the operation has succeeded or is given up. */
  #well(what: string): void {
    this.#troubles.delete(what)
    if (this.#troubles.size === 0) this.#options.connection.health.restored(PART)
  }

  unready(): readonly string[] {
    const reason = this.#options.connection.health.reason(PART)
    return reason === undefined ? [] : [`kafka transactions: ${reason}`]
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await closed(opened?.then((cluster) => cluster.close()))
  }

  async #commit(held: Held, records: readonly TransactionRecord[], place: TransactionOffset): Promise<void> {
    held.attempted = place
    await held.producer.commit(records, place)
    held.committed = place
    held.attempted = undefined
  }

  /** After a failure: whether the write was committed after all. Rejects if another instance has committed since. */
  async #isWritten(held: Held, place: TransactionOffset): Promise<boolean> {
    if (!held.failed) return false
    const key = partitionKey(held.id)
    // The partition may have been taken over here meanwhile.
    const check = () => {
      if (this.#held.get(key) !== held) throw lost(held.id, 'another assignment has begun')
    }
    check()
    // `begin` fences the current writer, so first check whether a commit of another writer is visible.
    const before = await this.#options.connection.committedOf(this.#options.groupId, [held.id])
    check()
    if (!isOwn(held, before.get(key))) throw lost(held.id, 'its offset was committed by another instance')
    await this.#takeovers.begin(held.id, held.producer, check)
    const found = await this.#takeovers.committedOf(held.id)
    check()
    // Both positions may look the same if ranges did not fit into the commit: then the write counts as not committed.
    const told = held.attempted !== undefined && !isSame(held.attempted, held.committed)
    const isDone = told && isSame(found, held.attempted)
    if (!isDone && !isSame(found, held.committed))
      throw lost(held.id, 'its offset was committed by another instance')
    if (isDone) held.committed = held.attempted
    held.attempted = undefined
    held.failed = false
    return isDone && isSame(held.committed, place)
  }

  #topicRecords(records: readonly OutputRecord[]): TransactionRecord[] {
    const { topics, clock } = this.#options
    const stamp = stampOf(clock)
    return records.flatMap(({ channel, key, value, headers }) => {
      const topic = topics[channel]
      if (topic === undefined) return []
      // Compressed, a large input record fits into a dead letter.
      const compressed = channel === 'deadLetters'
      return [{ topic, compressed, key, value, ...stamp, ...(headers ? { headers } : {}) }]
    })
  }

  /** The refused records are known by topic at most. */
  #refusal(records: readonly OutputRecord[], cause: unknown): SinkRefused {
    const { topics } = this.#options
    const named = topicsOf(cause)
    const reason = reasonOf(cause)
    const all = records.map((record, index) => {
      const { channel } = record
      return { index, record, channel, reason: `${topics[channel]}: ${reason}` }
    })
    const some = all.filter(({ channel }) => named?.includes(topics[channel] ?? ''))
    return new SinkRefused(some.length > 0 ? some : all, { cause })
  }

  #cluster(): Promise<OpenedCluster> {
    this.#opened ??= this.#options.connection.openCluster().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }
}

function isOwn({ committed, attempted }: Held, found: TransactionOffset | undefined): boolean {
  return isSame(found, committed) || (attempted !== undefined && isSame(found, attempted))
}

/** Brokers return null metadata as an empty string. */
function isSame(one: TransactionOffset | undefined, other: TransactionOffset | undefined): boolean {
  return one?.offset === other?.offset && (one?.metadata || null) === (other?.metadata || null)
}

function fencedBy(groupId: string, partition: PartitionId): string {
  const id = transactionalIdOf(groupId, partition)
  return `another producer has begun with the transactional id ${id}, or a transaction took more than ${TRANSACTION_TIMEOUT / 1000} s`
}

function unreachable(cause: unknown): SigwatchError {
  return new SigwatchError('SINK_UNREACHABLE', `Kafka does not answer: ${reasonOf(cause)}`, { cause })
}
