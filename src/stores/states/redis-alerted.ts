import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type { AlertedMessage } from '../../domain/allowance.ts'
import { hashOf } from '../../domain/hash.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import { DAY, HOUR } from '../../domain/time.ts'

export interface RedisAlertedOptions {
  readonly link: RedisLink
  readonly clock: BoundedClock
  readonly tagOf: (hash: string) => string
}

/** Time after an alert for which analysts may refer to its message, ms. */
const KEEP_ALERTED = DAY
/** Maximum number of alerts per shard and hour: 32,000 over all shards. */
const MAX_ALERTED = 2000

const REMEMBER_ALERTED = loadScript(import.meta.url, 'remember-alerted')

/** The messages that analysts may refer to, shared by all instances. Rejects with REDIS_UNREACHABLE. */
export class RedisAlerted {
  readonly #options: RedisAlertedOptions

  constructor(options: RedisAlertedOptions) {
    this.#options = options
  }

  async remember(messages: readonly AlertedMessage[]): Promise<void> {
    const { link, clock } = this.#options
    const byKey = new Map<string, string[]>()
    const hour = Math.floor(clock.now() / HOUR)
    for (const { id, ...rest } of messages) {
      const { key, field } = this.#place(id, hour)
      const known = byKey.get(key)
      const added = [field, JSON.stringify(rest)]
      if (known) known.push(...added)
      else byKey.set(key, added)
    }
    await link.run(
      [...byKey].map(([key, fields]) => ({
        script: REMEMBER_ALERTED,
        keys: [key],
        args: [MAX_ALERTED, KEEP_ALERTED + HOUR, ...fields],
      })),
    )
  }

  async alerted(messageId: string): Promise<AlertedMessage | undefined> {
    const { link, clock } = this.#options
    const now = Math.floor(clock.now() / HOUR)
    for (let hour = now; hour >= now - KEEP_ALERTED / HOUR; hour--) {
      const { key, field } = this.#place(messageId, hour)
      const value = (await link.command('HGET', key, field)) as string | null
      if (value !== null) return { id: messageId, ...(JSON.parse(value) as Omit<AlertedMessage, 'id'>) }
    }
    return undefined
  }

  /** One hash per shard and hour, which expires as a whole. */
  #place(messageId: string, hour: number): { readonly key: string; readonly field: string } {
    const hash = hashOf(messageId)
    return { key: `${this.#options.tagOf(hash)}:alerted:${hour}`, field: hash.slice(0, 16) }
  }
}
