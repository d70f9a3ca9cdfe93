import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Message, Position, RawRecord, SmsRecord } from '../domain/message.ts'
import {
  type Clock,
  type OutputRecord,
  type PartitionId,
  partitionKey,
  type Sink,
  type Source,
  type SourceHandler,
} from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { Rejection } from '../stages/decode.ts'
import { isRejection } from '../stages/decode.ts'
import type { JoinParts } from '../stages/join-parts.ts'
import { type Aligned, Alignment } from './alignment.ts'
import { Batcher, type BatchLimits } from './batcher.ts'
import { Checkpoint } from './checkpoint.ts'
import { EventTime } from './event-time.ts'
import { deadLetterOf, type Intaken } from './outputs.ts'
import type { Hold } from './peers.ts'
import type { BatchOutcome } from './pipeline.ts'

/** How far a partition has come. */
export interface Progress extends PartitionId {
  readonly eventTime: number
  readonly lag: number | undefined
  /** Wall clock of its last record, epoch ms. */
  readonly lastRecordAt: number
}

export interface IntakeParts {
  readonly source: Source
  readonly sink: Sink
  readonly decode: (raw: RawRecord) => SmsRecord | Rejection
  readonly join: JoinParts
  readonly process: (items: readonly Intaken[]) => Promise<BatchOutcome>
  /** Before a batch is worked on, with the event time at which it begins: the embedded mode sweeps states here. */
  readonly beforeBatch?: (eventTime: number, partition: PartitionId) => Promise<void>
  /** Before the first record of these partitions: read what was counted of them. */
  readonly assigned?: (partitions: readonly PartitionId[]) => Promise<void>
  readonly revoked?: (partitions: readonly PartitionId[]) => void
  readonly clock: Clock
  readonly emit: Emit
  readonly limits: BatchLimits
  /** Parts are timed by the Kafka timestamp of their records, or in the embedded mode by event time. */
  readonly partClock: 'append' | 'event'
  readonly signal: AbortSignal
}

/** A record on its way in: decoded, with the event time of its partition. */
interface Arrived extends Aligned {
  readonly raw: RawRecord
  readonly record: SmsRecord | Rejection
  readonly eventTime: number
}

const COMMIT_EVERY = 500
const SILENCE_CHECK_EVERY = 1_000
const REVOKE_BUDGET = 5_000
/** Batches whose sink has not acknowledged yet. */
const MAX_WRITES = 4

/**
 * The door and the way out: takes records in from the source, decodes and joins them, hands batches to the pipeline,
 * writes the outcome to the sink and commits what the sink has acknowledged, never more.
 */
export class Intake implements SourceHandler {
  readonly #parts: IntakeParts
  readonly #checkpoint = new Checkpoint()
  readonly #eventTimes = new Map<string, EventTime>()
  readonly #progress = new Map<string, Progress>()
  readonly #batcher: Batcher<Intaken>
  readonly #alignment = new Alignment<Arrived>()
  /** What waits for other instances. */
  #hold: Hold = { after: Number.POSITIVE_INFINITY, before: Number.NEGATIVE_INFINITY }
  /** Wall clock of the assignment of every partition that is held, epoch ms. */
  readonly #assignedAt = new Map<string, PartitionId & { readonly at: number }>()
  /** Bucket of event time that the batch at hand belongs to. */
  #bucket = Number.NEGATIVE_INFINITY
  #admitting: Promise<void> | undefined
  #patience: NodeJS.Timeout | undefined
  #ending = false
  #failure: unknown
  #writes = 0
  #resumeWrites: (() => void) | undefined
  #writeFailure: unknown

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.#batcher = new Batcher(parts.limits, (items, done) => this.#work(items, done))
  }

  /** Reads the source to its end, or until it is stopped; resolves when everything taken in is settled and committed. */
  async run(): Promise<void> {
    const { source, join } = this.#parts
    const committing = setInterval(() => void this.#commit(), COMMIT_EVERY)
    const silence = setInterval(
      () => this.#hand(join.flushSilent(this.#parts.clock.now())),
      SILENCE_CHECK_EVERY,
    )
    if (this.#parts.partClock === 'event') clearInterval(silence)
    try {
      await source.run(this)
      this.#ending = true
      this.#admitNext()
      await this.#admitting
      if (this.#failure !== undefined) throw this.#failure
      this.#hand(join.flushAll())
      await this.#batcher.drain()
      if (this.#writeFailure !== undefined) throw this.#writeFailure
    } finally {
      clearInterval(committing)
      clearInterval(silence)
      clearTimeout(this.#patience)
      await this.#commit()
    }
  }

  async assigned(partitions: readonly PartitionId[]): Promise<void> {
    for (const id of partitions) {
      this.#eventTimes.set(partitionKey(id), new EventTime())
      this.#alignment.assign(id, performance.now())
      this.#assignedAt.set(partitionKey(id), { ...id, at: this.#parts.clock.now() })
    }
    // What comes now may be older than what was worked on last.
    this.#bucket = Number.NEGATIVE_INFINITY
    await this.#parts.assigned?.(partitions)
    this.#parts.emit({ name: 'partitions_assigned', count: partitions.length })
  }

  /** Settles what is in flight within a few seconds; what is not settled by then is read again by the next owner. */
  async revoked(partitions: readonly PartitionId[]): Promise<void> {
    for (const id of partitions) {
      this.#alignment.drop(id)
      this.#parts.join.drop(id)
    }
    let timer: NodeJS.Timeout | undefined
    const budget = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REVOKE_BUDGET)
    })
    await Promise.race([this.#batcher.drain().catch(() => undefined), budget])
    clearTimeout(timer)
    await this.#commit()
    for (const id of partitions) {
      this.#checkpoint.forget(id)
      this.#assignedAt.delete(partitionKey(id))
      this.#eventTimes.delete(partitionKey(id))
      this.#progress.delete(partitionKey(id))
    }
    this.#parts.revoked?.(partitions)
    this.#parts.emit({ name: 'partitions_revoked', count: partitions.length })
  }

  async records(batch: readonly RawRecord[], lag: number | undefined): Promise<void> {
    const last = batch.at(-1)
    if (!last) return
    const id: PartitionId = last.position
    const eventTime = this.#eventTimeOf(id)
    const arrived = batch.map((raw): Arrived => {
      const record = this.#parts.decode(raw)
      const time = isRejection(record) ? eventTime.value : eventTime.observe(record.ts)
      return { raw, record, eventTime: time, bucket: Math.floor(time / BUCKET_MS), bytes: raw.value.length }
    })
    this.#alignment.push(id, arrived, lag)
    this.#admitNext()
    // Held back by the work on what was taken in; not by partitions that are behind, whose records may have to wait
    // for this call.
    for (let full = this.#alignment.full(id); full && this.#admitting; full = this.#alignment.full(id)) {
      await Promise.race([full, this.#admitting])
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  skipped(id: PartitionId, lag: number): void {
    this.#alignment.toCome(id, lag)
    const key = partitionKey(id)
    const known = this.#progress.get(key)
    if (known) this.#progress.set(key, { ...known, lag: this.#alignment.lag(id) })
    this.#admitNext()
  }

  /** See SourceHandler: more is held of the partition than those behind it let go. */
  full(id: PartitionId): Promise<void> | undefined {
    return this.#alignment.full(id)
  }

  /** Lets records wait for other instances until it is told anew; at the end nothing waits. */
  hold(hold: Hold): void {
    this.#hold = hold
    this.#admitNext()
  }

  readonly #waits = (bucket: number): boolean => {
    const eventTime = bucket * BUCKET_MS
    return eventTime > this.#hold.after && eventTime < this.#hold.before
  }

  /** Whether this partition, by its key, is read here. */
  has(partition: string): boolean {
    return this.#assignedAt.has(partition)
  }

  /** Partitions that are held and have had no record yet, with the wall clock of their assignment. */
  silent(): (PartitionId & { readonly at: number })[] {
    return [...this.#assignedAt.values()].filter((id) => this.#standing(id) === undefined)
  }

  /** Where every partition stands, for the watermark. */
  progress(): Progress[] {
    return [...this.#assignedAt.values()].flatMap((id) => this.#standing(id) ?? [])
  }

  /** As far as it was worked on; before that, where its first record is. */
  #standing({ topic, partition, at }: PartitionId & { readonly at: number }): Progress | undefined {
    const id = { topic, partition }
    const known = this.#progress.get(partitionKey(id))
    if (known) return known
    const bucket = this.#alignment.first(id)
    if (bucket === undefined || !Number.isFinite(bucket)) return undefined
    return { ...id, eventTime: bucket * BUCKET_MS, lag: this.#alignment.lag(id), lastRecordAt: at }
  }

  get inFlight(): number {
    return this.#batcher.inFlight
  }

  #eventTimeOf(id: PartitionId): EventTime {
    const key = partitionKey(id)
    let eventTime = this.#eventTimes.get(key)
    if (!eventTime) {
      eventTime = new EventTime()
      this.#eventTimes.set(key, eventTime)
    }
    return eventTime
  }

  /** Lets in what is next in event time, as far as there is room and nobody is waited for. */
  #admitNext(): void {
    clearTimeout(this.#patience)
    this.#admitting ??= this.#admit()
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#admitting = undefined
      })
  }

  async #admit(): Promise<void> {
    for (;;) {
      await this.#batcher.room()
      const now = this.#ending ? Number.POSITIVE_INFINITY : performance.now()
      const next = this.#alignment.next(now, this.#ending ? undefined : this.#waits)
      if (!next) return
      if ('until' in next) {
        if (next.until < Number.POSITIVE_INFINITY)
          this.#patience = setTimeout(() => this.#admitNext(), next.until - now)
        return
      }
      for (const arrived of next.items) this.#take(arrived)
      const { raw, eventTime } = next.items.at(-1)!
      this.#letGo(next.id, raw.timestamp, eventTime)
    }
  }

  #take({ raw, record, eventTime, bucket }: Arrived): void {
    const { position, value, timestamp } = raw
    this.#checkpoint.take(position)
    // A batch ends with the bucket of event time, so that a backlog is judged as finely as live traffic.
    if (bucket > this.#bucket) {
      this.#letGo(position, timestamp, eventTime)
      this.#batcher.flush()
      this.#bucket = bucket
    }
    if (isRejection(record)) {
      this.#parts.emit({ name: 'dead_lettered', error: record.error, count: 1 })
      const output = deadLetterOf(value, position, 'decode', record.error, record.detail)
      this.#batcher.add({ kind: 'rejected', output, position, bytes: value.length, eventTime }, value.length)
      return
    }
    const arrivedAt = this.#parts.partClock === 'append' ? timestamp : record.ts
    this.#hand(this.#parts.join.add(record, position, arrivedAt), eventTime)
  }

  /** Lets go of the parts of a partition that have waited long enough. */
  #letGo(id: PartitionId, timestamp: number, eventTime: number): void {
    const now = this.#parts.partClock === 'append' ? timestamp : eventTime
    this.#hand(this.#parts.join.flushExpired(id, now), eventTime)
  }

  #hand(messages: readonly Message[], eventTime?: number): void {
    for (const message of messages) {
      const bytes = message.origins.reduce((sum, o) => sum + o.value.length, 0)
      const reached = eventTime ?? this.#progress.get(partitionKey(message.position))?.eventTime ?? message.ts
      this.#batcher.add({ kind: 'message', message, bytes, eventTime: reached }, bytes)
    }
  }

  async #work(items: Intaken[], done: () => void): Promise<void> {
    const first = items.find((item) => item.kind === 'message')
    if (first) await this.#parts.beforeBatch?.(first.eventTime, first.message.position)
    const { outputs } = await this.#parts.process(items)
    this.#passed(items)
    this.#report(items)
    while (this.#writes >= MAX_WRITES) {
      await new Promise<void>((resolve) => {
        this.#resumeWrites = resolve
      })
    }
    if (this.#writeFailure !== undefined) throw this.#writeFailure
    this.#writes++
    void this.#write(items, outputs).finally(() => {
      this.#writes--
      this.#resumeWrites?.()
      done()
    })
  }

  /** Moves the event time of partitions: to what was worked on, for whatever is ahead of it has changed no state yet. */
  #passed(items: readonly Intaken[]): void {
    const last = new Map<string, { readonly id: PartitionId; eventTime: number }>()
    for (const item of items) {
      const id = item.kind === 'message' ? item.message.position : item.position
      const known = last.get(partitionKey(id))
      if (!known) last.set(partitionKey(id), { id, eventTime: item.eventTime })
      else known.eventTime = Math.max(known.eventTime, item.eventTime)
    }
    const lastRecordAt = this.#parts.clock.now()
    for (const [key, { id, eventTime }] of last) {
      if (!this.#eventTimes.has(key) || !Number.isFinite(eventTime)) continue
      const { topic, partition } = id
      const lag = this.#alignment.lag(id)
      this.#progress.set(key, { topic, partition, eventTime, lag, lastRecordAt })
    }
  }

  async #write(items: readonly Intaken[], outputs: readonly OutputRecord[]): Promise<void> {
    const { sink, emit, clock, signal } = this.#parts
    const began = performance.now()
    try {
      if (outputs.length > 0) await sink.write(outputs, signal)
    } catch (error) {
      // What the sink refuses for good would be refused again: it is told, and the rest goes on.
      if (!(error instanceof SigwatchError) || error.code !== 'SINK_REFUSED') {
        this.#writeFailure ??= error
        return
      }
      emit({ name: 'failed', code: error.code, reason: error.message })
    }
    emit({ name: 'stage_timed', stage: 'sink', seconds: (performance.now() - began) / 1000 })
    const now = clock.now()
    const alerted = new Set<string>()
    for (const o of outputs)
      if (o.channel === 'alerts' && o.key?.startsWith('message:')) alerted.add(o.key.slice(8))
    const seconds: number[] = []
    for (const item of items) {
      if (item.kind === 'rejected') this.#checkpoint.settle(item.position)
      else {
        for (const origin of item.message.origins) this.#checkpoint.settle(origin.position)
        if (alerted.has(item.message.id)) seconds.push(Math.max(0, now - item.message.receivedAt) / 1000)
      }
    }
    if (seconds.length > 0 && this.#parts.partClock === 'append') emit({ name: 'alert_latency', seconds })
  }

  #report(items: readonly Intaken[]): void {
    const totals = { records: 0, messages: 0, bytes: 0, blocked: 0, partial: 0, joinedParts: 0 }
    for (const item of items) {
      totals.bytes += item.bytes
      if (item.kind === 'rejected') {
        totals.records++
        continue
      }
      const { message } = item
      totals.messages++
      totals.records += message.origins.length
      if (message.record.blocked) totals.blocked++
      if (message.partial) totals.partial++
      if (message.origins.length > 1) totals.joinedParts += message.origins.length
    }
    this.#parts.emit({ name: 'batch_processed', ...totals })
  }

  async #commit(): Promise<void> {
    const moved: Position[] = this.#checkpoint.advance()
    if (moved.length > 0) await this.#parts.source.commit(moved)
  }
}
