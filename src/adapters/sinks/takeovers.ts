import { SigwatchError } from '../../domain/errors.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { KafkaConnection, OpenedCluster } from '../kafka/client.ts'
import { mustBeChanged } from '../kafka/errors.ts'
import type { Committed } from '../kafka/partition-offsets.ts'
import { TransactionalProducer, type TransactionOffset } from '../kafka/transactional-producer.ts'

export interface Held {
  readonly id: PartitionId
  readonly epoch: number
  readonly topicId: string | undefined
  readonly producer: TransactionalProducer
  /** The committed offset; undefined if there is none. */
  committed: TransactionOffset | undefined
  /** The offset of a transaction whose outcome is unknown. */
  attempted: TransactionOffset | undefined
  /** The last transaction failed: its producer must begin again. */
  failed: boolean
}

export interface TakeoverParts {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly cluster: () => Promise<OpenedCluster>
  /** The partitions held, by key; partitions that are taken over are added. */
  readonly held: Map<string, Held>
  /** Called when all partitions were taken over. */
  readonly well: () => void
  /** Called when some were not, `times` in a row. */
  readonly failed: (error: unknown, times: number) => void
}

/** Partitions that are not taken over within this time, ms, after the last success no longer delay the others. */
const PATIENCE = 3_000

/** Takes partitions over from their former writers, in assignment order. */
export class Takeovers {
  readonly #parts: TakeoverParts
  readonly #taken = new Map<string, { readonly epoch: number; readonly done: Promise<void> }>()
  /** The last `begin` request, by partition. */
  readonly #beginning = new Map<string, Promise<void>>()
  /** Consecutive attempts that left some partitions. */
  #failures = 0
  /** The latest assignment for which partitions were taken over. */
  #epoch = Number.NEGATIVE_INFINITY

  constructor(parts: TakeoverParts) {
    this.#parts = parts
  }

  /**
   * Called before the partitions of an assignment are read, or with none. One attempt: returns the partitions that were
   * taken over. Those whose brokers fail, or do not answer while others do, are left to another attempt. Rejects if
   * none was taken over, if a person must fix something, or if a later assignment started meanwhile.
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
    const error =
      final ?? errors[0] ?? new Error(`${left} partitions cannot be taken over: no answer from the brokers`)
    this.#parts.failed(error, ++this.#failures)
    if (final !== undefined || taken.length === 0) throw error
    // Attempts in progress may still succeed: the next call joins those that are still running and restarts the others.
    return [...taken]
  }

  /** The attempt for one partition, shared with one already in progress. */
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
   * `begin` fences the former writer. Requests for a partition run one at a time, each with a final check, so that an
   * older assignment whose answers arrived late cannot fence a later one.
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

  /** The committed offset, once no transaction can change it any more; undefined if there is none. */
  async committedOf(id: PartitionId): Promise<Committed | undefined> {
    const { connection, groupId } = this.#parts
    return (await connection.committedOf(groupId, [id], { stable: true })).get(partitionKey(id))
  }
}

export function lost({ topic, partition }: PartitionId, why: string, cause?: unknown): SigwatchError {
  return new SigwatchError('TRANSACTION_LOST', `${topic}/${partition}: ${why}`, { cause })
}

/**
 * Resolves when all promises have settled, or when at least one was fulfilled and no other for `patience` ms, so that
 * hanging ones do not delay callers that can continue without them.
 */
async function mostSettled(all: readonly Promise<unknown>[], patience: number): Promise<void> {
  const over = new AbortController()
  let quiet = (): void => {}
  const hung = new Promise<void>((resolve) => {
    quiet = resolve
  })
  let timer: NodeJS.Timeout | undefined
  const again = (): void => {
    clearTimeout(timer)
    if (!over.signal.aborted) timer = setTimeout(quiet, patience)
  }
  for (const one of all) one.then(again, () => undefined)
  await Promise.race([Promise.allSettled(all), hung])
  over.abort()
  clearTimeout(timer)
}
