import type { BlockTable } from '../../detection/blocking/block-table.ts'
import type { Failure } from '../../domain/blocking-events.ts'
import type { Emit } from '../../domain/events.ts'
import { MINUTE } from '../../domain/time.ts'
import type { MemoryPassBook } from '../../stores/passes/memory.ts'
import type { Doubt } from './decider.ts'
import type { Following } from './following.ts'
import type { KeyDoubts } from './key-doubts.ts'
import type { ServerClock } from './server-clock.ts'

export interface StandingOptions {
  readonly table: BlockTable
  readonly clock: Pick<ServerClock, 'now'>
  readonly following: Pick<Following, 'isRead' | 'silence' | 'unready'>
  readonly own: MemoryPassBook
  readonly keys: Pick<KeyDoubts, 'look'>
  readonly failure: Failure
  readonly isApart: () => boolean
  /** Called at each look: see Decider. */
  readonly regain: () => Promise<void>
  readonly emit: Emit
}

/** How long brokers may be silent before the table is doubted, ms. */
export const SILENT_AFTER = 2 * MINUTE
/** How long they may be silent before it is noted, ms. */
const NOTED_AFTER = 10_000
/** How long a start may take to read the table before it is logged as a failure, ms. */
const STARTS_WITHIN = 15_000
const LOOK_EVERY = 1_000
const SWEEP_EVERY = 10_000

/** Checks once a second whether the table can be trusted, reports changes to log and metrics, and removes expired entries. */
export class Standing {
  readonly #options: StandingOptions
  #doubt: Doubt | undefined = 'TABLE_UNREAD'
  #saidFailing = false
  #sweptAt = performance.now()
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(options: StandingOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref()
    this.#look()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  doubt(): Doubt | undefined {
    if (this.#doubt === 'TABLE_UNREAD' && this.#options.following.isRead) this.#doubt = undefined
    return this.#doubt
  }

  unready(): readonly string[] {
    const doubt = this.doubt()
    if (doubt === undefined) return []
    const { following } = this.#options
    const reasons = following.unready()
    if (doubt === 'BROKERS_SILENT')
      return [`kafka: no broker has answered for ${Math.round(following.silence().brokers / 1000)} s`]
    return reasons.length > 0 ? reasons : ['starting: waiting for Kafka']
  }

  /** A silence that is no doubt yet. */
  notes(): readonly string[] {
    const { brokers } = this.#options.following.silence()
    if (this.doubt() !== undefined || brokers < NOTED_AFTER) return []
    return [
      `kafka: no broker has answered for ${Math.round(brokers / 1000)} s; decisions go by what is known`,
    ]
  }

  #look(): void {
    const { table, clock, following, own, keys, failure, isApart, regain, emit } = this.#options
    void regain()
    const silence = following.silence()
    if (following.isRead) this.#doubt = silence.brokers > SILENT_AFTER ? 'BROKERS_SILENT' : undefined
    const now = clock.now()
    if (performance.now() - this.#sweptAt >= SWEEP_EVERY) {
      this.#sweptAt = performance.now()
      table.sweep(now)
      own.sweep()
    }
    const isFailing = this.#doubt !== undefined
    this.#say(failure)
    emit({
      ...{ name: 'blocking_standing', failure, isFailing, isApart: isApart() },
      states: table.inForce(now),
      underUnknownKeys: keys.look(now),
      held: table.sizes,
      forgotten: table.forgotten,
      silence: { brokers: silence.brokers / 1000, records: silence.records / 1000 },
    })
  }

  #say(failure: Failure): void {
    const { emit } = this.#options
    const isStarting = this.#doubt === 'TABLE_UNREAD' && performance.now() - this.#startedAt < STARTS_WITHIN
    const isFailing = this.#doubt !== undefined && !isStarting
    if (isFailing === this.#saidFailing) return
    this.#saidFailing = isFailing
    if (this.#doubt !== undefined) emit({ name: 'blocking_failing', failure, why: this.#doubt })
    else emit({ name: 'blocking_resumed' })
  }
}
