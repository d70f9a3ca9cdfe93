import { loadScript } from '../../adapters/redis/script.ts'
import type { SentMessage } from '../../domain/consent-ledger.ts'
import { getOrInsert } from '../../domain/maps.ts'
import type { LedgerShards, Row } from './redis-shards.ts'
import {
  FIRST_LEVEL,
  LAST_LEVEL,
  logEntry,
  logName,
  logOf,
  logPlace,
  readEntries,
  SentLevels,
  type SentSignature,
  ShardEntries,
  tokens,
} from './sent-log.ts'
import { monthOf, SENT_TTL } from './stored-form.ts'

const LOG = loadScript(import.meta.url, 'log-sent')
const READ = loadScript(import.meta.url, 'read-log')

export class SentLogs {
  readonly #shards: LedgerShards
  readonly #tokens: readonly ((to: string) => string)[]
  readonly #levels = new SentLevels()

  /** `keys` are the token keys, current one first. */
  constructor(shards: LedgerShards, keys: readonly string[]) {
    this.#shards = shards
    this.#tokens = keys.map(tokens)
  }

  async remember(sent: readonly SentMessage[]): Promise<void> {
    const byShard = new Map<number, ShardEntries>()
    for (const { port, to, token, signature, ts } of sent) {
      const { shard, bits, name } = logPlace(port, token ?? this.#tokens[0]!(to))
      const entries = getOrInsert(byShard, shard, () => new ShardEntries(this.#levels, shard))
      entries.add(monthOf(ts), bits, logEntry(name, signature, ts))
    }
    await this.#shards.append(LOG, byShard, this.#levels, SENT_TTL)
  }

  /** The logged signatures of a port and subscriber, most recently sent first. */
  async of(port: string, to: string, months: readonly number[]): Promise<SentSignature[][]> {
    const rows: Row[] = []
    const of: { readonly month: number; readonly name: string }[] = []
    for (const [month, period] of months.entries()) {
      for (const token of this.#tokens) {
        const { shard, bits, name } = logPlace(port, token(to))
        for (let level = LAST_LEVEL; level >= FIRST_LEVEL; level -= 2) {
          const key = `${this.#shards.root(shard)}${logName(period, level, logOf(bits, level))}`
          rows.push({ shard, key, args: [name] })
          of.push({ month, name })
        }
      }
    }
    const lines = await this.#shards.run(READ, rows)
    const found = months.map((): SentSignature[] => [])
    for (const [r, { month, name }] of of.entries()) found[month]!.push(...readEntries(lines[r] ?? '', name))
    return found
  }
}
