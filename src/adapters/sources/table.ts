import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import type { Position, RawRecord } from '../../domain/message.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import { backOff, whenAborted } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload, KafkaConnection } from '../kafka/client.ts'
import { mustBeChanged, reasonOf } from '../kafka/errors.ts'
import { slicesOf } from '../kafka/records/slices.ts'
import { EndProof, type EndProofOptions } from './end-proof.ts'
import { ExpiredRows, type ExpiredRowsOptions } from './expired-rows.ts'
import { LOOK_EVERY, TopicIdentity } from './topic-identity.ts'

/** A row of a topic; in a compacted topic, a null `value` deletes the key. */
export interface TableRow extends Pick<RawRecord, 'headers' | 'timestampType'> {
  /** Empty if the record has no key, which compacted topics reject. */
  readonly key: string
  readonly value: Buffer | null
  /** Kafka timestamp, epoch ms. */
  readonly timestamp: number
  readonly position: Position
}

export interface TableSourceOptions
  extends ExpiredRowsOptions,
    Pick<EndProofOptions, 'settledAfter' | 'forgottenAfter'> {
  readonly connection: KafkaConnection
  readonly topic: string
  /**
   * Prefix: the name of the service's group. Every instance needs its own, as each reads the whole topic. The groups
   * created under it (`<groupId>.<n>`) commit nothing, so the brokers remove them.
   */
  readonly groupId: string
  /** Only records appended since, epoch ms; default: all. */
  readonly since?: number
}

const STEP = 250
const SLICE = 1_000

/**
 * Reads a side topic from start to end and then follows it. Nothing is committed: the whole topic is read again after a
 * restart and after a broker failure. After a failure, rows already applied are skipped, so that their effects are
 * never reverted to an earlier state; after a restart they are applied again, which must change nothing. A topic that
 * was deleted and recreated counts as new.
 */
export class TableSource {
  readonly #options: TableSourceOptions
  readonly #stopping = new AbortController()
  readonly #part: string
  /** Next offset to read by partition, and the end offsets when reading began. */
  readonly #positions = new Map<string, number>()
  #ends: readonly Bounds[] | undefined
  #from: ReadonlyMap<number, number> | undefined
  #heardAt = performance.now()
  /** Everything before these offsets was applied since the start, by partition. */
  #applied = new Map<string, number>()
  readonly #expired: ExpiredRows
  readonly #identity: TopicIdentity
  #lives = 0
  #inHand = 0
  readonly #proof: EndProof
  #caughtUp = false
  #resolveCaughtUp: () => void = () => {}
  #failure: unknown
  #running: Promise<void> | undefined

  /** Resolves when everything that was in the topic at the start was applied. Never rejects: see `run`. */
  readonly caughtUp: Promise<void>

  constructor(options: TableSourceOptions) {
    this.#options = options
    this.#expired = new ExpiredRows(options)
    this.#proof = new EndProof(options)
    this.#identity = new TopicIdentity(options.connection, options.topic)
    this.#part = `table ${options.topic}`
    this.caughtUp = new Promise((resolve) => {
      this.#resolveCaughtUp = resolve
    })
  }

  /**
   * Runs until `stop`. `apply` gets the rows of a partition in order, the next only after the last have been applied.
   * Rejects with errors of `apply`, or when the brokers refuse for a reason that a person must fix before everything was
   * read once; later refusals, such as a right that is withdrawn, are waited out.
   */
  run(apply: (rows: readonly TableRow[]) => Promise<void>): Promise<void> {
    this.#running ??= this.#live(apply)
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running?.catch(() => undefined)
  }

  /** Monotonic time of the last broker answer, even an empty one, ms. */
  get heardAt(): number {
    return this.#heardAt
  }

  unready(): readonly string[] {
    const { connection, topic } = this.#options
    const lost = connection.health.reason(this.#part)
    if (lost !== undefined) return [`kafka: ${topic}: ${lost}`]
    if (this.#failure !== undefined) return [`kafka: ${topic} is not read any more`]
    return this.#caughtUp ? [] : [`kafka: ${topic} is not read to its end yet`]
  }

  async #live(apply: (rows: readonly TableRow[]) => Promise<void>): Promise<void> {
    const { connection } = this.#options
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      const error = await this.#consume(apply)
      if (this.#stopping.signal.aborted) break
      if (!this.#caughtUp && mustBeChanged(error, connection.awaitsLogin)) {
        throw new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reasonOf(error)}`, { cause: error })
      }
      connection.health.lost(this.#part, reasonOf(error))
      await backOff(attempt, this.#stopping.signal)
    }
    connection.health.forget(this.#part)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Runs one consumer: resolves with the error that ended it, or when it is stopped. */
  async #consume(apply: (rows: readonly TableRow[]) => Promise<void>): Promise<unknown> {
    const { connection, topic, groupId } = this.#options
    const consumer = connection.consumer({
      // A new group for each consumer: after an outage, the old group still counts the previous consumer as a member for a while.
      groupId: `${groupId}.${++this.#lives}`,
      maxWaitTimeInMs: STEP,
      mayJoin: () => true,
    })
    const { CRASH, GROUP_JOIN, END_BATCH_PROCESS } = consumer.events
    this.#positions.clear()
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#proof.moved()
      connection.health.restored(this.#part)
      for (const partition of payload.memberAssignment[topic] ?? []) this.#seek(consumer, partition)
    })
    this.#proof.follow(consumer, () => {
      this.#heardAt = performance.now()
      void this.#checkWhetherAtEnd()
    })
    // Also emitted for batches without records for readers, such as transaction markers.
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (this.#failure !== undefined) return
      this.#positions.set(partitionKey(payload), Number(payload.lastOffset) + 1)
      this.#proof.moved()
      if (this.#behind().length === 0) this.#catchUp()
    })
    const over = new AbortController()
    const stopped = whenAborted(this.#stopping.signal, over.signal)
    const ended = new Promise<unknown>((resolve) => {
      consumer.on(CRASH, ({ payload }) => resolve(payload.error))
      void this.#recreated(() => over.signal.aborted || this.#stopping.signal.aborted).then(resolve)
    })
    const started = this.#start(consumer, apply)
    const failedToStart = new Promise<unknown>((resolve) => started.catch(resolve))
    const error = await Promise.race([ended, stopped, failedToStart])
    over.abort()
    const left = consumer.disconnect().catch(() => undefined)
    // A start in progress would join the group again after the consumer left.
    const leftAgain = started.then(() => consumer.disconnect()).catch(() => undefined)
    await Promise.race([Promise.all([left, leftAgain]), backOff(10)])
    return error
  }

  async #start(consumer: Consumer, apply: (rows: readonly TableRow[]) => Promise<void>): Promise<void> {
    const { connection, topic, since } = this.#options
    if (await this.#identity.hasChanged()) this.#startOver()
    if (since !== undefined) this.#from ??= await connection.offsetsAt(topic, since)
    const bounds = await connection.bounds(topic)
    this.#ends ??= bounds.map(({ startOffset, ...bound }) => ({
      ...bound,
      startOffset: Math.max(startOffset, this.#from?.get(bound.partition) ?? 0),
    }))
    for (const { startOffset, endOffset, ...id } of bounds) {
      // A log that ends before the applied offset was recreated: its rows are new.
      if (endOffset < (this.#applied.get(partitionKey(id)) ?? 0)) this.#applied.delete(partitionKey(id))
      this.#expired.look(id, startOffset, this.#applied.get(partitionKey(id)))
    }
    if (this.#behind().length === 0) this.#catchUp()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#batch(payload, apply),
    })
  }

  /** Resolves with the reason for a restart once the topic was recreated, or with undefined when the consumer has ended. */
  async #recreated(hasEnded: () => boolean): Promise<Error | undefined> {
    for (;;) {
      await sleep(LOOK_EVERY, undefined, { ref: false })
      if (hasEnded()) return undefined
      if (!(await this.#identity.hasChanged())) continue
      this.#startOver()
      return new Error('the topic was deleted and recreated: it is read from its start')
    }
  }

  /** Treats the topic as new, with nothing applied. */
  #startOver(): void {
    // A batch of the former topic that is still being applied uses the old map.
    this.#applied = new Map()
    this.#expired.startOver()
    this.#positions.clear()
    this.#from = undefined
    if (!this.#caughtUp) this.#ends = undefined
  }

  /** Skips what lies before the start, and what was applied. */
  #seek(consumer: Consumer, partition: number): void {
    const { topic } = this.#options
    const from = this.#from?.get(partition)
    if (from === undefined) return
    const offset = String(Math.max(from, this.#applied.get(partitionKey({ topic, partition })) ?? 0))
    consumer.seek({ topic, partition, offset })
  }

  /** Never throws: the client would reread the batch and restart in an endless loop. */
  async #batch(
    { batch, resolveOffset, heartbeat }: EachBatchPayload,
    apply: (rows: readonly TableRow[]) => Promise<void>,
  ): Promise<void> {
    const { topic, partition } = batch
    const key = partitionKey(batch)
    const applied = this.#applied
    const { decoding } = this.#options.connection
    const from = applied.get(key) ?? 0
    const slices = slicesOf(batch.messages, { topic, partition }, { ...decoding, from, size: SLICE })
    const beating = setInterval(() => void heartbeat().catch(() => undefined), 1_000)
    this.#inHand++
    try {
      if (this.#caughtUp && Number(batch.firstOffset() ?? from) > from)
        await this.#lookForExpired({ topic, partition }, from)
      for await (const { records, next } of slices) {
        const rows = records.map(
          ({ key, value, isTombstone, timestamp, position, headers, timestampType }): TableRow => ({
            ...{ key: key?.toString() ?? '', value: isTombstone ? null : value, timestamp, position },
            ...given({ headers, timestampType }),
          }),
        )
        if (rows.length > 0) await apply(rows)
        applied.set(key, Math.max(applied.get(key) ?? 0, next))
      }
      applied.set(key, Math.max(applied.get(key) ?? 0, Number(batch.lastOffset()) + 1))
      resolveOffset(batch.lastOffset())
    } catch (error) {
      this.#failure ??= error
      this.#stopping.abort()
    } finally {
      this.#inHand--
      clearInterval(beating)
    }
  }

  /** Of a gap in the offsets, which compaction leaves as well: whether retention made it while this reader was behind. */
  async #lookForExpired(id: PartitionId, applied: number): Promise<void> {
    const found = await this.#options.connection.boundsOf([id]).catch(() => [])
    for (const { startOffset } of found) this.#expired.look(id, startOffset, applied)
  }

  /** Partitions that have not reached the end offset seen when reading began. */
  #behind(): Bounds[] {
    return (this.#ends ?? []).filter((end) => {
      const reached = Math.max(
        this.#positions.get(partitionKey(end)) ?? end.startOffset,
        this.#applied.get(partitionKey(end)) ?? 0,
      )
      return reached < end.endOffset
    })
  }

  /** Compaction or retention may have removed the last records before the end. */
  async #checkWhetherAtEnd(): Promise<void> {
    if (this.#caughtUp || !this.#ends || this.#inHand > 0 || this.#failure !== undefined) return
    const found = await this.#proof.ask(this.#behind())
    if (found?.answer === 'silent' && this.#inHand === 0) this.#catchUp()
  }

  #catchUp(): void {
    if (this.#caughtUp || !this.#ends) return
    this.#caughtUp = true
    this.#resolveCaughtUp()
  }
}

type Bounds = PartitionId & { readonly startOffset: number; readonly endOffset: number }

export function createTableSource(options: TableSourceOptions): TableSource {
  return new TableSource(options)
}
