import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../../domain/errors.ts'
import { type Checkpointed, type PartitionId, partitionKey, type SourceHandler } from '../../domain/ports.ts'
import type { RunningTime } from '../../domain/running-time.ts'
import { whenAborted } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload } from '../kafka/client.ts'
import { didNotFit, metadataOf } from '../kafka/commit-metadata.ts'
import { Commits, type CommitTarget } from '../kafka/commits.ts'
import { followCoordinator } from '../kafka/follow-coordinator.ts'
import type { GroupStart } from '../kafka/start-offsets.ts'
import { Assignment } from './assignment.ts'
import { AssignmentStart } from './assignment-start.ts'
import { BatchReader } from './batch-reader.ts'
import { BrokerWatch } from './broker-watch.ts'
import { JoinWatch } from './join-watch.ts'
import type { MemberOptions } from './member-options.ts'

export interface MemberParts {
  readonly options: MemberOptions
  readonly handler: SourceHandler
  readonly start: GroupStart
  /** Numbers assignments across consecutive members. */
  readonly nextEpoch: () => number
  readonly failed: (error: unknown) => void
  readonly alive: () => void
  readonly progressed: () => void
  /** Called when a broker has answered a fetch of an assignment that is read. */
  readonly served: () => void
  readonly time: RunningTime
  readonly stopping: AbortSignal
}

/** Time limit for closing a consumer that is in no group, ms. */
const LEAVE_WITHIN = 1_000
/**
 * Maximum bytes per partition in a fetch, unless a single producer batch is larger. The client parses a whole response
 * at once and keeps its bytes while any of its records is in use; admission holds no more of a partition either.
 */
const FETCH_BYTES = 1 << 18

/** One consumer of the client from start to end, with its assignments. */
export class GroupMember {
  readonly #parts: MemberParts
  readonly #commits: Commits
  readonly #reader: BatchReader
  readonly #begin: AssignmentStart
  readonly brokers: BrokerWatch
  #consumer: Consumer | undefined
  #assignment: Assignment | undefined
  #releasing: Promise<void> | undefined
  #joined = false
  #over = false
  readonly #join: JoinWatch
  /** The client's function for a single commit attempt, which it passes with every batch. */
  #commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  #abandon: (reason: unknown) => void = () => {}

  constructor(parts: MemberParts) {
    this.#parts = parts
    this.brokers = new BrokerWatch(() => parts.time.now())
    this.#join = new JoinWatch((reason) => this.#abandon(reason), parts.options.sessionTimeout)
    this.#commits = new Commits({
      target: () => this.#commitTarget(),
      leaveWithin: parts.options.commitWithin,
    })
    this.#reader = new BatchReader({
      options: parts.options,
      handler: parts.handler,
      assignment: () => this.#assignment,
      released: () => this.#releasing ?? Promise.resolve(),
      seek: (position) => this.#consumer?.seek({ ...position, offset: String(position.offset) }),
      restart: (reason) => this.#abandon(reason),
      failed: parts.failed,
      progressed: parts.progressed,
      stopping: parts.stopping,
    })
    this.#begin = new AssignmentStart({
      ...parts,
      holds: (assignment) => this.#assignment === assignment && !assignment.ending,
      restart: (reason) => this.#abandon(reason),
    })
  }

  get joined(): boolean {
    return this.#joined
  }

  get assignment(): Assignment | undefined {
    return this.#assignment
  }

  /** Start times of the batches that wait for the handler, epoch ms; empty if there are none. */
  handling(): readonly number[] {
    return this.#reader.handling()
  }

  commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void> {
    return this.#commits.commit(checkpoints, epoch)
  }

  /** How long an offset has waited to be committed, ms. */
  uncommittedFor(): number {
    return this.#commits.waitingFor()
  }

  /** Ends this member so that a new one joins in its place. */
  rejoin(reason: unknown): void {
    this.#abandon(reason)
  }

  /** Resolves with the error that ended it, or with undefined when it is stopped. */
  async live(): Promise<unknown> {
    const { connection, groupId, heartbeatInterval, sessionTimeout, giveUpWithin } = this.#parts.options
    followCoordinator()
    const consumer = connection.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval,
      // Brokers answer as soon as there is a record; this limits how long `stop` waits for an empty fetch.
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: FETCH_BYTES,
      mayJoin: () => this.#mayJoin(),
    })
    this.#consumer = consumer
    const crashed = this.#listen(consumer)
    const abandoned = new Promise<unknown>((resolve) => {
      this.#abandon = resolve
    })
    const started = this.#start(consumer)
    const failedToStart = new Promise<unknown>((resolve) => started.catch(resolve))

    const over = new AbortController()
    const stopped = whenAborted(this.#parts.stopping, over.signal)
    const error = await Promise.race([crashed, abandoned, stopped, failedToStart])
    over.abort()
    this.#over = true
    const limit = this.#joined ? giveUpWithin : LEAVE_WITHIN
    this.#joined = false
    await this.#release()
    this.#consumer = undefined
    const left = consumer.disconnect().catch(() => undefined)
    // A start in progress would join the group again after the member left.
    const leftAgain = started.then(() => consumer.disconnect()).catch(() => undefined)
    await Promise.race([Promise.all([left, leftAgain]), sleep(limit, undefined, { ref: false })])
    return error
  }

  async #start(consumer: Consumer): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#parts.options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: (payload) => {
        this.#commitOnce = payload.commitOffsetsIfNecessary
        return this.#reader.read(payload)
      },
    })
  }

  /** Listens to the events of the client; resolves with the error that ended it. */
  #listen(consumer: Consumer): Promise<unknown> {
    const { CRASH, END_BATCH_PROCESS, FETCH, FETCH_START, GROUP_JOIN, HEARTBEAT } = consumer.events
    consumer.on(FETCH_START, ({ payload }) => {
      this.brokers.asked(String(payload.nodeId))
      this.#join.fetching()
    })
    consumer.on(HEARTBEAT, () => this.#join.counted())
    consumer.on(FETCH, ({ payload }) => {
      this.brokers.answered(String(payload.nodeId))
      this.#parts.alive()
      if (this.#assignment?.preparing === false) this.#parts.served()
    })
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#reader.passOver(payload)
    })
    consumer.on(GROUP_JOIN, ({ payload }) => {
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, ids]) =>
        ids.map((partition) => ({ topic, partition })),
      )
      this.#assign(consumer, partitions)
    })
    return new Promise((resolve) => {
      consumer.on(CRASH, ({ payload }) => resolve(payload.error))
    })
  }

  #assign(consumer: Consumer, partitions: readonly PartitionId[]): void {
    // A join in progress when this member was given up.
    if (this.#over) return
    this.brokers.reset()
    this.#parts.alive()
    this.#joined = true
    this.#join.ended()
    if (partitions.length === 0) {
      // Cancels pending takeovers: the partitions now belong to other members.
      void this.#parts.options.takeOver?.([], this.#parts.nextEpoch())
      return
    }
    const assignment = new Assignment(this.#parts.nextEpoch(), partitions)
    this.#assignment = assignment
    assignment.ready = this.#begin
      .run(consumer, assignment)
      .catch((error: unknown) => this.#parts.failed(error))
  }

  /** Called before a join: true if nothing is held any more; otherwise starts to give it up. */
  #mayJoin(): boolean {
    this.#joined = false
    if (this.#assignment === undefined) {
      this.#join.begun()
      return true
    }
    void this.#release()
    return false
  }

  /** Gives up the partitions held: the handler settles and commits, within a time limit. */
  #release(): Promise<void> {
    this.#releasing ??= this.#giveUp().finally(() => {
      this.#releasing = undefined
    })
    return this.#releasing
  }

  async #giveUp(): Promise<void> {
    const assignment = this.#assignment
    if (!assignment) return
    assignment.ending = true
    const revoked = (async () => {
      await assignment.ready
      const { announced, epoch } = assignment
      if (announced.length > 0) await this.#parts.handler.revoked(announced, epoch)
    })().catch((error: unknown) => this.#parts.failed(error))
    await Promise.race([revoked, sleep(this.#parts.options.giveUpWithin, undefined, { ref: false })])
    this.#assignment = undefined
  }

  #commitTarget(): CommitTarget | undefined {
    const assignment = this.#assignment
    if (!assignment) return undefined
    return {
      epoch: assignment.epoch,
      holds: (id) => this.#assignment === assignment && assignment.holds(id),
      get ending() {
        return assignment.ending
      },
      commit: (checkpoints) => this.#commit(checkpoints, assignment),
      expelled: (error) => this.#abandon(error),
    }
  }

  /**
   * One attempt per call. The client's own `commitOffsets` retries with whatever generation the member has by then:
   * offsets acknowledged in one assignment would set back the commits of another.
   */
  async #commit(checkpoints: readonly Checkpointed[], assignment: Assignment): Promise<void> {
    if (!this.#commitOnce) throw new SigwatchError('INTERNAL', 'a commit before the first batch')
    const topics = [...new Set(checkpoints.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: checkpoints
        .filter((checkpoint) => checkpoint.topic === topic)
        .map(({ partition, offset, written = [] }) => {
          const { text, left } = metadataOf(assignment.topicId(topic), { offset, written })
          if (left > 0) {
            const message = didNotFit(partitionKey({ topic, partition }), left)
            this.#parts.options.emit({ name: 'warning', message })
          }
          return { partition, offset: String(offset), metadata: text }
        }),
    }))
    await this.#commitOnce({ topics })
  }
}
