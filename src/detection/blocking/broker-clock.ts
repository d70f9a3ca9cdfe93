import { MINUTE } from '../../domain/time.ts'

/** Reading of a partition: time minus the monotonic clock, and when it was taken, ms. */
interface Shown {
  readonly offset: number
  readonly at: number
}

/** A lower time replaces a reading older than this: the clock it came from may have been corrected. */
const KEPT = 10 * MINUTE
/** With three or more clocks, one that no other confirms within this is ignored. */
const CONFIRMS = MINUTE

export interface BrokerClockOptions {
  /** Host clock, epoch ms, used until a broker has shown its time. */
  readonly host?: () => number
  /** Monotonic clock, ms. */
  readonly monotonic?: () => number
}

/**
 * The brokers' time, which sigwatch and all blockers agree on: the timestamps of freshly appended records, carried on by the
 * monotonic clock. The record with the shortest delay is the most accurate.
 */
export class BrokerClock {
  readonly #host: () => number
  readonly #monotonic: () => number
  readonly #shown = new Map<string, Shown>()
  #offset: number | undefined

  constructor({ host = Date.now, monotonic = () => performance.now() }: BrokerClockOptions = {}) {
    this.#host = host
    this.#monotonic = monotonic
  }

  /** Whether a broker has shown its time. */
  get isShown(): boolean {
    return this.#offset !== undefined
  }

  /** Epoch ms. */
  now(): number {
    return Math.round(this.#offset === undefined ? this.#host() : this.#offset + this.#monotonic())
  }

  /** Records that a broker just appended a record to this partition at `time`, epoch ms. */
  appended(partition: string, time: number): void {
    if (!(time > 0)) return
    const at = this.#monotonic()
    const offset = time - at
    const held = this.#shown.get(partition)
    if (held && held.offset >= offset && at - held.at < KEPT) return
    this.#shown.set(partition, { offset, at })
    const latest = [...this.#shown.values()].map((shown) => shown.offset).sort((a, b) => b - a)
    const confirmed = latest.find((one, i) => one - (latest[i + 1] ?? Number.NEGATIVE_INFINITY) < CONFIRMS)
    this.#offset = latest.length < 3 ? latest[0] : (confirmed ?? latest[0])
  }
}
