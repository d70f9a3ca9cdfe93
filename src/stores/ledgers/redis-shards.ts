import { randomUUID } from 'node:crypto'
import type { RedisLink } from '../../adapters/redis/link.ts'
import type { Script, ScriptCall } from '../../adapters/redis/script.ts'
import { wellFormed } from '../../domain/well-formed.ts'
import { chunksByShard } from '../chunks.ts'
import { type Place, SHARDS } from './places.ts'
import { LAST_LEVEL, type SentLevels, type ShardEntries } from './sent-log.ts'
import type { ShardEpochs, ShardFacts } from './shard-epochs.ts'

/** Maximum number of pairs per script call, so that no call blocks the server for long. */
export const CHUNK = 500

/** A field of a small hash, and the script's arguments for it. */
export interface Row {
  readonly shard: number
  readonly key: string
  /** The field, then further arguments of the script. */
  readonly args: readonly string[]
}

const partsOf = (rows: readonly Row[]) => chunksByShard(rows, ({ shard }) => shard, CHUNK)

/** The shards of the ledger: key names, calls by shard, and tracking of the epoch in each reply. */
export class LedgerShards {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #epochs: ShardEpochs

  constructor(link: RedisLink, prefix: string, epochs: ShardEpochs) {
    this.#link = link
    this.#prefix = prefix
    this.#epochs = epochs
  }

  root(shard: number): string {
    return `{${this.#prefix}:ledger:${shard}}:`
  }

  #meta(shard: number): string {
    return `${this.root(shard)}meta`
  }

  /** A row of consents (`c`), of sent signatures (`s`, before there were logs) or of consent requests (`a`). */
  row(kind: 'c' | 's' | 'a', { shard, slot, field }: Place, month?: number, ...args: string[]): Row {
    const period = month === undefined ? '' : `:${month}`
    const key = `${this.root(shard)}${kind}${period}:${slot.toString(36)}`
    return { shard, key, args: [field, ...args] }
  }

  /** One call per shard and chunk; the arguments of the rows follow `head`. Results are in the order of the rows. */
  async run(
    of: Script,
    rows: readonly Row[],
    head: readonly string[] = [],
    budget?: number,
  ): Promise<(string | undefined)[]> {
    const calls: ScriptCall[] = []
    const order: { shard: number; rows: readonly number[]; before: ShardFacts | undefined }[] = []
    for (const { shard, indices } of partsOf(rows)) {
      order.push({ shard, rows: indices, before: this.#epochs.known(shard) })
      calls.push({
        script: of,
        keys: [this.#meta(shard), ...indices.map((i) => rows[i]!.key)],
        args: [randomUUID(), ...head, ...indices.flatMap((i) => rows[i]!.args)],
      })
    }
    const out = new Array<string | undefined>(rows.length)
    const replies = (await this.#link.run(calls, budget)) as [string, number, ...string[]][]
    for (const [c, [epoch, changes, ...values]] of replies.entries()) {
      const { shard, rows: at, before } = order[c]!
      this.#epochs.noteEpoch(shard, { epoch, changes }, before)
      for (const [j, i] of at.entries()) out[i] = values[j]
    }
    return out
  }

  /**
   * Like `run`, for a script that returns no results and takes its rows as JSON: the name of a hash in its shard, then
   * the script's arguments. On a Cluster the keys are passed as well, so that a slot that is moving refuses the whole
   * call.
   */
  async write(
    of: Script,
    rows: readonly Row[],
    head: readonly string[] = [],
    budget?: number,
  ): Promise<void> {
    const parts = partsOf(rows)
    const before = parts.map(({ shard }) => this.#epochs.known(shard))
    const calls = parts.map(({ shard, indices }): ScriptCall => {
      const flat: string[] = []
      for (const i of indices) {
        const { key, args } = rows[i]!
        flat.push(key.slice(key.indexOf('}') + 2))
        for (const arg of args) flat.push(wellFormed(arg))
      }
      const declared = this.#link.cluster ? indices.map((i) => rows[i]!.key) : []
      return {
        script: of,
        keys: [this.#meta(shard), ...declared],
        args: [randomUUID(), ...head, JSON.stringify(flat)],
      }
    })
    const replies = (await this.#link.run(calls, budget)) as [string, number][]
    for (const [c, [epoch, changes]] of replies.entries())
      this.#epochs.noteEpoch(parts[c]!.shard, { epoch, changes }, before[c])
  }

  async append(
    of: Script,
    entries: ReadonlyMap<number, ShardEntries>,
    levels: SentLevels,
    ttl: string,
  ): Promise<void> {
    const shards = [...entries]
    const before = shards.map(([shard]) => this.#epochs.known(shard))
    const calls = shards.map(([shard, added]): ScriptCall => {
      const declared = this.#link.cluster ? added.names.map((name) => `${this.root(shard)}${name}`) : []
      return {
        script: of,
        keys: [this.#meta(shard), ...declared],
        args: [randomUUID(), ttl, LAST_LEVEL, added.payload],
      }
    })
    const replies = (await this.#link.run(calls)) as [string, number, ...number[]][]
    for (const [c, [epoch, changes, ...found]] of replies.entries()) {
      const [shard, { months }] = shards[c]!
      this.#epochs.noteEpoch(shard, { epoch, changes }, before[c])
      for (const [m, level] of found.entries()) levels.learn(shard, months[m]!, level)
    }
  }

  /**
   * Reads the epoch of every shard with a script that changes no data. Resolves with the number of shards that this
   * created; rejects if none answers.
   */
  async check(read: Script): Promise<number> {
    const calls = Array.from({ length: SHARDS }, (_, shard) => ({
      script: read,
      keys: [this.#meta(shard)],
      args: [randomUUID()],
    }))
    const before = calls.map((_, shard) => this.#epochs.known(shard))
    let made = 0
    const outcomes = await this.#link.settle(calls)
    for (const [shard, outcome] of outcomes.entries()) {
      if (outcome.error) continue
      const [epoch, changes] = outcome.reply as [string, number]
      if (epoch === calls[shard]!.args[0]) made++
      this.#epochs.noteEpoch(shard, { epoch, changes }, before[shard])
    }
    const failure = outcomes[0]!.error
    if (failure && outcomes.every(({ error }) => error)) throw failure
    return made
  }
}
