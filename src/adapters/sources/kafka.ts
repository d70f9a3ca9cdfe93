import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import type { Checkpointed, Source, SourceHandler } from '../../domain/ports.ts'
import { RunningTime } from '../../domain/running-time.ts'
import { MINUTE } from '../../domain/time.ts'
import { backOff } from '../kafka/backoff.ts'
import type { KafkaConnection } from '../kafka/client.ts'
import { mustBeChanged, reasonOf } from '../kafka/errors.ts'
import { GroupStart, type StartFrom } from '../kafka/start-offsets.ts'
import { GroupMember } from './group-member.ts'
import type { MemberOptions } from './member-options.ts'

export interface KafkaSourceOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly topics: readonly string[]
  readonly startFrom: StartFrom
  readonly emit: Emit
  /** Maximum number of records handed over together. */
  readonly chunk?: number
  /** Time without progress after which it emits `consumer_stalled` and is not ready, ms. */
  readonly stalledAfter?: number
  readonly heartbeatInterval?: number
  readonly sessionTimeout?: number
  readonly giveUpWithin?: number
  readonly commitWithin?: number
  readonly takeOver?: MemberOptions['takeOver']
  readonly appended?: MemberOptions['appended']
}

const PART = 'source'
const STALLED_AFTER = 30_000
/** A member fetches ten times a second: a broker without an answer for this time, ms, is considered gone. */
const SILENT_AFTER = 3_000
const DEFAULTS = {
  chunk: 512,
  heartbeatInterval: 1_000,
  /**
   * Session timeout, ms: how long a vanished member keeps its partitions. The client cannot resume its membership after
   * losing all brokers, so this also prolongs an outage.
   */
  sessionTimeout: 10_000,
  giveUpWithin: 10_000,
  commitWithin: 2_000,
}

/**
 * Reads topics as a member of a consumer group. Records of a partition are handed over in order and without gaps. The
 * fetch position advances with what was accepted, the commit with what was acknowledged. The next fetch waits until the
 * handler has accepted everything, while heartbeats continue, so a slow handler is neither expelled from the group nor
 * flooded.
 *
 * Broker failures are waited out indefinitely; `run` rejects only with errors of the handler, and before the first answer
 * to a fetch with errors that a person must fix, such as a missing right. Later ones are waited out too: a right that is
 * withdrawn by mistake must not end every instance at once.
 */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions
  readonly #member: MemberOptions
  readonly #start: GroupStart
  readonly #stopping = new AbortController()
  #current: GroupMember | undefined
  #epoch = 0
  #failure: unknown
  /** A fetch has been answered: rights and login were once sufficient. */
  #served = false
  #running: Promise<void> | undefined
  #progressAt = performance.now()
  readonly #time = new RunningTime()
  /** Running time of the last answer to a fetch. */
  #heardAt = this.#time.now()
  /** Duration of the stall that was last reported, ms. */
  #stalled = 0

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#member = { ...DEFAULTS, ...options }
    this.#start = new GroupStart(options.connection, options.groupId, options.startFrom)
  }

  run(handler: SourceHandler): Promise<void> {
    this.#running ??= this.#live(handler)
    return this.#running
  }

  /** See Source. Offsets of partitions that are no longer held are ignored. */
  async commit(checkpoints: readonly Checkpointed[], epoch?: number): Promise<void> {
    await this.#current?.commit(checkpoints, epoch)
  }

  uncommittedFor(): number {
    return this.#current?.uncommittedFor() ?? 0
  }

  rejoin(reason: unknown): void {
    this.#current?.rejoin(reason)
  }

  /** Settles and commits what is in flight (10 s at most), then leaves the group so that others take over immediately. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running?.catch(() => undefined)
  }

  unready(): readonly string[] {
    const member = this.#current
    const reasons: string[] = []
    const lost = this.#options.connection.health.reason(PART)
    if (lost !== undefined) reasons.push(`kafka: ${lost}`)
    else if (!member?.joined) reasons.push('kafka: joining the consumer group')
    else if (member.assignment?.preparing) reasons.push('kafka: preparing for the assigned partitions')
    if (!member?.joined) return reasons
    for (const { node, ms } of member.brokers.silent(SILENT_AFTER))
      reasons.push(`kafka: broker ${node} has not answered for ${Math.round(ms / 1000)} s`)
    for (const { topic, partition } of member.assignment?.leaderless() ?? [])
      if (!member.assignment?.preparing) reasons.push(`kafka: no leader for ${topic}/${partition}`)
    for (const { topic, partition } of member.assignment?.withheld() ?? [])
      reasons.push(`kafka: ${topic}/${partition} is not taken over yet`)
    const uncommitted = member.uncommittedFor()
    if (uncommitted > SILENT_AFTER)
      reasons.push(`kafka: no commit has succeeded for ${Math.round(uncommitted / 1000)} s`)
    const stalled = this.#stalledFor()
    if (stalled > 0) reasons.push(`kafka: no progress for ${Math.round(stalled / 1000)} s`)
    return reasons
  }

  #stalledFor(): number {
    const handling = this.#current?.handling() ?? []
    const idle = performance.now() - (handling.length > 0 ? Math.min(...handling) : this.#progressAt)
    return idle >= (this.#options.stalledAfter ?? STALLED_AFTER) ? idle : 0
  }

  async #live(handler: SourceHandler): Promise<void> {
    const { connection } = this.#options
    const listener = setInterval(() => {
      this.#lookForSilence()
      this.#reportStalled()
    }, SILENT_AFTER / 3)
    try {
      for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
        const began = performance.now()
        const error = await this.#liveAsMember(handler)
        if (this.#stopping.signal.aborted) break
        if (!this.#served && mustBeChanged(error, connection.awaitsLogin)) {
          throw new SigwatchError('KAFKA_UNREACHABLE', `Kafka refuses: ${reasonOf(error)}`, { cause: error })
        }
        // A transaction that was lost to another producer is reported where it was; the brokers answer.
        if (!(error instanceof SigwatchError && error.code === 'TRANSACTION_LOST'))
          connection.health.lost(PART, reasonOf(error))
        if (performance.now() - began > MINUTE) attempt = 0
        await backOff(attempt, this.#stopping.signal)
      }
    } finally {
      clearInterval(listener)
      this.#time.stop()
      connection.health.forget(PART)
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #liveAsMember(handler: SourceHandler): Promise<unknown> {
    const member = new GroupMember({
      options: this.#member,
      handler,
      start: this.#start,
      nextEpoch: () => ++this.#epoch,
      failed: (error) => this.#fail(error),
      progressed: () => {
        this.#progressAt = performance.now()
        this.#heardAt = this.#time.now()
      },
      time: this.#time,
      served: () => {
        this.#served = true
      },
      alive: () => {
        this.#progressAt = performance.now()
        this.#heardAt = this.#time.now()
        this.#options.connection.health.restored(PART)
      },
      stopping: this.#stopping.signal,
    })
    this.#current = member
    try {
      return await member.live()
    } finally {
      this.#current = undefined
    }
  }

  #lookForSilence(): void {
    const member = this.#current
    const silent = this.#time.now() - this.#heardAt
    if (member?.joined && member.handling().length === 0 && silent > SILENT_AFTER) {
      this.#options.connection.health.lost(PART, 'fetches are not answered')
    }
  }

  /** Also reports a single silent broker: records from the others are no progress for its partitions. */
  #reportStalled(): void {
    const { emit } = this.#options
    const silent = this.#current?.joined ? this.#current.brokers.silent(SILENT_AFTER) : []
    const stalled = Math.max(this.#stalledFor(), ...silent.map(({ ms }) => ms))
    if (stalled > 0) emit({ name: 'consumer_stalled', seconds: stalled / 1000 })
    else if (this.#stalled > 0) emit({ name: 'consumer_resumed', seconds: this.#stalled / 1000 })
    this.#stalled = stalled
  }

  /** The handler cannot continue: `run` will reject with this error. */
  #fail(error: unknown): void {
    this.#failure ??= error ?? new SigwatchError('INTERNAL', 'the handler failed')
    this.#stopping.abort()
  }
}

export function createKafkaSource(options: KafkaSourceOptions): KafkaSource {
  return new KafkaSource(options)
}
