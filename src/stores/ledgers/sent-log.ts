import { base64url, fnv1a, hash32 } from '../../domain/hash32.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { hmacSha256 } from '../../domain/sha256.ts'
import { wellFormed } from '../../domain/well-formed.ts'
import { SHARDS } from './places.ts'

/** A shard has 2^level logs per month. The initial and the maximum level; levels rise in steps of two. */
export const FIRST_LEVEL = 2
export const LAST_LEVEL = 14
const SEEDS = [0x811c9dc5, 0x9747b28c, 0x1b873593] as const

/** Number of signatures kept per port and subscriber. */
export const REMEMBERED_SIGNATURES = 4

/** A signature sent to a subscriber, with the event times of the first and last message, ms. */
export interface SentSignature {
  readonly signature: string
  readonly first: number
  readonly last: number
}

let lastPort = ''
let ofPort: [number, number, number] = [0, 0, 0]

export interface LogPlace {
  readonly shard: number
  /** Determines the number of the log within the shard: see `logOf`. */
  readonly bits: number
  /** 90 bits in 15 characters, the prefix of the entries. */
  readonly name: string
}

/** `token` is the subscriber's keyed token, so that phone numbers cannot be guessed from Redis without the key. */
export function logPlace(port: string, token: string): LogPlace {
  // Records of the same port often follow one another.
  if (port !== lastPort) {
    ofPort = [fnv1a(`${port}|`, SEEDS[0]), fnv1a(`${port}|`, SEEDS[1]), fnv1a(`${port}|`, SEEDS[2])]
    lastPort = port
  }
  const [a, b, c] = [hash32(token, ofPort[0]), hash32(token, ofPort[1]), hash32(token, ofPort[2])]
  return { shard: a % SHARDS, bits: (a ^ b) >>> 0, name: base64url(a, 5) + base64url(b, 5) + base64url(c, 5) }
}

export function logOf(bits: number, level: number): number {
  return bits % (1 << level)
}

/** The keyed tokens of subscribers, as in messages after the id of the key. */
export function tokens(key: string): (to: string) => string {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  return (to) => hmac(to).toString('base64url', 0, 16)
}

let lastSignature = ''
let lastEscaped = ''

export function logEntry(name: string, signature: string, ts: number): string {
  if (signature !== lastSignature) {
    lastEscaped = wellFormed(signature).replace(/[\n%]/g, encodeURIComponent)
    lastSignature = signature
  }
  return `${name}${ts.toString(36)} ${lastEscaped}\n`
}

/** Parses the lines of one pair, whose entries start with `name`: most recently sent signature first. */
export function readEntries(lines: string, name: string): SentSignature[] {
  const found = new Map<string, { first: number; last: number }>()
  for (const line of lines.split('\n').reverse()) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const [last = 0, first = last] = line
      .slice(name.length, space)
      .split('-')
      .map((time) => Number.parseInt(time, 36))
    const signature = line.slice(space + 1)
    const known = found.get(signature)
    if (known) {
      known.first = Math.min(known.first, first)
      known.last = Math.max(known.last, last)
    } else if (found.size < REMEMBERED_SIGNATURES) found.set(signature, { first, last })
  }
  return [...found].map(([escaped, times]) => ({
    signature: escaped.replace(/%(?:0A|25)/g, decodeURIComponent),
    ...times,
  }))
}

export class ShardEntries {
  readonly #levels: SentLevels
  readonly #shard: number
  readonly #months = new Map<number, Map<number, string>>()

  constructor(levels: SentLevels, shard: number) {
    this.#levels = levels
    this.#shard = shard
  }

  add(month: number, bits: number, entry: string): void {
    const logs = getOrInsert(this.#months, month, () => new Map())
    const log = logOf(bits, this.#levels.of(this.#shard, month))
    logs.set(log, (logs.get(log) ?? '') + entry)
  }

  get months(): number[] {
    return [...this.#months.keys()]
  }

  get payload(): string {
    return JSON.stringify(
      [...this.#months].flatMap(([month, logs]) => [
        month,
        this.#levels.of(this.#shard, month),
        [...logs].flat(),
      ]),
    )
  }

  get names(): string[] {
    return [...this.#months].flatMap(([month, logs]) =>
      [...logs.keys()].map((log) => logName(month, this.#levels.of(this.#shard, month), log)),
    )
  }
}

export function logName(month: number, level: number, log: number): string {
  return `l:${month}:${level}:${log}`
}

/** Log levels of the latest months by shard, as far as this process has learned them. */
export class SentLevels {
  readonly #byMonth = new Map<number, Map<number, number>>()

  of(shard: number, month: number): number {
    return this.#byMonth.get(month)?.get(shard) ?? FIRST_LEVEL
  }

  learn(shard: number, month: number, level: number): void {
    let levels = this.#byMonth.get(month)
    if (levels === undefined) {
      levels = new Map()
      this.#byMonth.set(month, levels)
      // Levels of a dropped month are learned again if needed.
      if (this.#byMonth.size > 4) this.#byMonth.delete(Math.min(...this.#byMonth.keys()))
    }
    levels.set(shard, level)
  }
}
