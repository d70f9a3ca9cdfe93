import { SigwatchError } from '../domain/errors.ts'
import type { RawRecord } from '../domain/message.ts'
import type { OffsetRange, PartitionId } from '../domain/ports.ts'
import { backOff } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload, KafkaConnection } from '../kafka/client.ts'
import { mustBeChanged, reasonOf } from '../kafka/errors.ts'
import { lastOfEach } from '../kafka/headers.ts'
import { unreadableReason } from '../kafka/unreadable.ts'

export interface PartitionOffsetRange extends OffsetRange {
  readonly partition: number
}

/** A record of a topic, as it lies there; `value` null is a tombstone. */
export interface RangeRecord extends Omit<RawRecord, 'value'> {
  readonly value: Buffer | null
}

export interface TopicRangeOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  /** Of this reading alone. Nothing is committed in it, so it vanishes by itself. */
  readonly group: string
  readonly ranges: readonly PartitionOffsetRange[]
  /**
   * Called with the records of one partition in their order; of several partitions, side by side. The next records of the
   * partition are read when it has resolved. What it throws ends the reading.
   */
  readonly take: (records: readonly RangeRecord[]) => void | Promise<void>
  readonly signal?: AbortSignal
  /** Delete the group at once where the user may; else the brokers drop it later. */
  readonly deletesGroup?: boolean
  /**
   * How long brokers must have answered that nothing comes before that is believed, ms; after six times as long in which
   * they do not show it, the reading fails.
   */
  readonly settledAfter?: number
}

const STEP = 250
/** Partitions that are read at once. */
const SIDE_BY_SIDE = 8
/** Every broker must have answered so often that nothing comes, before that is believed. */
const ANSWERS = 3
const SETTLED_AFTER = 5_000
/** So many times as long the partitions must have had a leader: the consumer looks again every 10 s who leads them. */
const CONFIRMED_FACTOR = 2
/** So many times as long is waited for brokers that do not answer and for partitions without a leader. */
const UNPROVEN_FACTOR = 6
const ATTEMPTS = 5
const HEARTBEAT_EVERY = 1_000
const NOTHING = Buffer.alloc(0)

/**
 * Reads ranges of a topic once and leaves nothing behind. Rejects with KAFKA_UNREACHABLE when the brokers stay away, or show
 * of a partition neither the records up to its end nor that there are none.
 */
export function readTopicRange(options: TopicRangeOptions): Promise<void> {
  return new TopicRangeReading(options).run()
}

class TopicRangeReading {
  readonly #options: TopicRangeOptions
  /** What is still to be read, by partition. */
  readonly #open = new Map<number, { next: number; readonly to: number }>()
  #lives = 0
  #records = 0
  #movedAt = 0
  #inHand = 0
  /** Fetches that each broker has answered since something moved last. */
  readonly #answers = new Map<string, number>()
  /** Brokers that were asked and have not answered yet. */
  readonly #asked = new Set<string>()
  /** Since when every partition that is still to be read has been found to have a leader. */
  #ledSince: number | undefined
  #checking = false
  #failure: unknown
  #settle: (error?: unknown) => void = () => {}

  constructor(options: TopicRangeOptions) {
    this.#options = options
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

  /** The life of one consumer: resolves with what ended it; undefined: everything was read. */
  async #consume(): Promise<unknown> {
    const { connection, topic, group, signal, deletesGroup } = this.#options
    // A new one each time: the place of a member that lost the brokers stays taken for a while.
    const groupId = `${group}.${++this.#lives}`
    const consumer = connection.consumer({
      groupId,
      maxWaitTimeInMs: STEP,
      mayJoin: () => true,
    })
    const { CRASH, FETCH, FETCH_START, GROUP_JOIN, END_BATCH_PROCESS } = consumer.events
    const ended = new Promise<unknown>((resolve) => {
      this.#settle = resolve
      signal?.addEventListener('abort', () => resolve(undefined), { once: true })
    })
    consumer.on(CRASH, ({ payload }) => this.#settle(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#moved()
      for (const partition of payload.memberAssignment[topic] ?? []) {
        const open = this.#open.get(partition)
        if (open) consumer.seek({ topic, partition, offset: String(open.next) })
        else consumer.pause([{ topic, partitions: [partition] }])
      }
    })
    consumer.on(FETCH_START, ({ payload }) => {
      const node = String(payload.nodeId)
      this.#asked.add(node)
      if (!this.#answers.has(node)) this.#answers.set(node, 0)
    })
    consumer.on(FETCH, ({ payload }) => {
      const node = String(payload.nodeId)
      this.#asked.delete(node)
      this.#answers.set(node, (this.#answers.get(node) ?? 0) + 1)
      void this.#checkWhetherAtEnd()
    })
    // Also said of batches that hold nothing for a reader.
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      this.#advance(consumer, payload.partition, Number(payload.lastOffset) + 1)
    })
    this.#movedAt = 0
    this.#answers.clear()
    this.#asked.clear()
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
    this.#movedAt = 0
    await Promise.race([consumer.disconnect().catch(() => undefined), backOff(10)])
    if (deletesGroup && error === undefined)
      await connection.ask((admin) => admin.deleteGroups([groupId]).catch(() => undefined))
    return error
  }

  /** Never throws: the client would read the batch again, for ever. */
  async #batch({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch
    const open = this.#open.get(partition)
    if (!open || this.#failure !== undefined) return
    const records: RangeRecord[] = []
    for (const message of batch.messages) {
      const offset = Number(message.offset)
      if (offset < open.next || offset >= open.to) continue
      open.next = offset + 1
      const unreadable = message.value ? unreadableReason(message.value) : undefined
      records.push({
        ...(message.key ? { key: message.key } : {}),
        ...(message.headers === undefined ? {} : { headers: lastOfEach(message.headers) }),
        value: unreadable === undefined ? message.value : NOTHING,
        timestamp: Number(message.timestamp),
        position: { topic, partition, offset },
        ...(unreadable === undefined ? {} : { unreadable }),
      })
    }
    this.#records += records.length
    this.#inHand++
    const beating = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_EVERY)
    try {
      if (records.length > 0) await this.#options.take(records)
      resolveOffset(batch.lastOffset())
    } catch (error) {
      this.#failure ??= error
      this.#settle()
    } finally {
      clearInterval(beating)
      this.#inHand--
    }
  }

  #moved(): void {
    this.#movedAt = Date.now()
    this.#ledSince = undefined
    this.#countAnew()
  }

  #countAnew(): void {
    this.#answers.clear()
    // One that hangs was asked before, and has yet to answer.
    for (const node of this.#asked) this.#answers.set(node, 0)
  }

  /**
   * Compaction may have taken the last records of a range. That is believed when no records are in hand, the partitions
   * concerned have had a leader for so long that the consumer knows it, and every broker has answered several times since
   * then that it has nothing. What retention took is known by the first offset that is left.
   */
  async #checkWhetherAtEnd(): Promise<void> {
    const { connection, topic, settledAfter = SETTLED_AFTER } = this.#options
    const moved = this.#movedAt
    if (this.#checking || this.#inHand > 0 || moved === 0 || Date.now() - moved < settledAfter) return
    const open = [...this.#open.keys()].map((partition) => ({ topic, partition }))
    this.#checking = true
    const led = await connection.boundsOf(open).catch(() => [])
    this.#checking = false
    if (moved !== this.#movedAt || this.#inHand > 0) return
    for (const { partition, startOffset } of led)
      if (startOffset >= this.#open.get(partition)!.to) this.#open.delete(partition)
    if (this.#open.size === 0) return this.#settle()
    if (led.length < open.length) this.#ledSince = undefined
    else if (this.#ledSince === undefined) {
      this.#ledSince = Date.now()
      this.#countAnew()
    }
    const answered = [...this.#answers.values()].every((answers) => answers >= ANSWERS)
    const waited = Date.now() - (this.#ledSince ?? moved)
    if (answered && this.#ledSince !== undefined) {
      if (waited >= CONFIRMED_FACTOR * settledAfter) this.#settle()
    } else if (waited >= UNPROVEN_FACTOR * settledAfter) this.#giveUp(led)
  }

  /** `led`: the partitions whose leaders answer. */
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
    this.#moved()
    // A batch that was fetched before the place was set lies before it.
    open.next = Math.max(open.next, next)
    if (open.next < open.to) return
    this.#open.delete(partition)
    if (this.#open.size === 0) this.#settle()
    else consumer.pause([{ topic: this.#options.topic, partitions: [partition] }])
  }
}
