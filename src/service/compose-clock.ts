import type { RedisLink } from '../adapters/redis/link.ts'
import type { Emit } from '../domain/events.ts'
import { CLOCK_REFERENCES, type ClockReference, TrustedClock } from '../domain/trusted-clock.ts'
import type { Config } from '../settings/config.ts'

/** The clock of this process, before any server has been asked for the time. */
export function trustedClockOf({ clock }: Pick<Config, 'clock'>): TrustedClock {
  return new TrustedClock({
    host: Date.now,
    monotonic: () => performance.now(),
    maxSkew: clock.maxSkew,
  })
}

/** Asks the Redis masters for the time. Never rejects; masters that do not answer are skipped. */
export async function observeRedis(clock: TrustedClock, link: Pick<RedisLink, 'times'>): Promise<void> {
  for (const { server, time, sent, received } of await link.times().catch(() => []))
    clock.observe('redis', time, { after: sent, before: received, member: server })
}

export interface ClockWatchOptions {
  readonly clock: TrustedClock
  /** Functions that ask servers for the time; must not reject. */
  readonly ask: readonly (() => Promise<void>)[]
  readonly emit: Emit
}

/** Interval between rounds, ms. */
const ASK_EVERY = 3_000
/** Minimum interval between extra requests made because a record looks odd, ms. */
const ASK_AGAIN = 500
/** A skew is reported from the first threshold and considered resolved below the second, ms. */
const SKEWED_FROM = 5_000
const AGREES_BELOW = 4_000
/** How long after startup a missing time reference is reported, ms. */
const ALONE_AFTER = 10_000

/** Keeps the clock in line with its references and reports when the host differs from them. */
export class ClockWatch {
  readonly #options: ClockWatchOptions
  readonly #skewed = new Set<ClockReference>()
  readonly #startedAt = performance.now()
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined
  #isAlone = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: ClockWatchOptions) {
    this.#options = options
  }

  /** Asks every reference once, then periodically until closed. */
  async start(): Promise<void> {
    await this.#round()
    this.#options.clock.onJump(() => void this.#ask())
    this.#timer = setInterval(() => void this.#round(), ASK_EVERY).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Call before rejecting something because of the time: asks the references, unless they were asked just now. */
  async confirm(): Promise<void> {
    if (performance.now() - this.#askedAt > ASK_AGAIN) await this.#ask()
  }

  /** Reasons for `/readyz`: the host's clock disagrees with the majority of references. */
  unready(): readonly string[] {
    const { clock } = this.#options
    const { odd } = clock.standing()
    if (!odd.includes('host')) return []
    return [`CLOCK_SKEW: the clock of this host is ${apart(Date.now() - clock.now())} the other clocks`]
  }

  async #round(): Promise<void> {
    await this.#ask()
    this.#report()
  }

  #ask(): Promise<void> {
    this.#asking ??= Promise.all(this.#options.ask.map((ask) => ask())).then(() => {
      this.#askedAt = performance.now()
      this.#asking = undefined
    })
    return this.#asking
  }

  #report(): void {
    const { clock, emit } = this.#options
    const { skews, odd, confirmed } = clock.standing()
    const seconds = Object.fromEntries([...skews].map(([reference, ms]) => [reference, ms / 1000]))
    emit({ name: 'clocks_compared', skews: seconds, odd })
    for (const reference of CLOCK_REFERENCES) {
      const skew = Math.abs(skews.get(reference) ?? 0)
      if (skew > SKEWED_FROM && !this.#skewed.has(reference)) {
        this.#skewed.add(reference)
        const which = odd.find((name) => name === 'host' || name === reference) ?? 'unknown'
        emit({ name: 'clock_skewed', reference, seconds: seconds[reference]!, odd: which })
      } else if (skew < AGREES_BELOW && this.#skewed.delete(reference)) {
        emit({ name: 'clock_agrees', reference })
      }
    }
    const isAlone = !confirmed && performance.now() - this.#startedAt > ALONE_AFTER
    if (isAlone && !this.#isAlone) emit({ name: 'clock_alone' })
    this.#isAlone = isAlone
  }
}

/** The difference between two clocks in words, such as `12 s behind` or `12 s ahead of`. A negative `ms` means behind. */
export function apart(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  return `${seconds} s ${ms < 0 ? 'behind' : 'ahead of'}`
}
