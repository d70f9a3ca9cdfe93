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
import type { Rejection } from '../stages/decode.ts'
import { isRejection } from '../stages/decode.ts'
import type { JoinParts } from '../stages/join-parts.ts'
import { Batcher, type BatchLimits } from './batcher.ts'
import { Checkpoint } from './checkpoint.ts'
import { EventTime } from './event-time.ts'
import { deadLetterOf, type Intaken } from './outputs.ts'
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

/** A batch ends with the bucket of event time, so that a backlog is judged as finely as live traffic. */
const BUCKET = 10_000
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
  readonly #buckets = new Map<string, number>()
  readonly #progress = new Map<string, Progress>()
  readonly #batcher: Batcher<Intaken>
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
      () => this.#admit(join.flushSilent(this.#parts.clock.now())),
      SILENCE_CHECK_EVERY,
    )
    if (this.#parts.partClock === 'event') clearInterval(silence)
    try {
      await source.run(this)
      this.#admit(join.flushAll())
      await this.#batcher.drain()
      if (this.#writeFailure !== undefined) throw this.#writeFailure
    } finally {
      clearInterval(committing)
      clearInterval(silence)
      await this.#commit()
    }
  }

  async assigned(partitions: readonly PartitionId[]): Promise<void> {
    for (const id of partitions) this.#eventTimes.set(partitionKey(id), new EventTime())
    await this.#parts.assigned?.(partitions)
    this.#parts.emit({ name: 'partitions_assigned', count: partitions.length })
  }

  /** Settles what is in flight within a few seconds; what is not settled by then is read again by the next owner. */
  async revoked(partitions: readonly PartitionId[]): Promise<void> {
    for (const id of partitions) this.#parts.join.drop(id)
    let timer: NodeJS.Timeout | undefined
    const budget = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REVOKE_BUDGET)
    })
    await Promise.race([this.#batcher.drain().catch(() => undefined), budget])
    clearTimeout(timer)
    await this.#commit()
    for (const id of partitions) {
      this.#checkpoint.forget(id)
      this.#eventTimes.delete(partitionKey(id))
      this.#buckets.delete(partitionKey(id))
      this.#progress.delete(partitionKey(id))
    }
    this.#parts.revoked?.(partitions)
    this.#parts.emit({ name: 'partitions_revoked', count: partitions.length })
  }

  async records(batch: readonly RawRecord[], lag: number | undefined): Promise<void> {
    await this.#batcher.room()
    const last = batch.at(-1)
    if (!last) return
    for (const raw of batch) this.#take(raw)
    const id: PartitionId = last.position
    this.#admitExpired(last)
    const eventTime = this.#eventTimeOf(id).value
    const { topic, partition } = last.position
    this.#progress.set(partitionKey(id), {
      topic,
      partition,
      eventTime,
      lag,
      lastRecordAt: this.#parts.clock.now(),
    })
  }

  /** Where every partition stands, for the watermark. */
  progress(): Progress[] {
    return [...this.#progress.values()]
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

  #take(raw: RawRecord): void {
    const { position, value, timestamp } = raw
    this.#checkpoint.take(position)
    const record = this.#parts.decode(raw)
    if (isRejection(record)) {
      this.#parts.emit({ name: 'dead_lettered', error: record.error, count: 1 })
      const output = deadLetterOf(value, position, 'decode', record.error, record.detail)
      this.#batcher.add({ kind: 'rejected', output, position, bytes: value.length }, value.length)
      return
    }
    const bucket = Math.floor(this.#eventTimeOf(position).observe(record.ts) / BUCKET)
    const key = partitionKey(position)
    if (bucket > (this.#buckets.get(key) ?? Number.POSITIVE_INFINITY)) {
      this.#admitExpired(raw)
      this.#batcher.flush()
    }
    this.#buckets.set(key, bucket)
    const arrived = this.#parts.partClock === 'append' ? timestamp : record.ts
    this.#admit(this.#parts.join.add(record, position, arrived))
  }

  #admit(messages: readonly Message[]): void {
    for (const message of messages) {
      const bytes = message.origins.reduce((sum, o) => sum + o.value.length, 0)
      const eventTime = this.#eventTimeOf(message.position).value
      this.#batcher.add({ kind: 'message', message, bytes, eventTime }, bytes)
    }
  }

  /** Lets go of the parts that have waited long enough when this record came. */
  #admitExpired({ position, timestamp }: RawRecord): void {
    const now = this.#parts.partClock === 'append' ? timestamp : this.#eventTimeOf(position).value
    this.#admit(this.#parts.join.flushExpired(position, now))
  }

  async #work(items: Intaken[], done: () => void): Promise<void> {
    const first = items.find((item) => item.kind === 'message')
    if (first) await this.#parts.beforeBatch?.(first.eventTime, first.message.position)
    const { outputs } = await this.#parts.process(items)
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
