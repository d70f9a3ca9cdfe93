import type { RedisLink } from '../../adapters/redis/link.ts'
import { BrokerClock } from '../../detection/blocking/broker-clock.ts'
import type { Emit } from '../../domain/events.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { TrustedClock } from '../../domain/trusted-clock.ts'
import type { Config } from '../../settings/config.ts'
import { apart, ClockWatch, observeRedis, trustedClockOf } from '../compose-clock.ts'

export interface ServerClockOptions {
  readonly config: Pick<Config, 'clock'>
  /** Redis, if it is configured. */
  readonly link?: Pick<RedisLink, 'ready' | 'times'> | undefined
  readonly emit: Emit
}

/** How long the start waits for Redis, ms. */
const REDIS_WITHIN = 2_000

/**
 * The clock by which a blocker decides. It is that of the brokers from the first record that is appended while the blocker
 * follows; before, what Redis, the stamps of the records read so far and the host make of it: of two times in doubt the earlier
 * one, so that a block does not end by a wrong clock.
 */
export class ServerClock {
  readonly brokers: BrokerClock
  readonly #trusted: TrustedClock
  readonly #maxSkew: number
  readonly #link: ServerClockOptions['link']
  readonly #watch: ClockWatch

  constructor({ config, link, emit }: ServerClockOptions) {
    const trusted = trustedClockOf(config)
    this.#trusted = trusted
    this.#maxSkew = config.clock.maxSkew
    this.#link = link
    this.brokers = new BrokerClock({
      host: () => (trusted.standing().confirmed ? trusted.earliest() : trusted.now()),
    })
    this.#watch = new ClockWatch({
      clock: trusted,
      ask: link ? [() => observeRedis(trusted, link)] : [],
      // Without Redis the brokers' records show the time.
      emit: (event) => event.name === 'clock_alone' || emit(event),
    })
  }

  now(): number {
    return this.brokers.now()
  }

  /** Asks Redis for the time, before anything is decided by it. Never rejects. */
  async start(): Promise<void> {
    await this.#link?.ready(REDIS_WITHIN)
    await this.#watch.start()
  }

  close(): void {
    this.#watch.close()
  }

  /** Takes the broker's stamp of a record that was read; `fresh` if it was appended while this instance followed the topic. */
  read(position: PartitionId, time: number, fresh: boolean): void {
    this.#trusted.observe('kafka', time, { before: performance.now() })
    if (fresh) this.brokers.appended(partitionKey(position), time)
  }

  /** Takes the broker's stamp of a record that was sent at `sent` (monotonic, ms) and acknowledged just now. */
  wrote(position: PartitionId, time: number, sent: number): void {
    const member = partitionKey(position)
    this.#trusted.observe('kafka', time, { after: sent, before: performance.now(), member })
    this.brokers.appended(member, time)
  }

  /** A host whose clock is not the one in use, or the only one. */
  notes(): readonly string[] {
    const skew = Date.now() - this.now()
    if (Math.abs(skew) > this.#maxSkew)
      return [
        `the clock of this host is ${apart(skew)} that of the servers, by which messages are decided: set it by NTP`,
      ]
    if (this.brokers.isShown || this.#trusted.standing().confirmed) return []
    return [
      'neither Redis nor a record has confirmed the time since the start: blocks begin and end by the clock of this host',
    ]
  }
}
