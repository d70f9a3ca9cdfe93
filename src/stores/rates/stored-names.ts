import { BoundedCache } from '../../domain/bounded-cache.ts'
import { isPrivateNumber } from '../../domain/port-prefix.ts'
import { hmacSha256 } from '../../domain/sha256.ts'

/** Number of cached names: records of the same number often follow one another. */
const REMEMBERED = 20_000

/**
 * The names under which entities are stored in Redis. A number that may be personal is replaced by an HMAC with the
 * token key, so that numbers cannot be guessed from Redis without it; service ports and signatures are public and
 * stored unchanged.
 */
export class StoredNames {
  readonly #keyed: readonly ((number: string) => string)[]

  /** Identifies the token key; `-` without one. */
  readonly id: string

  /** `keys`: the token key, then former ones; without keys, names are stored unchanged. */
  constructor(keys: readonly string[]) {
    this.#keyed = keys.map(keyed)
    this.id = this.keyed('').slice(1, 9) || '-'
  }

  readonly of = (entity: string): string => {
    const from = numberAt(entity)
    const [current] = this.#keyed
    return from === undefined || current === undefined
      ? entity
      : entity.slice(0, from) + current(entity.slice(from))
  }

  /** Any text under the token key; the text itself without a key. */
  readonly keyed = (text: string): string => this.#keyed[0]?.(text) ?? text

  /** All names under which an entity was counted, including former keys and the unkeyed name. */
  all(entity: string): string[] {
    const from = numberAt(entity)
    if (from === undefined) return [entity]
    return [...this.#keyed.map((name) => entity.slice(0, from) + name(entity.slice(from))), entity]
  }
}

/** Start of a personal number in an entity that ends with one. */
function numberAt(entity: string): number | undefined {
  const from = Math.max(entity.lastIndexOf(':'), entity.lastIndexOf('@')) + 1
  return isPrivateNumber(from === 0 ? entity : entity.slice(from)) ? from : undefined
}

function keyed(key: string): (number: string) => string {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  const known = new BoundedCache<string>(REMEMBERED)
  const compute = (number: string) => `~${hmac(`features:${number}`).toString('base64url', 0, 12)}`
  return (number) => known.get(number, compute)
}
