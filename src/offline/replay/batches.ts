import { EventTime } from '../../domain/event-time.ts'
import { bytesOf, type Message, type Position } from '../../domain/message.ts'
import { partitionKey } from '../../domain/ports.ts'
import { BUCKET_MS, MINUTE } from '../../domain/time.ts'
import { isRejection, itemsOf } from '../../pipeline/decode.ts'
import type { Decode } from '../../pipeline/inputs.ts'
import { JoinParts } from '../../pipeline/join-parts.ts'
import type { Intaken } from '../../pipeline/outputs.ts'
import type { Ordered } from './order.ts'
import { readVerdict, type Spooled, slotOf, type WrittenVerdict } from './spooled.ts'

export interface BatchOptions {
  /** Names used in positions: the topics, or the names of the files. */
  readonly topics: readonly string[]
  readonly from: 'topic' | 'files'
  readonly decode: Decode
  /** How long parts of an SMS wait for the missing ones, ms. */
  readonly partWait: number
  readonly batch: { readonly maxRecords: number; readonly maxBytes: number }
}

/** A record that was added, kept until its message is judged. */
export interface Fed {
  /** Its index in the order, from 0. */
  readonly index: number
  readonly compared: boolean
  readonly was: WrittenVerdict | undefined
}

/** Messages to judge together, with the records they consist of. */
export interface Batch {
  readonly items: readonly Extract<Intaken, { kind: 'message' }>[]
  readonly fed: ReadonlyMap<Position, Fed>
  /** Event time before which no more records are expected; -Infinity if unknown. */
  readonly watermark: number
  /** Index of the next record. */
  readonly next: number
  /** Indexes of earlier records whose message still waits for parts. */
  readonly open: readonly number[]
}

/** A partition this far behind the furthest one does not hold back the watermark: it has no more records. ms of event time. */
const BEHIND = MINUTE

/**
 * Groups ordered records into batches as the service does: parts are joined, and a batch ends with a bucket of event time, at
 * its limits, and where the run being compared ended one.
 */
export class Batches {
  readonly #options: BatchOptions
  readonly #join: JoinParts
  readonly #fed = new Map<Position, Fed>()
  readonly #eventTimes = new Map<number, number>()
  readonly #ofFile = new EventTime()
  /** Highest offset per partition of the messages handed on. */
  readonly #counted = new Map<string, number>()
  #items: Extract<Intaken, { kind: 'message' }>[] = []
  #bytes = 0
  #bucket = Number.NEGATIVE_INFINITY
  #turn = Number.NaN
  #watermark = Number.NEGATIVE_INFINITY
  #next = 0

  constructor(options: BatchOptions) {
    this.#options = options
    this.#join = new JoinParts({ wait: options.partWait })
  }

  /** Adds a record. Returns the batch that ended before it and the one that it filled, if any. */
  add({ turn, record }: Ordered): Batch[] {
    const done: Batch[] = []
    if (turn !== this.#turn) {
      // Messages decided in another batch did not wait for the parts in this one.
      if (turn > 0) this.#take(this.#join.flushAll(), this.#reached())
      done.push(...this.#end())
      this.#turn = turn
    }
    const { position, timestamp, eventTime } = this.#placed(record)
    const bucket = Math.floor(eventTime / BUCKET_MS)
    const clock = this.#options.from === 'topic' ? timestamp : eventTime
    if (bucket > this.#bucket) {
      if (turn <= 0) this.#take(this.#join.flushExpired(position, clock), eventTime)
      done.push(...this.#end())
      this.#bucket = bucket
    }
    this.#feed(record, position, timestamp, eventTime)
    this.#eventTimes.set(slotOf(record), eventTime)
    this.#next++
    if (turn <= 0) this.#take(this.#join.flushExpired(position, clock), eventTime)
    const { maxRecords, maxBytes } = this.#options.batch
    if (this.#items.length >= maxRecords || this.#bytes >= maxBytes) done.push(...this.#end())
    return done
  }

  /** Skips a record. */
  skip(): void {
    this.#next++
  }

  /** Ends the batch before the next record; incomplete messages keep waiting. */
  cut(): Batch[] {
    return this.#end()
  }

  /** Ends the input and returns what is left. */
  end(): Batch[] {
    this.#take(this.#join.flushAll(), this.#reached())
    return this.#end()
  }

  #placed(record: Spooled) {
    const { partition, offset, timestamp } = record
    const isFile = this.#options.from === 'files'
    const topic = this.#options.topics[record.topic]!
    const position = { topic, partition, offset: isFile ? this.#next : offset }
    return {
      position,
      timestamp,
      eventTime: isFile ? this.#ofFile.observe(record.eventTime) : record.eventTime,
    }
  }

  #feed(record: Spooled, position: Position, timestamp: number, eventTime: number): void {
    const { decode, from } = this.#options
    const { value, key, headers } = record
    const raw = { position, timestamp, value, ...(key ? { key } : {}), ...(headers ? { headers } : {}) }
    const read = itemsOf(decode(raw))[record.item ?? 0]
    // Cannot happen: the record was readable when it was spooled.
    if (read === undefined || isRejection(read)) return
    const was = record.verdict.length > 0 ? readVerdict(record.verdict) : undefined
    this.#fed.set(position, { index: this.#next, compared: record.compared, was })
    this.#take(this.#join.add(read, position, from === 'topic' ? timestamp : read.ts), eventTime)
  }

  #take(messages: readonly Message[], eventTime: number): void {
    for (const message of messages) {
      const bytes = message.origins.reduce((sum, origin) => sum + bytesOf(origin), 0)
      this.#items.push({ kind: 'message', message: this.#counting(message), epoch: 0, bytes, eventTime })
      this.#bytes += bytes
    }
  }

  /**
   * Counting skips offsets up to the highest one counted in a partition. A message that arrives out of order, as after a
   * rebalance, is counted by its id instead.
   */
  #counting(message: Message): Message {
    const { offset } = message.position
    const key = partitionKey(message.position)
    const last = this.#counted.get(key) ?? -1
    if (offset > last) {
      this.#counted.set(key, offset)
      return message
    }
    return message.byDeadline ? message : { ...message, byDeadline: true }
  }

  #reached(): number {
    return Math.max(...this.#eventTimes.values(), Number.NEGATIVE_INFINITY)
  }

  #end(): Batch[] {
    if (this.#items.length === 0) return []
    const fed = new Map<Position, Fed>()
    for (const { message } of this.#items) {
      for (const { position } of message.origins) {
        const one = this.#fed.get(position)
        if (one) fed.set(position, one)
        this.#fed.delete(position)
      }
    }
    const furthest = this.#reached()
    const watermark = Math.min(...[...this.#eventTimes.values()].filter((time) => time >= furthest - BEHIND))
    // Records in the order of event time: none older than the batch will follow.
    const isOrdered = this.#options.from === 'files' || this.#turn <= 0
    const reached = isOrdered ? this.#items[0]!.eventTime : this.#watermark
    const open = [...this.#fed.values()].map(({ index }) => index)
    const batch = { items: this.#items, fed, watermark: reached, next: this.#next, open }
    this.#watermark = watermark
    this.#items = []
    this.#bytes = 0
    return [batch]
  }
}
