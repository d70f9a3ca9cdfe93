import { createHmac } from 'node:crypto'
import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type { TokenKey } from '../../domain/token.ts'

const RECORD = loadScript(import.meta.url, 'record')

/** How long a value counts after its instance recorded it last, s. */
export const RECORDED_SECONDS = 180

/** Compares values that must be the same on all instances of a deployment. */
export class RedisCheckValues {
  readonly #link: Pick<RedisLink, 'run'>
  readonly #prefix: string
  readonly #values: Readonly<Record<string, string>>

  /** `prefix`: of the keys, such as `sigwatch:<deployment>:token-key`. `values`: those of this instance, by name. */
  constructor(link: Pick<RedisLink, 'run'>, prefix: string, values: Readonly<Record<string, string>>) {
    this.#link = link
    this.#prefix = prefix
    this.#values = values
  }

  /** Records the values of this instance, and returns the names under which another instance has another value. */
  async record(): Promise<readonly string[]> {
    const calls = Object.entries(this.#values).map(([name, value]) => ({
      script: RECORD,
      keys: [`${this.#prefix}:${name}`],
      args: [value, RECORDED_SECONDS],
    }))
    const others = (await this.#link.run(calls)) as readonly number[]
    return Object.keys(this.#values).filter((_, i) => others[i]! > 0)
  }
}

/** Values that tell token keys apart and do not lead back to one, by key id: 64 bits. */
export function checksOf(keys: readonly TokenKey[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    keys.map(({ keyId, key }) => [
      keyId,
      createHmac('sha256', key).update('sigwatch: check of a token key').digest('hex').slice(0, 16),
    ]),
  )
}
