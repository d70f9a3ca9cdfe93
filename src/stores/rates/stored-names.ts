import { BoundedCache } from '../../domain/bounded-cache.ts'
import { isPrivateNumber } from '../../domain/port-prefix.ts'
import { hmacSha256 } from '../../domain/sha256.ts'

/** Names that are remembered: records of a number come in runs. */
const REMEMBERED = 20_000

/**
 * Under which names entities lie in Redis. A number that may be a person's is replaced by an HMAC with the token key, so
 * that a reader of Redis without it cannot try numbers; ports of services and signatures are public and stay as they are.
 */
export class StoredNames {
  readonly #keyed: readonly ((number: string) => string)[]

  /** Tells the token key from others; `-` without one. */
  readonly id: string

  /** `keys`: the token key, then former ones; none: everything stays as it is. */
  constructor(keys: readonly string[]) {
    this.#keyed = keys.map(keyed)
    this.id = this.keyed('').slice(1, 9) || '-'
  }

  /** Under which name an entity is counted. */
  readonly of = (entity: string): string => {
    const from = numberAt(entity)
    const [current] = this.#keyed
    return from === undefined || current === undefined
      ? entity
      : entity.slice(0, from) + current(entity.slice(from))
  }

  /** Any text under the token key; without one, the text. */
  readonly keyed = (text: string): string => this.#keyed[0]?.(text) ?? text

  /** Every name under which an entity was counted: also with former keys, and before there was one. */
  all(entity: string): string[] {
    const from = numberAt(entity)
    if (from === undefined) return [entity]
    return [...this.#keyed.map((name) => entity.slice(0, from) + name(entity.slice(from))), entity]
  }
}

/** Where the number of a person begins in an entity that ends with one. */
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
