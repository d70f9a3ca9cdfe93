import { createHmac } from 'node:crypto'
import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type { TokenKey } from '../../domain/token.ts'

const RECORD = loadScript(new URL('./record-key.lua', import.meta.url), 'record-key')

/** How long a key counts after its instance recorded it last, s. */
export const RECORDED_SECONDS = 180

/** Compares the token keys of all instances of a deployment, by check values that do not reveal them. */
export class RedisTokenKeys {
  readonly #link: Pick<RedisLink, 'run'>
  readonly #prefix: string
  readonly #checks: readonly (readonly [keyId: string, check: string])[]

  /** `prefix`: `sigwatch:<deployment>` */
  constructor(link: Pick<RedisLink, 'run'>, prefix: string, keys: readonly TokenKey[]) {
    this.#link = link
    this.#prefix = prefix
    this.#checks = keys.map(({ keyId, key }) => [keyId, checkOf(key)])
  }

  /** Records the keys of this instance, and returns the ids under which another instance has another key. */
  async record(): Promise<readonly string[]> {
    const calls = this.#checks.map(([keyId, check]) => ({
      script: RECORD,
      keys: [`${this.#prefix}:token-key:${keyId}`],
      args: [check, RECORDED_SECONDS],
    }))
    const others = (await this.#link.run(calls)) as readonly number[]
    return this.#checks.flatMap(([keyId], i) => (others[i]! > 0 ? [keyId] : []))
  }
}

/** 64 bits: they tell keys apart and do not lead back to one. */
function checkOf(key: string): string {
  return createHmac('sha256', key).update('sigwatch: check of a token key').digest('hex').slice(0, 16)
}
