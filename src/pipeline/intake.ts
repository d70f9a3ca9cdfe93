import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { RawRecord } from '../domain/message.ts'
import type {
  AssignedPartition,
  BoundedClock,
  PartitionId,
  RecordRun,
  Sink,
  Source,
  SourceHandler,
  Transactions,
} from '../domain/ports.ts'
import { RunningTime } from '../domain/running-time.ts'
import { AcknowledgedWriter } from './acknowledged-writer.ts'
import { Admission } from './admission.ts'
import { Assembly } from './assembly.ts'
import { Batcher, type BatchLimits } from './batcher.ts'
import { Checkpoint } from './checkpoint.ts'
import { backlogWaitsForCommits } from './commit-wait.ts'
import type { Decoded } from './decode.ts'
import { Ingress } from './ingress.ts'
import type { JoinParts } from './join-parts.ts'
import { Leaving } from './leaving.ts'
import { type Intaken, totalsOf } from './outputs.ts'
import { PartitionTracker } from './partition-tracker.ts'
import type { Write } from './pipeline.ts'
import { Preparation, type Prepare } from './preparation.ts'
import { TransactionalWriter } from './transactional-writer.ts'

export interface IntakeParts {
  readonly source: Source
  readonly sink: Sink
  /** If present, outputs are written in transactions and the source does not commit. */
  readonly transactions?: Transactions
  readonly decode: (raw: RawRecord) => Decoded
  /** Called before records are decoded: see Preparation. */
  readonly prepare?: Prepare
  readonly join: JoinParts
  /** Processes a batch and passes its output records to `write`. */
  readonly process: (items: readonly Intaken[], write: Write) => Promise<void>
  /** Called when a batch has grown, or is complete and waits for the previous one. */
  readonly readAhead?: (items: readonly Intaken[]) => void
  /** Called before a batch with the event time of its start: the embedded mode sweeps states here. */
  readonly beforeBatch?: (eventTime: number, partition: PartitionId) => Promise<void>
  /** Called before the first record of these partitions, to read the counted offsets. */
  readonly assigned?: (partitions: readonly AssignedPartition[]) => Promise<void>
  readonly revoked?: (partitions: readonly PartitionId[]) => void
  readonly clock: BoundedClock
  /** Asks for the time again before a record is considered ahead of it. */
  readonly confirmTime?: () => Promise<void>
  readonly emit: Emit
  readonly limits: BatchLimits
  /** Parts are timed by the Kafka timestamps of their records or, in the embedded mode, by event time. */
  readonly partClock: 'append' | 'event'
  readonly signal: AbortSignal
  /** Clock for the silence of partitions, ms. It stops while the process does, as records wait in the socket meanwhile. */
  readonly running?: Pick<RunningTime, 'now' | 'stop'>
  /**
   * Time limit for settling records in flight when partitions are given up, ms. Work that has not begun after a fifth
   * of it is left to the next owner.
   */
  readonly revokeWithin?: number
}

/** Commits a partition at most four times a second; outputs written in between are repeated after a crash. */
const COMMIT_EVERY = 250
const SILENCE_CHECK_EVERY = 1_000
const REVOKE_WITHIN = 5_000

/**
 * The path of records from the source to their commit: decoded, joined, processed in batches and written. They are
 * committed when the sink has acknowledged their outputs, never before.
 */
export class Intake implements SourceHandler {
  readonly #parts: IntakeParts
  readonly #checkpoint = new Checkpoint()
  readonly #admission: Admission
  readonly #batcher: Batcher<Intaken>
  readonly #writer: Pick<AcknowledgedWriter, 'failure' | 'write'>
  readonly #transactional: TransactionalWriter | undefined
  readonly #assembly: Assembly
  readonly #ingress: Ingress
  readonly #preparation: Preparation
  readonly #leaving: Leaving
  readonly partitions: PartitionTracker
  #revoked = Number.NEGATIVE_INFINITY
  /** The intake is ending, and further records are left to the next owner. */
  #leavesAlone = false

  constructor(parts: IntakeParts) {
    const { limits, clock, sink, emit, signal, join, partClock } = parts
    const checkpoint = this.#checkpoint
    this.#parts = parts
    this.#leaving = new Leaving(parts.revokeWithin ?? REVOKE_WITHIN)
    this.#batcher = new Batcher(limits, (items, done) => this.#work(items, done), {
      aside: parts.transactions && (() => this.#transactional!.aside()),
      gathered: parts.readAhead,
    })
    this.#admission = new Admission({
      room: () => this.#batcher.room(),
      admit: (id, run) => this.#assembly.take(id, run),
      clock,
    })
    this.partitions = new PartitionTracker(this.#admission)
    const { partitions } = this
    const timed = partClock === 'append'
    this.#ingress = new Ingress({ decode: parts.decode, partitions, clock, emit, timed })
    this.#preparation = new Preparation({
      prepare: parts.prepare ?? (() => true),
      pass: (run) => this.#admit(run),
      leave: () => {
        this.#leavesAlone = true
      },
    })
    this.#assembly = new Assembly({
      join,
      batcher: this.#batcher,
      checkpoint,
      partitions,
      emit,
      partClock,
    })
    const lost = (error: unknown) => parts.source.rejoin?.(error)
    const { transactions } = parts
    const held = (id: PartitionId, isHeld: boolean) => this.#hold(id, isHeld)
    this.#transactional =
      transactions &&
      new TransactionalWriter({ transactions, sink, checkpoint, clock, emit, signal, lost, held })
    this.#writer =
      this.#transactional ?? new AcknowledgedWriter({ sink, checkpoint, clock, emit, timed, signal })
  }

  /** Reads the source to its end, or until stopped; resolves when all records taken are settled and committed. */
  async run(): Promise<void> {
    const { source, partClock } = this.#parts
    const committing = setInterval(() => void this.#commit(), COMMIT_EVERY)
    const endSilence = partClock === 'append' ? this.#watchSilence() : () => {}
    try {
      await source.run(this)
      await this.#preparation.settled()
      await this.#admission.end()
      this.#assembly.flushAll()
      await this.#batcher.drain()
      if (this.#writer.failure !== undefined) throw this.#writer.failure
    } finally {
      clearInterval(committing)
      endSilence()
      this.#admission.stop()
      await this.#commit()
    }
  }

  /** Checks every second for partitions that have become silent; returns a function that stops it. */
  #watchSilence(): () => void {
    const running = this.#parts.running ?? new RunningTime()
    const timer = setInterval(() => this.#assembly.flushSilent(running.now()), SILENCE_CHECK_EVERY)
    return () => {
      clearInterval(timer)
      running.stop()
    }
  }

  async assigned(partitions: readonly AssignedPartition[], epoch: number): Promise<void> {
    if (epoch < this.#checkpoint.epoch) return
    if (epoch > this.#checkpoint.epoch) {
      this.#end(this.partitions.partitions())
      this.#checkpoint.begin(epoch)
      this.#leaving.leave(epoch - 1)
    }
    for (const id of partitions) {
      this.#admission.assign(id)
      this.#checkpoint.assign(id, id.startOffset, id.written)
      this.partitions.assign(id, performance.now())
      this.#transactional?.assign(id, epoch)
    }
    this.#assembly.begin()
    this.#parts.emit({ name: 'partitions_assigned', count: partitions.length })
    await this.#parts.assigned?.(partitions)
  }

  /**
   * Settles what is in flight within a few seconds. Work that has not begun after the first second, or is not settled
   * by then, is left to the next owner.
   */
  async revoked(partitions: readonly PartitionId[], epoch: number): Promise<void> {
    const isHeld = () => epoch === this.#checkpoint.epoch
    if (!isHeld()) return
    this.#revoked = epoch
    for (const id of partitions) {
      this.#preparation.drop(id)
      this.#admission.drop(id)
      this.#assembly.drop(id)
    }
    await this.#leaving.settle(epoch, () => this.#batcher.drain())
    if (isHeld()) await this.#commit()
    if (isHeld()) this.#end(partitions)
  }

  async records(run: RecordRun): Promise<void> {
    const { partition, epoch, records } = run
    if (epoch > this.#checkpoint.epoch) {
      const place = `${partition.topic}/${partition.partition}`
      throw new SigwatchError('OFFSET_GAP', `${place}: records of assignment ${epoch}, which has not begun`)
    }
    if (epoch < this.#checkpoint.epoch || records.length === 0) return
    await this.#preparation.take(run)
  }

  skipped(id: PartitionId, lag: number): void {
    const waiting = this.#preparation.full(id)
    if (waiting) {
      // Waiting records come before it.
      const { epoch } = this.#checkpoint
      void waiting.then(() => epoch === this.#checkpoint.epoch && this.skipped(id, lag))
      return
    }
    this.#admission.toCome(id, lag)
    this.partitions.skipped(id)
  }

  /** See SourceHandler: enough of the partition is buffered until partitions behind it catch up. */
  full(id: PartitionId): Promise<void> | undefined {
    return this.#preparation.full(id) ?? this.#admission.full(id)
  }

  /** Makes records between these event times wait for other instances, until the next call. */
  wait(span: Parameters<Admission['wait']>[0]): void {
    this.#admission.wait(span)
  }

  get inFlight(): number {
    return this.#batcher.inFlight
  }

  /** Reasons for `/readyz`: partitions whose writes hang. */
  unready(): readonly string[] {
    return this.#transactional?.unready() ?? []
  }

  /** How long the oldest record has been unsettled, ms. */
  oldestPending(): number {
    const since = this.#checkpoint.pendingSince()
    return since === undefined ? 0 : Math.max(0, performance.now() - since)
  }

  /** Decodes and admits the records, unless another instance has the partition now and reads them again. */
  async #admit({ partition, epoch, from, records, lag }: RecordRun): Promise<void> {
    // The process may have been paused for minutes, and its clock with it.
    if (this.#parts.confirmTime && this.#ingress.isAhead(records)) await this.#parts.confirmTime()
    if (this.#leavesAlone || epoch < this.#checkpoint.epoch || epoch <= this.#revoked) return
    const arrived = this.#ingress.read(partition, records, from)
    await this.#admission.push(partition, arrived, lag)
  }

  /** These partitions are no longer read here. */
  #end(partitions: readonly PartitionId[]): void {
    if (partitions.length === 0) return
    for (const id of partitions) {
      this.#preparation.drop(id)
      this.#admission.drop(id)
      this.#assembly.drop(id)
      this.#transactional?.drop(id)
      this.#checkpoint.forget(id)
      this.partitions.drop(id)
    }
    this.#parts.revoked?.(partitions)
    this.#parts.emit({ name: 'partitions_revoked', count: partitions.length })
  }

  #hold(id: PartitionId, isHeld: boolean): void {
    if (isHeld) this.#admission.hold(id)
    else this.#admission.release(id)
    this.#batcher.wake()
  }

  async #work(gathered: Intaken[], done: (count: number) => void): Promise<void> {
    const { source, clock, signal } = this.#parts
    const isOver = () => signal.aborted || this.#leaving.kept(gathered) !== gathered
    await backlogWaitsForCommits(gathered, { source, clock, isOver })
    const items = this.#leaving.kept(gathered)
    if (items.length < gathered.length) done(gathered.length - items.length)
    if (items.length === 0) return
    const first = items.find((item) => item.kind === 'message')
    if (first) await this.#parts.beforeBatch?.(first.eventTime, first.message.position)
    await this.#parts.process(items, (records) => {
      this.partitions.passed(items, this.#checkpoint.epoch, performance.now())
      this.#parts.emit({ name: 'batch_processed', ...totalsOf(items) })
      return this.#writer.write(items, records, done)
    })
  }

  /** Commits what has advanced; resolves when earlier commits are answered as well. */
  async #commit(): Promise<void> {
    if (this.#transactional) return
    await this.#parts.source.commit(this.#checkpoint.advance(), this.#checkpoint.epoch)
  }
}
