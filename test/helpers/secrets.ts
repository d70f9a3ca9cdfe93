import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** Length of the digest prefixes searched for: shorter ones could occur by chance. */
const TEXT = 12
const BYTES = 8
/** Shorter numbers occur in random identifiers by chance: they count only if no letter or digit is adjacent. */
const LONG = 9
/** Separators within a number. */
const BETWEEN = /(?<=\d)[ \-.·\u2009\u00a0]+(?=\d)/g

/**
 * Searches for planted numbers: in clear, in full width or with separators, and as unkeyed hashes, which a dictionary of all
 * numbers reverses in minutes. `joinedWith`: values that may have been joined with a number before hashing.
 */
export class Secrets {
  readonly #numbers: readonly string[]
  readonly #digests = new Map<string, string>()

  constructor(numbers: readonly string[], joinedWith: readonly string[] = []) {
    this.#numbers = numbers
    for (const number of numbers)
      for (const form of [number, `86${number}`, `+86${number}`])
        for (const input of [form, ...joinedWith.flatMap((other) => joined(other, form))])
          this.#remember(input, number)
  }

  /** Numbers found, with their context. */
  in(shown: Buffer): string[] {
    const text = shown.toString('utf8').normalize('NFKC')
    const found: string[] = []
    for (const seen of [text, text.replace(BETWEEN, '')]) {
      for (const number of this.#numbers) {
        const at = number.length < LONG ? seen.search(alone(number)) : seen.indexOf(number)
        if (at >= 0) found.push(`${number} in ${seen.slice(Math.max(0, at - 200), at + 60)}`)
      }
    }
    const binary = shown.toString('latin1')
    for (const length of [TEXT, BYTES]) {
      for (let at = 0; at + length <= binary.length; at++) {
        const of = this.#digests.get(binary.slice(at, at + length))
        if (of !== undefined)
          found.push(`a plain hash of ${of} in ${binary.slice(Math.max(0, at - 200), at + 60)}`)
      }
    }
    return found
  }

  #remember(input: string, number: string): void {
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      const digest = createHash(algorithm).update(input).digest()
      for (const form of ['hex', 'base64', 'base64url'] as const)
        this.#digests.set(digest.toString(form).slice(0, TEXT), number)
      this.#digests.set(digest.toString('hex').toUpperCase().slice(0, TEXT), number)
      this.#digests.set(digest.toString('latin1').slice(0, BYTES), number)
    }
  }
}

function alone(number: string): RegExp {
  return new RegExp(`(?<![0-9A-Za-z])${number}(?![0-9A-Za-z])`)
}

/** Common ways to join two values before hashing. */
function joined(a: string, b: string): string[] {
  const plain = ['', '|', ':', '/', ',', ' ', '\0', '@'].flatMap((sign) => [
    `${a}${sign}${b}`,
    `${b}${sign}${a}`,
  ])
  return [
    ...plain,
    `${a.length}:${a}${b}`,
    `${b.length}:${b}${a}`,
    JSON.stringify([a, b]),
    JSON.stringify([b, a]),
  ]
}

/** Names and contents of all keys of a server. */
export async function dumpRedis(redis: Redis): Promise<Buffer> {
  const parts: Buffer[] = []
  const readers: Readonly<Record<string, (key: Buffer) => Promise<unknown>>> = {
    string: (key) => redis.getBuffer(key),
    hash: (key) => redis.callBuffer('HGETALL', key),
    zset: (key) => redis.callBuffer('ZRANGE', key, '0', '-1', 'WITHSCORES'),
    set: (key) => redis.callBuffer('SMEMBERS', key),
    list: (key) => redis.callBuffer('LRANGE', key, '0', '-1'),
  }
  for (const key of await redis.keysBuffer('*')) {
    const type = await redis.type(key)
    const read = readers[type]
    if (!read) throw new Error(`no reader for keys of type ${type}`)
    parts.push(key, ...[await read(key)].flat().map((part) => Buffer.from(part as Buffer)))
  }
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]))
}
