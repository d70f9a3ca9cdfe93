import { MINUTE } from '../../domain/time.ts'

/** What a partition showed: time less the monotonic clock, and when, ms. */
interface Shown {
  readonly offset: number
  readonly at: number
}

/** A lower time replaces one that was shown so long ago: the clock that it came from may have been set right. */
const KEPT = 10 * MINUTE
/** A clock that no other confirms within this, of three or more, is passed over. */
const CONFIRMS = MINUTE

export interface BrokerClockOptions {
  /** Epoch ms of the host, which counts until a broker has shown its time. */
  readonly host?: () => number
  /** ms */
  readonly monotonic?: () => number
}

/**
 * The time of the brokers, by which sigwatch and all that block agree: as they stamped records when they appended them just
 * now, carried on by the monotonic clock. The record that took least time on its way is the nearest.
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

  /** Epoch ms. */
  now(): number {
    return Math.round(this.#offset === undefined ? this.#host() : this.#offset + this.#monotonic())
  }

  /** A broker has just appended a record to this partition at `time`, epoch ms. */
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
