import type { Emit } from '../domain/events.ts'
import { bytesOf, type Message, type RawRecord, type RecordItem, type SmsRecord } from '../domain/message.ts'
import type { PartitionId } from '../domain/ports.ts'
import type { Arrived } from './admission.ts'
import type { Batcher } from './batcher.ts'
import type { Checkpoint } from './checkpoint.ts'
import { isRejection, isSplit, type Rejection, type SplitRecord } from './decode.ts'
import type { JoinParts } from './join-parts.ts'
import { deadLetterRecord, type Intaken } from './outputs.ts'
import type { PartitionTracker } from './partition-tracker.ts'

export interface AssemblyParts {
  readonly join: JoinParts
  readonly batcher: Pick<Batcher<Intaken>, 'add' | 'flush' | 'together'>
  readonly checkpoint: Checkpoint
  readonly partitions: Pick<PartitionTracker, 'isRead' | 'workedUpTo'>
  readonly emit: Emit
  /** Parts are timed by the Kafka timestamps of their records or, in the embedded mode, by event time. */
  readonly partClock: 'append' | 'event'
}

/** Turns records into messages, joining parts, and collects them into batches that end with a bucket of event time. */
export class Assembly {
  readonly #parts: AssemblyParts
  /** Event-time bucket of the current batch. */
  #bucket = Number.NEGATIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(parts: AssemblyParts) {
    this.#parts = parts
  }

  /** Later records may be older than the last one. */
  begin(): void {
    this.#bucket = Number.NEGATIVE_INFINITY
    this.#last = Number.NEGATIVE_INFINITY
  }

  /** Takes records of one partition within one bucket. Throws OFFSET_GAP: see Checkpoint. */
  take(id: PartitionId, run: readonly Arrived[]): void {
    const { checkpoint } = this.#parts
    const now = performance.now()
    for (const { raw, from, record, eventTime, bucket } of run) {
      const { position, timestamp } = raw
      const items = isSplit(record) ? record.items.length : 1
      if (!checkpoint.take(position, from, now, items)) continue
      // A batch ends with its event-time bucket, so that a backlog is judged at the same granularity as live traffic.
      if (bucket > this.#bucket) {
        this.#flushParts(position, timestamp, eventTime)
        this.#parts.batcher.flush()
        this.#bucket = bucket
      } else if (bucket < this.#last) {
        // A late record starts a new batch: buckets within a batch stay in order, as in a replay.
        this.#parts.batcher.flush()
      }
      this.#last = bucket
      if (isSplit(record)) this.#split(raw, record, eventTime)
      else if (isRejection(record)) this.#reject(raw, record, eventTime, 'decode')
      else this.#join(raw, record, eventTime)
    }
    const last = run.at(-1)!
    this.#flushParts(id, last.raw.timestamp, last.eventTime)
  }

  /** Flushes the parts of silent partitions, by the running time of the process, ms. */
  flushSilent(running: number): void {
    const { join, partitions } = this.#parts
    this.#add(join.flushSilent(running, (key) => partitions.isRead(key)))
  }

  flushAll(): void {
    this.#add(this.#parts.join.flushAll())
  }

  drop(id: PartitionId): void {
    this.#parts.join.drop(id)
  }

  /** Items of one record are counted by its offset, so they stay in one batch. */
  #split(raw: RawRecord, { items }: SplitRecord, eventTime: number): void {
    this.#parts.batcher.together(() => {
      for (const [index, item] of items.entries()) {
        if (isRejection(item)) this.#reject(raw, item, eventTime, 'decode', { index, of: items.length })
        else this.#join(raw, item, eventTime)
      }
    })
  }

  #join(raw: RawRecord, record: SmsRecord, eventTime: number): void {
    const { join, partClock } = this.#parts
    let messages: readonly Message[]
    try {
      messages = join.add(record, raw.position, partClock === 'append' ? raw.timestamp : record.ts)
    } catch (error) {
      const detail = `join failed with ${(error as Error).name}`
      this.#reject(raw, { error: 'INTERNAL', detail }, eventTime, 'join', record.item)
      return
    }
    this.#add(messages, eventTime)
  }

  #reject(raw: RawRecord, why: Rejection, eventTime: number, stage: string, item?: RecordItem): void {
    const { emit, checkpoint, batcher } = this.#parts
    const { position } = raw
    const { error, detail } = why
    emit({ name: 'dead_lettered', error, count: 1 })
    const place = item ? { ...raw, item } : raw
    const output = deadLetterRecord(place, stage, error, detail)
    const bytes = bytesOf(place)
    const rejected = { output, position, epoch: checkpoint.epoch, bytes, eventTime }
    batcher.add({ kind: 'rejected', ...rejected, isFirst: item === undefined || item.index === 0 }, bytes)
  }

  #flushParts(id: PartitionId, timestamp: number, eventTime: number): void {
    const now = this.#parts.partClock === 'append' ? timestamp : eventTime
    this.#add(this.#parts.join.flushExpired(id, now), eventTime)
  }

  #add(messages: readonly Message[], eventTime?: number): void {
    const { batcher, checkpoint, partitions } = this.#parts
    for (const message of messages) {
      let bytes = 0
      for (const origin of message.origins) bytes += bytesOf(origin)
      const reached = eventTime ?? partitions.workedUpTo(message.position) ?? message.ts
      batcher.add({ kind: 'message', message, epoch: checkpoint.epoch, bytes, eventTime: reached }, bytes)
    }
  }
}
