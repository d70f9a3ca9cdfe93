import { SigwatchError } from '../domain/errors.ts'
import {
  type FeatureStore,
  type MemberReading,
  type Observations,
  type PartitionId,
  partitionKey,
  type RateReading,
  type Readings,
  type TallyReading,
} from '../domain/ports.ts'
import type { RedisLink } from '../redis/client.ts'
import { loadScript, type Script } from '../redis/script.ts'
import { aggregate, checkBatch, firstEventTime } from './aggregate.ts'
import { type CountCall, decodeCount, encodeCount } from './encode.ts'
import {
  FeatureKeys,
  type KeyScope,
  LIMITS,
  MISSING_HOURS,
  RATE_MINUTES,
  SHARDS,
  sentPlace,
  shardOf,
} from './layout.ts'
import { UncountedBuckets } from './outage.ts'

const script = (name: string): Script => loadScript(new URL(`./${name}.lua`, import.meta.url), name)
const MARK_MISSING = script('mark-missing')
const READ_OFFSETS = script('read-offsets')
const RESET_OFFSETS = script('reset-offsets')
const SINCE = script('since')
const SENT = script('sent')
const TOTALS = script('totals')

export interface RedisFeatureOptions extends KeyScope {
  /** Budget of `count` for each 1,024 observations, ms; default 100. */
  readonly budgetMs?: number
  /** Partitions found to be made anew after `assign` had returned, because Redis was away then. */
  readonly onReset?: (partitions: readonly PartitionId[]) => void
}

/** Observations that go to Redis together: more would hold up everybody else there, and strain the budget. */
const CHUNK = 1024
/** A refusal says what is stored, so the second try fits unless another instance counts the same partition now. */
const TRIES = 4
/** Wall clock between two readings of the store's first event time, ms: it also keeps the key alive. */
const SINCE_EVERY = 3_600_000
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard)

class RedisFeatureStore implements FeatureStore {
  readonly #link: RedisLink
  readonly #keys: FeatureKeys
  readonly #budget: number
  readonly #onReset: (partitions: readonly PartitionId[]) => void
  /** Last counted offset of each shard by partition key, as far as this instance knows. */
  readonly #offsets = new Map<string, Float64Array>()
  /** Log ends given to `assign` of partitions that could not be read yet. */
  readonly #ends = new Map<string, number>()
  readonly #uncounted = new UncountedBuckets()
  #since: number | undefined
  #sinceReadAt = Number.NEGATIVE_INFINITY
  #queue: Promise<unknown> = Promise.resolve()

  constructor(link: RedisLink, options: RedisFeatureOptions) {
    this.#link = link
    this.#keys = new FeatureKeys(options)
    this.#budget = options.budgetMs ?? 100
    this.#onReset = options.onReset ?? (() => {})
  }

  async assign(
    partitions: readonly (PartitionId & { readonly endOffset?: number })[],
  ): Promise<readonly PartitionId[]> {
    for (const { topic, partition, endOffset } of partitions) {
      const key = partitionKey({ topic, partition })
      this.#offsets.delete(key)
      if (endOffset === undefined) this.#ends.delete(key)
      else this.#ends.set(key, endOffset)
    }
    try {
      return await this.#load(partitions, () => this.#budget)
    } catch (error) {
      if (!isOutage(error)) throw error
      return []
    }
  }

  revoke(partitions: readonly PartitionId[]): void {
    for (const partition of partitions) {
      this.#offsets.delete(partitionKey(partition))
      this.#ends.delete(partitionKey(partition))
    }
  }

  /** Reads the offsets of all shards; forgets those of a log that was made anew, and returns which were. */
  async #load(partitions: readonly PartitionId[], budget: () => number): Promise<PartitionId[]> {
    if (partitions.length === 0) return []
    const names = partitions.map(partitionKey)
    const replies = (await this.#link.run(
      ALL_SHARDS.map((shard) => ({ script: READ_OFFSETS, keys: [this.#keys.offsets(shard)], args: names })),
      budget(),
    )) as (string | null)[][]
    const loaded = names.map((_, p) => Float64Array.from(replies, (reply) => Number(reply[p] ?? -1)))
    const reset = partitions.filter((_, p) => {
      const end = this.#ends.get(names[p]!)
      return end !== undefined && loaded[p]!.some((offset) => offset >= end)
    })
    if (reset.length > 0) {
      const args = reset.map(partitionKey)
      await this.#link.run(
        ALL_SHARDS.map((shard) => ({ script: RESET_OFFSETS, keys: [this.#keys.offsets(shard)], args })),
        budget(),
      )
      for (const partition of reset) loaded[partitions.indexOf(partition)]!.fill(-1)
    }
    for (const [p, name] of names.entries()) {
      this.#offsets.set(name, loaded[p]!)
      this.#ends.delete(name)
    }
    return reset.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Batches are counted one after the other: a later one of the same partition must find the offsets of the former. */
  count(batch: readonly Observations[]): Promise<Readings> {
    const result = this.#queue.then(() => this.#count(batch))
    this.#queue = result.catch(() => {})
    return result
  }

  async #count(batch: readonly Observations[]): Promise<Readings> {
    checkBatch(batch)
    const sum = new Collected()
    for (let from = 0; from < batch.length; from += CHUNK) {
      const chunk = batch.slice(from, from + CHUNK)
      // What follows a part that could not be counted would only wait for its budget as well.
      if (sum.counted) await this.#countChunk(chunk, sum)
      if (!sum.counted) for (const { ts } of chunk) this.#uncounted.note(ts)
    }
    return sum
  }

  async #countChunk(chunk: readonly Observations[], sum: Collected): Promise<void> {
    const deadline = performance.now() + this.#budget
    const budget = (): number => deadline - performance.now()
    try {
      await this.#prepare(chunk, budget)
      let only: Set<number> | undefined
      for (let tries = 0; tries < TRIES; tries++) {
        const calls = aggregate(chunk, this.#offsets, SHARDS, only).map((shard) =>
          encodeCount(shard, this.#offsets, this.#since!, this.#keys),
        )
        only = await this.#run(calls, budget(), sum)
        if (only.size === 0) return
      }
      throw new SigwatchError('STORE_CONFLICT', 'features: another instance counts the same partitions')
    } catch (error) {
      if (!isOutage(error)) throw error
      sum.counted = false
    }
  }

  /** What must be known or told before a batch is counted. */
  async #prepare(chunk: readonly Observations[], budget: () => number): Promise<void> {
    const unread = new Map<string, PartitionId>()
    for (const { position, once } of chunk) {
      if (once !== undefined) continue
      const key = partitionKey(position)
      if (!this.#offsets.has(key)) unread.set(key, { topic: position.topic, partition: position.partition })
    }
    const reset = await this.#load([...unread.values()], budget)
    if (reset.length > 0) this.#onReset(reset)
    const marks = this.#uncounted.newest()
    if (marks.length > 0) {
      const args = [MISSING_HOURS, ...marks.flat()]
      await this.#link.run(
        ALL_SHARDS.map((shard) => ({ script: MARK_MISSING, keys: [this.#keys.missing(shard)], args })),
        budget(),
      )
      this.#uncounted.told(marks)
    }
    if (performance.now() - this.#sinceReadAt > SINCE_EVERY) {
      const args = [this.#since ?? firstEventTime(chunk), LIMITS.baselineTtl]
      const [since] = await this.#link.run([{ script: SINCE, keys: [this.#keys.since], args }], budget())
      this.#since = Number(since)
      this.#sinceReadAt = performance.now()
    }
  }

  /** Returns the shards that refused; what they have stored is known then. */
  async #run(calls: readonly CountCall[], budgetMs: number, sum: Collected): Promise<Set<number>> {
    const replies = await this.#link.run(
      calls.map(({ call }) => call),
      budgetMs,
    )
    const refused = new Set<number>()
    for (const [i, call] of calls.entries()) {
      const reply = decodeCount(call, replies[i], this.#since!)
      let n = 0
      for (const [partition, offset] of call.offsets) {
        const offsets = this.#offsets.get(partition) ?? new Float64Array(SHARDS).fill(-1)
        this.#offsets.set(partition, offsets)
        offsets[call.shard] = reply.refused ? reply.refused[n++]! : offset
      }
      if (reply.refused) refused.add(call.shard)
      else sum.add(reply)
    }
    return refused
  }

  async sent(entity: string, days: readonly string[]): Promise<readonly number[]> {
    if (days.length === 0) return []
    const shard = shardOf(entity, SHARDS)
    const { slot, field } = sentPlace(entity)
    const keys = days.map((day) => this.#keys.sent(shard, day, slot))
    const [counts] = (await this.#link.run([{ script: SENT, keys, args: [field] }])) as [(string | null)[]]
    return counts.map((count) => Number(count ?? 0))
  }

  async totals(entity: string): Promise<readonly [number, number, number]> {
    const keys = [this.#keys.rate(shardOf(entity, SHARDS), entity)]
    const [totals] = await this.#link.run([{ script: TOTALS, keys, args: [RATE_MINUTES] }])
    return totals as [number, number, number]
  }

  unready(): readonly string[] {
    return this.#link.unready()
  }

  /** Waits for what is being counted. */
  async close(): Promise<void> {
    await this.#queue
  }
}

class Collected implements Readings {
  readonly rates: RateReading[] = []
  readonly members: MemberReading[] = []
  readonly tallies: TallyReading[] = []
  counted = true

  add(reply: Omit<Readings, 'counted'>): void {
    this.rates.push(...reply.rates)
    this.members.push(...reply.members)
    this.tallies.push(...reply.tallies)
  }
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof SigwatchError && (error.code === 'REDIS_UNREACHABLE' || error.code === 'STORE_CONFLICT')
  )
}

/**
 * Rate features in Redis, shared by all instances: 64 shards, one script call for each shard that a batch touches.
 * `count` never rejects for an outage: it resolves with `counted: false` (a part of the shards may have counted all the
 * same), and the buckets of the batch are marked as missing in every shard when Redis is back. Partitions that were
 * never assigned, or could not be read then, are read when they are first counted.
 * The link stays the caller's: `close` leaves it open.
 */
export function redisFeatureStore(link: RedisLink, options: RedisFeatureOptions): FeatureStore {
  return new RedisFeatureStore(link, options)
}
