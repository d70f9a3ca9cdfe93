import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Position, RawRecord } from '../domain/message.ts'
import { type PartitionId, partitionKey, type Source, type SourceHandler } from '../domain/ports.ts'
import { backOff } from '../kafka/backoff.ts'
import type { Consumer, EachBatchPayload, KafkaConnection } from '../kafka/client.ts'
import { Commits } from '../kafka/commits.ts'
import { failureKind, reasonOf } from '../kafka/errors.ts'
import { placeNewGroup, type StartFrom } from '../kafka/start-offsets.ts'

export interface KafkaSourceOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly topics: readonly string[]
  /** For a group that has committed nothing. */
  readonly startFrom: StartFrom
  readonly emit: Emit
  /** Records handed over at once, at most. */
  readonly chunk?: number
  /** Without progress for so long, ms, it says `consumer_stalled` and is not ready. */
  readonly stalledAfter?: number
  readonly heartbeatInterval?: number
  readonly sessionTimeout?: number
}

/** Partitions held between two rebalances. The client reads all of them anew after each, so they are given up whole. */
interface Assignment {
  readonly partitions: readonly PartitionId[]
  readonly keys: ReadonlySet<string>
  /** Resolves when the handler is prepared for them; true until then. */
  ready: Promise<void>
  preparing: boolean
  /** The handler was told of them, and so must be told when they go. */
  told: boolean
  /** Nothing more is handed over. */
  ending: boolean
}

const PART = 'source'
const CHUNK = 512
const STALLED_AFTER = 30_000
/** A member fetches ten times a second: after so long without an answer the brokers are gone. */
const SILENT_AFTER = 3_000
/** How long a rebalance is held up by what is in flight; the broker allows 60 s. */
const GIVE_UP_WITHIN = 10_000
/**
 * A member that vanished holds its partitions for so long. The client cannot take its place up again after it lost all
 * brokers, so this is also what an outage lasts beyond its end.
 */
const SESSION = 10_000
/** How long a consumer that is in no group may take to close. */
const LEAVE_WITHIN = 1_000
const NOTHING = Buffer.alloc(0)

/**
 * Reads topics as a member of a consumer group. Records are handed over in order within a partition; the fetch position
 * moves with what was taken in, the commit with what was acknowledged. The next fetch waits until the handler has taken
 * everything in, while heartbeats go on, so a slow handler is never thrown out of the group and never flooded.
 *
 * A failure of the brokers is waited out for ever; `run` rejects only for what a person must change, and for what the
 * handler throws.
 */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions
  readonly #commits: Commits
  readonly #stopping = new AbortController()
  #handler: SourceHandler | undefined
  #consumer: Consumer | undefined
  #assignment: Assignment | undefined
  #releasing: Promise<void> | undefined
  #joined = false
  #failure: unknown
  #running: Promise<void> | undefined
  #progressAt = Date.now()
  /** When each batch in the handler's hands last went on. */
  readonly #handling = new Map<object, number>()

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#commits = new Commits({
      consumer: () => this.#consumer,
      holds: (id) => this.#assignment?.keys.has(partitionKey(id)) ?? false,
      leaving: () => this.#assignment?.ending ?? true,
    })
  }

  run(handler: SourceHandler): Promise<void> {
    this.#handler = handler
    this.#running ??= this.#live()
    return this.#running
  }

  /** See Source. Offsets of partitions that are not held any more are ignored. */
  commit(checkpoints: readonly Position[]): Promise<void> {
    return this.#commits.commit(checkpoints)
  }

  /** Settles and commits what is in flight (10 s at most), then leaves the group, so that others take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running?.catch(() => undefined)
  }

  unready(): readonly string[] {
    const reasons: string[] = []
    const lost = this.#options.connection.health.reason(PART)
    if (lost !== undefined) reasons.push(`kafka: ${lost}`)
    else if (!this.#joined) reasons.push('kafka: joining the consumer group')
    else if (this.#assignment?.preparing) reasons.push('kafka: preparing for the assigned partitions')
    const stalled = this.#stalledFor()
    if (this.#joined && stalled > 0) reasons.push(`kafka: no progress for ${Math.round(stalled / 1000)} s`)
    return reasons
  }

  #stalledFor(): number {
    const since = this.#handling.size > 0 ? Math.min(...this.#handling.values()) : this.#progressAt
    const idle = Date.now() - since
    return idle >= (this.#options.stalledAfter ?? STALLED_AFTER) ? idle : 0
  }

  async #live(): Promise<void> {
    const { emit, connection, stalledAfter = STALLED_AFTER } = this.#options
    const watchdog = setInterval(() => {
      const stalled = this.#stalledFor()
      if (stalled > 0) emit({ name: 'consumer_stalled', seconds: stalled / 1000 })
    }, stalledAfter)
    const listener = setInterval(() => {
      const silent = Date.now() - this.#progressAt
      if (this.#joined && this.#handling.size === 0 && silent > SILENT_AFTER) {
        connection.health.lost(PART, 'fetches are not answered')
      }
    }, SILENT_AFTER / 3)
    try {
      for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
        const began = Date.now()
        const error = await this.#consume()
        if (this.#stopping.signal.aborted) break
        if (failureKind(error) === 'permanent') {
          throw new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reasonOf(error)}`, { cause: error })
        }
        connection.health.lost(PART, reasonOf(error))
        if (Date.now() - began > 60_000) attempt = 0
        await backOff(attempt, this.#stopping.signal)
      }
    } finally {
      clearInterval(watchdog)
      clearInterval(listener)
      connection.health.forget(PART)
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The life of one consumer: resolves with what ended it, or when it is stopped. */
  async #consume(): Promise<unknown> {
    const { connection, groupId, topics, heartbeatInterval = 1_000, sessionTimeout = SESSION } = this.#options
    const consumer = connection.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval,
      // The broker answers as soon as there is a record; this bounds how long `stop` waits for an empty fetch.
      maxWaitTimeInMs: 100,
      mayJoin: () => this.#mayJoin(),
    })
    const { CRASH, END_BATCH_PROCESS, FETCH, GROUP_JOIN } = consumer.events
    consumer.on(FETCH, () => {
      this.#progressed()
      connection.health.restored(PART)
    })
    consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, offsetLag } }) => {
      const id = { topic, partition }
      if (batchSize === 0 && this.#assignment?.keys.has(partitionKey(id)))
        this.#handler?.skipped?.(id, Math.max(0, Number(offsetLag)))
    })
    consumer.on(GROUP_JOIN, ({ payload }) => {
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, ids]) =>
        ids.map((partition) => ({ topic, partition })),
      )
      this.#assign(consumer, partitions)
    })
    const crashed = new Promise<unknown>((resolve) => {
      consumer.on(CRASH, ({ payload }) => resolve(payload.error))
    })
    const stopped = new Promise<undefined>((resolve) => {
      if (this.#stopping.signal.aborted) resolve(undefined)
      this.#stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true })
    })
    const started = (async () => {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      this.#consumer = consumer
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 8,
        eachBatch: (payload) => this.#batch(payload),
      })
    })()
    const failedToStart = new Promise<unknown>((resolve) => started.catch(resolve))

    const error = await Promise.race([crashed, stopped, failedToStart])
    const limit = this.#joined ? GIVE_UP_WITHIN : LEAVE_WITHIN
    this.#joined = false
    await this.#release()
    this.#consumer = undefined
    const left = consumer.disconnect().catch(() => undefined)
    // A start that is still under way would join the group after it was left.
    const leftAgain = started.then(() => consumer.disconnect()).catch(() => undefined)
    await Promise.race([Promise.all([left, leftAgain]), sleep(limit, undefined, { ref: false })])
    return error
  }

  #progressed(): void {
    this.#progressAt = Date.now()
  }

  #assign(consumer: Consumer, partitions: readonly PartitionId[]): void {
    const { connection } = this.#options
    this.#progressed()
    connection.health.restored(PART)
    this.#joined = true
    if (partitions.length === 0) return
    const assignment: Assignment = {
      partitions,
      keys: new Set(partitions.map(partitionKey)),
      ready: Promise.resolve(),
      preparing: true,
      told: false,
      ending: false,
    }
    this.#assignment = assignment
    assignment.ready = this.#prepare(consumer, assignment).catch((error: unknown) => this.#fail(error))
  }

  async #prepare(consumer: Consumer, assignment: Assignment): Promise<void> {
    const { connection, groupId, startFrom } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        await placeNewGroup(connection, consumer, groupId, startFrom, assignment.partitions)
        break
      } catch (error) {
        const kind = failureKind(error)
        if (kind === 'permanent') throw error
        // Whoever gets the partitions next places them.
        if (kind === 'lost') assignment.ending = true
        if (assignment.ending) return
        await backOff(attempt, this.#stopping.signal)
      }
    }
    if (assignment.ending) return
    assignment.told = true
    await this.#handler?.assigned(assignment.partitions)
    assignment.preparing = false
    this.#progressed()
  }

  /** Before a join: true when nothing is held any more, else begins to give it up. */
  #mayJoin(): boolean {
    this.#joined = false
    if (this.#assignment === undefined) return true
    void this.#release()
    return false
  }

  /** Gives up what is held: the handler settles and commits, within a limit. */
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
      if (assignment.told) await this.#handler?.revoked(assignment.partitions)
    })().catch((error: unknown) => this.#fail(error))
    await Promise.race([revoked, sleep(GIVE_UP_WITHIN, undefined, { ref: false })])
    this.#assignment = undefined
  }

  /** The handler cannot go on: `run` will reject with this. */
  #fail(error: unknown): void {
    this.#failure ??= error ?? new SigwatchError('INTERNAL', 'the handler failed')
    this.#stopping.abort()
  }

  /**
   * Hands one batch over. Never throws: the client would read the batch again and restart, for ever. Returning before
   * everything is resolved leaves the rest to the next fetch, or to the next owner.
   */
  async #batch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale, pause } = payload
    const assignment = this.#assignment
    if (!assignment?.keys.has(partitionKey(batch))) return
    const ending = () => assignment.ending || this.#stopping.signal.aborted
    const beat = this.#beat(heartbeat)
    this.#handling.set(beat, Date.now())
    try {
      if (assignment.preparing && (await beat.during(assignment.ready)) === 'lost') return
      const { topic, partition, messages } = batch
      const end = Number(batch.highWatermark)
      const size = this.#options.chunk ?? CHUNK
      for (let from = 0; from < messages.length; from += size) {
        if (ending() || !isRunning() || isStale()) break
        const records: RawRecord[] = []
        for (const m of messages.slice(from, from + size)) {
          records.push({
            position: { topic, partition, offset: Number(m.offset) },
            timestamp: Number(m.timestamp),
            value: m.value ?? NOTHING,
          })
        }
        const last = records.at(-1)!.position.offset
        // Behind the last record there may be ends of transactions, which are none.
        const read = from + size < messages.length ? last : Number(batch.lastOffset())
        const taken = this.#handler!.records(records, Math.max(0, end - 1 - read))
        if ((await beat.during(taken)) === 'lost') return
        resolveOffset(String(last))
        this.#handling.set(beat, Date.now())
      }
      // What was left would be fetched again at once, and again, while the rest is being settled.
      if (ending()) await beat.during(this.#releasing ?? Promise.resolve())
      const full = this.#handler!.full?.({ topic, partition })
      if (full) void full.then(pause())
    } catch (error) {
      this.#fail(error)
    } finally {
      beat.end()
      this.#handling.delete(beat)
      this.#progressed()
    }
  }

  /** Keeps the membership alive while something is waited for. */
  #beat(heartbeat: () => Promise<void>) {
    let lose: (outcome: 'lost') => void = () => {}
    const lost = new Promise<'lost'>((resolve) => {
      lose = resolve
    })
    const { heartbeatInterval = 1_000 } = this.#options
    // The client sends one when it is due and skips the others.
    const timer = setInterval(() => {
      heartbeat().catch((error: unknown) => {
        if (failureKind(error) === 'lost') lose('lost')
      })
    }, heartbeatInterval / 2)
    return {
      during: (work: Promise<void>) => Promise.race([work, lost]),
      end: () => clearInterval(timer),
    }
  }
}

export function createKafkaSource(options: KafkaSourceOptions): KafkaSource {
  return new KafkaSource(options)
}
