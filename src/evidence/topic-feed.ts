import { randomUUID } from 'node:crypto'
import { SigwatchError } from '../domain/errors.ts'
import { backOff } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload, KafkaConnection } from '../kafka/client.ts'
import { failureKind, reasonOf } from '../kafka/errors.ts'
import type { AppendRange, FedRecord, Feed, Reading } from './feed.ts'

export interface TopicFeedOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  /** Group of the service: the groups that are made for reading begin with it, and vanish as nothing is committed in them. */
  readonly groupId: string
  /** Called now and then with what was read so far, and the append time it has come to. */
  readonly onProgress?: (topic: string, records: number, at: number) => void
}

const STEP = 250
const PROGRESS_EVERY = 5_000
/** Fetches that bring nothing for this long: compaction or the marks of transactions took the last offsets. */
const SETTLED_AFTER = 5_000
const ATTEMPTS = 5

/** What is still to be read of a partition. */
interface Stretch {
  next: number
  readonly end: number
}

/** A bounded part of a topic, by the times of its records; reads it once and leaves nothing behind. */
export function topicFeed(options: TopicFeedOptions): Feed {
  return {
    name: `topic ${options.topic}`,
    read: (range, take) => new TopicReading(options, take).run(range),
  }
}

class TopicReading {
  readonly #options: TopicFeedOptions
  readonly #take: (record: FedRecord) => void
  readonly #stretches = new Map<number, Stretch>()
  readonly #group: string
  #lives = 0
  #records = 0
  #first = Number.POSITIVE_INFINITY
  #movedAt = 0
  #toldAt = Date.now()
  #failure: unknown
  #settle: (error?: unknown) => void = () => {}

  constructor(options: TopicFeedOptions, take: (record: FedRecord) => void) {
    this.#options = options
    this.#take = take
    this.#group = `${options.groupId}-evidence-${randomUUID()}`
  }

  async run({ from, to }: AppendRange): Promise<Reading> {
    const { connection, topic } = this.#options
    const bounds = await connection.bounds(topic)
    const starts = from === undefined ? undefined : await connection.offsetsAt(topic, from)
    const ends = to === undefined || to > Date.now() ? undefined : await connection.offsetsAt(topic, to)
    let truncated = false
    for (const { partition, startOffset, endOffset } of bounds) {
      const next = Math.max(startOffset, starts?.get(partition) ?? startOffset)
      const end = Math.min(endOffset, ends?.get(partition) ?? endOffset)
      if (next < end) this.#stretches.set(partition, { next, end })
      // What lay before the first offset that is left may have belonged to the range.
      if (from !== undefined && startOffset > 0 && next === startOffset) truncated = true
    }
    for (let attempt = 0; this.#stretches.size > 0; attempt++) {
      const before = this.#records
      const error = await this.#consume()
      if (this.#failure !== undefined) throw this.#failure
      if (error === undefined) break
      if (this.#records > before) attempt = 0
      if (failureKind(error) === 'permanent' || attempt >= ATTEMPTS) {
        throw new SigwatchError('KAFKA_UNREACHABLE', `${topic} cannot be read: ${reasonOf(error)}`, {
          cause: error,
        })
      }
      await backOff(attempt)
    }
    const beginsAt = truncated && Number.isFinite(this.#first) ? this.#first : undefined
    return { records: this.#records, ...(beginsAt === undefined ? {} : { beginsAt }) }
  }

  /** The life of one consumer: resolves with what ended it; undefined: everything was read. */
  async #consume(): Promise<unknown> {
    const { connection, topic } = this.#options
    const consumer = connection.consumer({
      // A new one each time: the place of a member that lost the brokers stays taken for a while.
      groupId: `${this.#group}.${++this.#lives}`,
      maxWaitTimeInMs: STEP,
      mayJoin: () => true,
    })
    const { CRASH, FETCH, GROUP_JOIN, END_BATCH_PROCESS } = consumer.events
    const ended = new Promise<unknown>((resolve) => {
      this.#settle = resolve
    })
    consumer.on(CRASH, ({ payload }) => this.#settle(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#movedAt = Date.now()
      for (const partition of payload.memberAssignment[topic] ?? []) {
        const stretch = this.#stretches.get(partition)
        if (stretch) consumer.seek({ topic, partition, offset: String(stretch.next) })
        else consumer.pause([{ topic, partitions: [partition] }])
      }
    })
    consumer.on(FETCH, () => {
      if (this.#movedAt > 0 && Date.now() - this.#movedAt >= SETTLED_AFTER) this.#settle()
    })
    // Also said of batches that hold nothing for a reader.
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      this.#advance(consumer, payload.partition, Number(payload.lastOffset) + 1)
    })
    this.#movedAt = 0
    const started = (async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#batch(payload),
      })
    })()
    started.catch((error: unknown) => this.#settle(error))
    const error = await ended
    await Promise.race([consumer.disconnect().catch(() => undefined), backOff(10)])
    return error
  }

  /** Never throws: the client would read the batch again, for ever. */
  async #batch({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch
    const stretch = this.#stretches.get(partition)
    try {
      for (const { key, value, offset, timestamp } of batch.messages) {
        const at = Number(offset)
        if (!stretch || at < stretch.next || at >= stretch.end) continue
        stretch.next = at + 1
        this.#records++
        this.#first = Math.min(this.#first, Number(timestamp))
        this.#take({
          key: key?.toString() ?? '',
          value,
          timestamp: Number(timestamp),
          position: { topic, partition, offset: at },
        })
      }
    } catch (error) {
      this.#failure ??= error
      this.#settle()
      return
    }
    resolveOffset(batch.lastOffset())
    this.#tell(Number(batch.messages.at(-1)?.timestamp ?? 0))
    await heartbeat().catch(() => undefined)
  }

  #tell(at: number): void {
    const now = Date.now()
    if (now - this.#toldAt < PROGRESS_EVERY) return
    this.#toldAt = now
    this.#options.onProgress?.(this.#options.topic, this.#records, at)
  }

  #advance(consumer: Consumer, partition: number, next: number): void {
    const { topic } = this.#options
    const stretch = this.#stretches.get(partition)
    if (!stretch || this.#failure !== undefined) return
    this.#movedAt = Date.now()
    // A batch that was fetched before the place was set lies before it.
    stretch.next = Math.max(stretch.next, next)
    if (stretch.next < stretch.end) return
    this.#stretches.delete(partition)
    if (this.#stretches.size === 0) this.#settle()
    else consumer.pause([{ topic, partitions: [partition] }])
  }
}
