import { SigwatchError } from '../../domain/errors.ts'
import type { RawRecord } from '../../domain/message.ts'
import type { OffsetRange, PartitionId } from '../../domain/ports.ts'
import { backOff } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload, KafkaConnection } from '../kafka/client.ts'
import { mustBeChanged, reasonOf } from '../kafka/errors.ts'
import { slicesOf } from '../kafka/records/slices.ts'
import { EndProof, type EndProofOptions } from './end-proof.ts'

export interface PartitionOffsetRange extends OffsetRange {
  readonly partition: number
}

/** A record as stored in the topic; a null `value` is a tombstone. */
export interface RangeRecord extends Omit<RawRecord, 'value'> {
  readonly value: Buffer | null
}

export interface TopicRangeOptions extends Pick<EndProofOptions, 'settledAfter' | 'forgottenAfter'> {
  readonly connection: KafkaConnection
  readonly topic: string
  /** A group for this read only. It commits nothing, so the brokers remove it. */
  readonly group: string
  readonly ranges: readonly PartitionOffsetRange[]
  /**
   * Called with the records of a partition in order, concurrently for several partitions. The next records of the
   * partition are read when it has resolved. An error ends the read.
   */
  readonly take: (records: readonly RangeRecord[]) => void | Promise<void>
  readonly signal?: AbortSignal
  /** Delete the group afterwards if the user has the right; otherwise the brokers remove it later. */
  readonly deletesGroup?: boolean
}

const STEP = 250
const SIDE_BY_SIDE = 8
const ATTEMPTS = 5
const HEARTBEAT_EVERY = 1_000
/** Maximum number of records handed over together. */
const SLICE = 1_000

/**
 * Reads ranges of a topic once, leaving nothing behind. Rejects with KAFKA_UNREACHABLE if the brokers stay away, or if
 * they show neither the records of a partition up to its end nor that there are none.
 */
export function readTopicRange(options: TopicRangeOptions): Promise<void> {
  return new TopicRangeReading(options).run()
}

class TopicRangeReading {
  readonly #options: TopicRangeOptions
  readonly #open = new Map<number, { next: number; readonly to: number }>()
  #lives = 0
  #records = 0
  #inHand = 0
  readonly #proof: EndProof
  #failure: unknown
  #settle: (error?: unknown) => void = () => {}

  constructor(options: TopicRangeOptions) {
    this.#options = options
    this.#proof = new EndProof(options)
    for (const { partition, from, to } of options.ranges)
      if (from < to) this.#open.set(partition, { next: from, to })
  }

  async run(): Promise<void> {
    const { connection, topic, signal } = this.#options
    for (let attempt = 0; this.#open.size > 0 && !signal?.aborted; attempt++) {
      const before = this.#records
      const error = await this.#consume()
      if (this.#failure !== undefined) throw this.#failure
      if (error === undefined) break
      if (this.#records > before) attempt = 0
      if (mustBeChanged(error, connection.awaitsLogin) || attempt >= ATTEMPTS) {
        throw new SigwatchError('KAFKA_UNREACHABLE', `${topic} cannot be read: ${reasonOf(error)}`, {
          cause: error,
        })
      }
      await backOff(attempt)
    }
  }

  /** Runs one consumer: resolves with the error that ended it, or with undefined if everything was read. */
  async #consume(): Promise<unknown> {
    const { connection, topic, group, signal, deletesGroup } = this.#options
    // A new group for each consumer: after an outage, the old group still counts the previous one as a member for a while.
    const groupId = `${group}.${++this.#lives}`
    const consumer = connection.consumer({
      groupId,
      maxWaitTimeInMs: STEP,
      mayJoin: () => true,
    })
    const { CRASH, GROUP_JOIN, END_BATCH_PROCESS } = consumer.events
    const ended = new Promise<unknown>((resolve) => {
      this.#settle = resolve
      signal?.addEventListener('abort', () => resolve(undefined), { once: true })
    })
    consumer.on(CRASH, ({ payload }) => this.#settle(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#proof.moved()
      for (const partition of payload.memberAssignment[topic] ?? []) {
        const open = this.#open.get(partition)
        if (open) consumer.seek({ topic, partition, offset: String(open.next) })
        else consumer.pause([{ topic, partitions: [partition] }])
      }
    })
    this.#proof.follow(consumer, () => void this.#checkWhetherAtEnd())
    // Also emitted for batches without records for readers.
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      this.#advance(consumer, payload.partition, Number(payload.lastOffset) + 1)
    })
    const started = (async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: SIDE_BY_SIDE,
        eachBatch: (payload) => this.#batch(payload),
      })
    })()
    started.catch((error: unknown) => this.#settle(error))
    const error = await ended
    this.#proof.end()
    await Promise.race([consumer.disconnect().catch(() => undefined), backOff(10)])
    if (deletesGroup && error === undefined)
      await connection.ask((admin) => admin.deleteGroups([groupId]).catch(() => undefined))
    return error
  }

  /** Never throws: the client would reread the batch in an endless loop. */
  async #batch({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch
    const open = this.#open.get(partition)
    if (!open || this.#failure !== undefined) return
    const { decoding } = this.#options.connection
    const from = open.next
    // Before the records are handed over, so that a replacement consumer continues after them.
    open.next = Math.max(from, Number(batch.lastOffset()) + 1)
    const slices = slicesOf(batch.messages, { topic, partition }, { ...decoding, from, size: SLICE })
    this.#inHand++
    const beating = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_EVERY)
    try {
      for await (const slice of slices) {
        if (this.#failure !== undefined) return
        const records = slice.records
          .filter(({ position }) => position.offset < open.to)
          .map(({ isTombstone, ...record }) => ({ ...record, value: isTombstone ? null : record.value }))
        this.#records += records.length
        if (records.length > 0) await this.#options.take(records)
        if (slice.next >= open.to) break
      }
      resolveOffset(batch.lastOffset())
    } catch (error) {
      this.#failure ??= error
      this.#settle()
    } finally {
      clearInterval(beating)
      this.#inHand--
    }
  }

  /** Records missing through compaction are skipped; those lost to retention show in the first available offset. */
  async #checkWhetherAtEnd(): Promise<void> {
    if (this.#inHand > 0) return
    const { topic } = this.#options
    const open = [...this.#open.keys()].map((partition) => ({ topic, partition }))
    const found = await this.#proof.ask(open)
    if (!found || this.#inHand > 0) return
    for (const { partition, startOffset } of found.led)
      if (startOffset >= this.#open.get(partition)!.to) this.#open.delete(partition)
    if (this.#open.size === 0 || found.answer === 'silent') this.#settle()
    else if (found.answer === 'unproven') this.#giveUp(found.led)
  }

  /** `led` are the partitions whose leaders answer. */
  #giveUp(led: readonly PartitionId[]): void {
    const heard = new Set(led.map(({ partition }) => partition))
    const open = [...this.#open.keys()]
    const unheard = open.filter((partition) => !heard.has(partition))
    const lacking = (unheard.length > 0 ? unheard : open).join(', ')
    const message = `${this.#options.topic} cannot be read to its end: no answer about partition ${lacking}`
    this.#failure ??= new SigwatchError('KAFKA_UNREACHABLE', message)
    this.#settle()
  }

  #advance(consumer: Consumer, partition: number, next: number): void {
    const open = this.#open.get(partition)
    if (!open || this.#failure !== undefined) return
    this.#proof.moved()
    // Batches fetched before the seek may start earlier.
    open.next = Math.max(open.next, next)
    if (open.next < open.to) return
    this.#open.delete(partition)
    if (this.#open.size === 0) this.#settle()
    else consumer.pause([{ topic: this.#options.topic, partitions: [partition] }])
  }
}
