import { randomUUID } from 'node:crypto'
import type { Outcome, RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import type { LogId, LogsOf } from '../../domain/feature-store.ts'
import { addTo } from '../../domain/maps.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { CountedPartitions } from './counted-partitions.ts'
import { type FeatureKeys, SHARDS } from './layout.ts'
import { type CountedLog, type LogChange, logChangeOf } from './log-change.ts'

const COUNTED = loadScript(import.meta.url, 'counted')
const ASSIGN = loadScript(import.meta.url, 'assign')

/** Attempts: others may count the partition, or be assigned it, while the brokers are asked for its log. */
const TRIES = 3
/** Delay before missing topic ids are stored in shards, ms: batches discover them one shard after another. */
const NAME_AFTER = 1000

export interface StoredOffsetsParts {
  readonly link: RedisLink
  readonly keys: FeatureKeys
  readonly partitions: CountedPartitions
  /** Called with the epoch of a shard before its stored offsets are used. */
  readonly noteEpoch: (shard: number, epoch: string) => void
  /** Called with partitions found to be recreated by a late answer. */
  readonly onReset?: ((partitions: readonly PartitionId[]) => void) | undefined
}

interface Stored extends CountedLog {
  readonly shard: number
  readonly epoch: string
  readonly id: PartitionId
  readonly times: number
}

interface Change {
  readonly one: Stored
  readonly log: LogId
  readonly to: LogChange
}

/**
 * Learns how far each shard in Redis has counted partitions, and resets the counts of recreated logs. A reset is
 * decided by the log as reported by the brokers after the stored position was read, and is only stored if the position
 * has not changed since: an instance that was paused in between resets nothing that others have counted or assigned.
 */
export class StoredOffsets {
  readonly #parts: StoredOffsetsParts
  #logsOf: LogsOf = async () => []
  #unnamed: Stored[] = []
  #naming: NodeJS.Timeout | undefined

  constructor(parts: StoredOffsetsParts) {
    this.#parts = parts
  }

  /** Restarts the partitions. Returns those whose counting starts over. */
  async assign(ids: readonly PartitionId[], logsOf: LogsOf = async () => []): Promise<PartitionId[]> {
    this.#logsOf = logsOf
    for (const id of ids) this.#parts.partitions.assign(id)
    const stored = await this.#read(ids.map(partitionKey), BACKGROUND_MS)
    return this.#adopt(stored, await this.#askLogs(ids.map((id) => ({ id }))), BACKGROUND_MS)
  }

  /** Asks shards that were not asked yet for their positions. Returns the partitions whose counting starts over. */
  async load(keys: readonly string[], budgetMs: number): Promise<PartitionId[]> {
    const stored = await this.#read(keys, budgetMs)
    const doubtful = stored.filter((one) => !this.#learnIfSame(one, this.#logOf(one)))
    const open = doubtful.filter((one) => !this.#learnUnnamed(one))
    return open.length === 0 ? [] : this.#adopt(open, await this.#askLogs(open), budgetMs)
  }

  /**
   * Checks whether the shards still have what they are known to have counted; `older` is called for positions that went
   * back. No count may be in progress. Resolves with whether all shards answered.
   */
  async compare(
    budgetMs: number,
    older: (shard: number, key: string, stored: number) => void,
  ): Promise<boolean> {
    const { partitions } = this.#parts
    const known = Array.from({ length: SHARDS }, (_, shard) => partitions.countedBy(shard))
    const stored = await this.#ask((shard) => [...known[shard]!.values()].map(({ id }) => id), budgetMs)
    for (const { shard, id, offset } of stored) {
      const key = partitionKey(id)
      // The position is unknown for a shard that was emptied, and may differ for a partition that was reassigned meanwhile.
      const now = partitions.offsets.get(key)?.[shard] ?? Number.NaN
      if (offset < Math.min(known[shard]!.get(key)!.offset, now)) older(shard, key, offset)
    }
    return stored.length === known.reduce((sum, { size }) => sum + size, 0)
  }

  close(): void {
    clearTimeout(this.#naming)
  }

  /** Accepts the position of a partition that only lacks its topic id, which is stored soon. */
  #learnUnnamed(stored: Stored): boolean {
    const log = this.#logOf(stored)
    if (log === undefined || logChangeOf(stored, log)?.offset !== stored.offset) return false
    this.#learn(stored)
    this.#unnamed.push(stored)
    this.#naming ??= setTimeout(() => void this.#name().catch(() => {}), NAME_AFTER).unref()
    return true
  }

  /** Failures are left to the next assignment. */
  async #name(): Promise<void> {
    this.#naming = undefined
    const unnamed = this.#unnamed.splice(0)
    const reset = await this.#adopt(unnamed, await this.#askLogs(unnamed), BACKGROUND_MS)
    if (reset.length > 0) this.#parts.onReset?.(reset)
  }

  #read(keys: readonly string[], budgetMs: number): Promise<Stored[]> {
    return this.#ask(
      (shard) => this.#parts.partitions.unknown(shard, keys),
      budgetMs,
      (one) => void this.#learnIfSame(one, this.#logOf(one)),
    )
  }

  /** The stored positions of these partitions in the shards that answer; `late` is called with late answers. */
  async #ask(
    idsOf: (shard: number) => readonly PartitionId[],
    budgetMs: number,
    late?: (stored: Stored) => void,
  ): Promise<Stored[]> {
    const asked = Array.from({ length: SHARDS }, (_, shard) => ({ shard, ids: idsOf(shard) })).filter(
      ({ ids }) => ids.length > 0,
    )
    const calls = asked.map(({ shard, ids }) => ({
      script: COUNTED,
      keys: [this.#parts.keys.offsets(shard)],
      args: [randomUUID(), ...ids.map(partitionKey)],
    }))
    const take = (i: number, outcome: Outcome): Stored[] => {
      if (outcome.error) return []
      const { shard, ids } = asked[i]!
      return this.#decoded(shard, ids, outcome.reply, 3)
    }
    const outcomes = await this.#parts.link.settle(calls, {
      budgetMs,
      ...(late ? { late: (i, outcome) => take(i, outcome).forEach(late) } : {}),
    })
    return outcomes.flatMap((outcome, i) => take(i, outcome))
  }

  /** Evaluates stored positions by logs that were requested after they were read. */
  async #adopt(
    stored: readonly Stored[],
    logs: ReadonlyMap<string, LogId>,
    budgetMs: number,
  ): Promise<PartitionId[]> {
    const recreated = new Map<string, PartitionId>()
    let [open, known] = [stored, logs]
    for (let tries = 1; ; tries++) {
      open = open.filter((one) => !this.#learnIfSame(one, known.get(partitionKey(one.id))))
      if (open.length === 0) break
      open = await this.#change(open, known, recreated, budgetMs)
      // The position stays unknown, and is requested again when it is needed.
      if (open.length === 0 || tries === TRIES) break
      known = await this.#askLogs(open)
    }
    return [...recreated.values()]
  }

  /** Stores changed positions; returns those that others have changed meanwhile, with their current values. */
  async #change(
    stored: readonly Stored[],
    logs: ReadonlyMap<string, LogId>,
    recreated: Map<string, PartitionId>,
    budgetMs: number,
  ): Promise<Stored[]> {
    const byShard = new Map<number, Change[]>()
    for (const one of stored) {
      const log = logs.get(partitionKey(one.id)) ?? {}
      addTo(byShard, one.shard, { one, log, to: logChangeOf(one, log)! })
    }
    const changes = [...byShard].map(([shard, some]) => ({ shard, some }))
    const calls = changes.map(({ shard, some }) => ({
      script: ASSIGN,
      keys: [this.#parts.keys.offsets(shard)],
      args: [some[0]!.one.epoch, ...some.flatMap(argumentsOf)],
    }))
    const take = (i: number, outcome: Outcome, found: Map<string, PartitionId>): Stored[] => {
      if (outcome.error) return []
      const { shard, some } = changes[i]!
      const ids = some.map(({ one }) => one.id)
      return this.#decoded(shard, ids, outcome.reply, 4).filter((now, n) => {
        if (!now.isChanged) return true
        this.#learn(now)
        if (some[n]!.to.isAnew) found.set(partitionKey(now.id), now.id)
        return false
      })
    }
    const late = (i: number, outcome: Outcome): void => {
      const found = new Map<string, PartitionId>()
      take(i, outcome, found)
      if (found.size > 0) this.#parts.onReset?.([...found.values()])
    }
    const outcomes = await this.#parts.link.settle(calls, { budgetMs, late })
    return outcomes.flatMap((outcome, i) => take(i, outcome, recreated))
  }

  /** Decodes the reply of a script with `width` values per partition. */
  #decoded(shard: number, ids: readonly PartitionId[], reply: unknown, width: number) {
    const [epoch, ...values] = reply as [string, ...(string | number)[]]
    this.#parts.noteEpoch(shard, epoch)
    return ids.map((id, n) => {
      const [offset, topicId, times, isChanged] = values.slice(n * width, (n + 1) * width)
      return {
        ...{ shard, epoch, id },
        offset: Number(offset),
        topicId: topicId === '' ? undefined : String(topicId),
        times: Number(times),
        isChanged: isChanged === 1,
      }
    })
  }

  #logOf({ id }: Stored): LogId | undefined {
    return this.#parts.partitions.logOf(partitionKey(id))
  }

  /** Accepts a stored position unless the log requires a change or is unknown. */
  #learnIfSame(stored: Stored, log: LogId | undefined): boolean {
    if (log === undefined || logChangeOf(stored, log) !== undefined) return false
    this.#learn(stored)
    return true
  }

  /** An instance that counted meanwhile has the newer offset. */
  #learn({ shard, id, offset }: Stored): void {
    const { partitions } = this.#parts
    const key = partitionKey(id)
    if (partitions.unknown(shard, [key]).length > 0) partitions.learn(shard, key, offset)
  }

  async #askLogs(of: readonly { readonly id: PartitionId }[]): Promise<Map<string, LogId>> {
    const unique = new Map(of.map(({ id }) => [partitionKey(id), id]))
    const logs = new Map<string, LogId>([...unique.keys()].map((key) => [key, {}]))
    for (const log of await this.#logsOf([...unique.values()])) logs.set(partitionKey(log), log)
    for (const [key, log] of logs) this.#parts.partitions.noteLog(key, log)
    return logs
  }
}

function argumentsOf({ one, log, to }: Change): (string | number)[] {
  const { id, offset, topicId, times } = one
  const moved = to.offset === offset ? '' : to.offset
  return [partitionKey(id), offset, topicId ?? '', times, moved, log.topicId ?? '']
}
