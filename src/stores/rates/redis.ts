import type { Outcome, RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type {
  LogsOf,
  LostCounts,
  MeanRate,
  Observations,
  Readings,
  SharedFeatureStore,
} from '../../domain/feature-store.ts'
import type { PartitionId } from '../../domain/ports.ts'
import { HOUR } from '../../domain/time.ts'
import { NewestTimes } from '../newest-times.ts'
import { aggregate } from './aggregate.ts'
import { Attempts } from './attempts.ts'
import { Collected, judgedBy } from './collected.ts'
import { CountedPartitions } from './counted-partitions.ts'
import { decodeCount } from './decode.ts'
import type { ShardBatch } from './deltas.ts'
import { type CountCall, encodeCount } from './encode.ts'
import { FeatureKeys, LIMITS, SHARDS } from './layout.ts'
import { checkBatch, endOfChunk, firstEventTime, newestTime } from './observations.ts'
import { readBaselines } from './redis-baselines.ts'
import { SharedFeed } from './redis-feed.ts'
import { StoredOffsets } from './redis-offsets.ts'
import type { RedisFeatureOptions } from './redis-options.ts'
import { readSent, readTotals } from './redis-sent.ts'
import { FeatureShards } from './redis-shards.ts'
import { StoredNames } from './stored-names.ts'
import { UncountedShare } from './uncounted-share.ts'

const SINCE = loadScript(import.meta.url, 'since')

/** Observations sent to Redis together (more would delay its other clients), and those per budget. */
const CHUNK = 4096
const A_BUDGET = 2048
/** A refusal returns the stored offset, so the second attempt succeeds unless another instance counts the partition now. */
const TRIES = 4
/** Wall-clock interval of reading the store's first event time, ms, which also renews the TTL of the key. */
const SINCE_EVERY = HOUR
/** Share of messages not fully counted from which the rates are not ready. */
const UNREADY_FROM = 0.1

/** Observations of a batch that are sent together, and their start in it. */
interface Chunk {
  readonly observations: readonly Observations[]
  readonly from: number
  readonly attempts: Attempts
}

class RedisFeatureStore implements SharedFeatureStore {
  readonly #link: RedisLink
  readonly #options: RedisFeatureOptions
  readonly #keys: FeatureKeys
  readonly #budget: number
  readonly #partitions = new CountedPartitions()
  readonly #shards: FeatureShards
  readonly #offsets: StoredOffsets
  readonly #share = new UncountedShare()
  readonly #times = new NewestTimes()
  readonly #feed: SharedFeed
  readonly #names: StoredNames
  /** Attempts of batches that are not fully counted, until they are or are given up. */
  readonly #attempts = new WeakMap<readonly Observations[], Attempts>()
  /** Counts were lost, and it is not known yet for all shards whether they lost some. */
  #isDoubtful = false
  #since: number | undefined
  #sinceReadAt = Number.NEGATIVE_INFINITY
  #queue: Promise<unknown> = Promise.resolve()

  constructor(link: RedisLink, options: RedisFeatureOptions) {
    this.#link = link
    this.#options = options
    this.#keys = new FeatureKeys(options)
    this.#feed = new SharedFeed(link, this.#keys)
    this.#names = new StoredNames(options.tokenKeys ?? [])
    this.#shards = new FeatureShards(link, this.#keys, options.onLost)
    this.#budget = options.budgetMs ?? 100
    this.#offsets = new StoredOffsets({
      ...{ link, keys: this.#keys, partitions: this.#partitions, onReset: options.onReset },
      noteEpoch: (shard, epoch) => this.#noteEpoch(shard, epoch),
    })
  }

  assign(partitions: readonly PartitionId[], logsOf?: LogsOf): Promise<readonly PartitionId[]> {
    return this.#offsets.assign(partitions, logsOf)
  }

  revoke(partitions: readonly PartitionId[]): void {
    for (const partition of partitions) this.#partitions.forget(partition)
  }

  /** Records the epoch of a shard. Returns whether it has changed, which means that the shard lost its data. */
  #noteEpoch(shard: number, epoch: string): boolean {
    if (!this.#shards.noteEpoch(shard, epoch)) return false
    this.#partitions.forgetShard(shard)
    this.#lost(shard, this.#shards.hourAgo, 'emptied')
    return true
  }

  #lost(shard: number, from: number, how: LostCounts['how']): void {
    // This shard contains the first event time of the store.
    if (shard === 0) this.#sinceReadAt = Number.NEGATIVE_INFINITY
    this.#shards.lost(shard, from, how)
    this.#isDoubtful = true
  }

  /** The shard lost counts: its offset is below the one that it is known to have counted. */
  #fellBack(shard: number, key: string, stored: number): void {
    this.#partitions.learn(shard, key, stored)
    this.#lost(shard, this.#partitions.since(key, stored) ?? this.#shards.hourAgo, 'older')
  }

  /** A loss in one shard may affect others, which are not counted in until that is known. */
  async #compareShards(): Promise<void> {
    const isWhole = await this.#offsets.compare(this.#budget, (...place) => this.#fellBack(...place))
    this.#isDoubtful = !isWhole
  }

  /** Batches are counted one at a time: a later one of the same partition must find the offsets of the earlier one. */
  count(batch: readonly Observations[]): Promise<Readings> {
    const result = this.#queue.then(() => this.#count(batch))
    this.#queue = result.catch(() => {})
    return result
  }

  giveUp(batch: readonly Observations[]): void {
    this.#attempts.get(batch)?.giveUp()
    this.#attempts.delete(batch)
  }

  async #count(batch: readonly Observations[]): Promise<Readings> {
    checkBatch(batch)
    this.#times.begin()
    const sum = new Collected()
    const attempts = this.#attempts.get(batch) ?? new Attempts((...missing) => this.#shards.miss(...missing))
    for (let from = 0, to = 0; from < batch.length; from = to) {
      to = endOfChunk(batch, from, CHUNK)
      await this.#countChunk({ observations: batch.slice(from, to), from, attempts }, sum)
    }
    if (this.#isDoubtful) await this.#compareShards()
    const { rates, members, tallies, fanouts, failed } = sum
    const uncounted = failed.size === 0 ? undefined : judgedBy(batch, failed)
    this.#share.note(batch.length, uncounted?.size ?? 0)
    if (uncounted) this.#attempts.set(batch, attempts)
    else this.#attempts.delete(batch)
    return { rates, members, tallies, fanouts, counted: !uncounted, ...(uncounted ? { uncounted } : {}) }
  }

  async #countChunk(chunk: Chunk, sum: Collected): Promise<void> {
    const { observations } = chunk
    for (const { ts } of observations) this.#shards.saw(ts)
    this.#feed.see(observations, this.#times)
    const keys = this.#partitions.noteAll(observations)
    await this.#prepare(observations, keys)
    let only: Set<number> | undefined
    for (let tries = 0; tries < TRIES; tries++) {
      const due: ShardBatch[] = []
      for (const shard of this.#aggregate(observations, only)) {
        // After a part that could not be counted, later ones would only use up their budget as well.
        const unknown = this.#partitions.unknown(shard.shard, shard.offsets.keys()).length > 0
        if (!sum.failed.has(shard.shard) && !unknown) due.push(shard)
        else this.#leave(chunk, shard, sum)
      }
      only = await this.#send(chunk, due, sum)
      if (only.size === 0) return
      // A shard that lost its data is asked for its offsets again.
      await this.#offsets.load([...keys], this.#budget)
    }
    // Another instance counts the same partitions now.
    for (const shard of this.#aggregate(observations, only)) this.#leave(chunk, shard, sum)
  }

  #aggregate(observations: readonly Observations[], only: ReadonlySet<number> | undefined) {
    const options = { only, times: this.#times, nameOf: this.#names.of }
    return aggregate(observations, this.#partitions.offsets, SHARDS, options)
  }

  #leave({ from, attempts }: Chunk, shard: ShardBatch, sum: Collected): void {
    sum.failed.add(shard.shard)
    attempts.add(from, shard, false)
  }

  /** Loads what must be known before a chunk is counted; each round trip has its own budget. */
  async #prepare(chunk: readonly Observations[], keys: ReadonlySet<string>): Promise<void> {
    const reset = await this.#offsets.load([...keys], this.#budget)
    if (reset.length > 0) this.#options.onReset?.(reset)
    await this.#feed.exchange(this.#budget)
    if (performance.now() - this.#sinceReadAt <= SINCE_EVERY) return
    const args = [this.#since ?? firstEventTime(chunk), LIMITS.baselineTtl]
    const call = { script: SINCE, keys: [this.#keys.since], args }
    const [outcome] = await this.#link.settle([call], { budgetMs: this.#budget })
    // Until it is known, baselines are considered as young as what this instance has seen.
    if (outcome!.error) this.#since ??= firstEventTime(chunk)
    else {
      this.#since = Number(outcome!.reply)
      this.#sinceReadAt = performance.now()
    }
  }

  /** Returns the shards that refused, whose stored offsets are known then. */
  async #send(chunk: Chunk, batches: readonly ShardBatch[], sum: Collected): Promise<Set<number>> {
    const [names, feed, since] = [this.#names, this.#feed, this.#since!]
    const heard = newestTime(chunk.observations, this.#times)
    const budgetMs = this.#budget * Math.ceil(chunk.observations.length / A_BUDGET)
    const calls = batches.map((batch) => {
      chunk.attempts.add(chunk.from, batch, true)
      const { epoch, uncounted } = this.#shards.of(batch.shard)
      const facts = { names, feed, epoch, marks: uncounted.newest(), since, heard }
      return encodeCount(batch, this.#partitions.offsets, facts, this.#keys, this.#link.cluster)
    })
    const outcomes = await this.#link.settle(
      calls.map(({ call }) => call),
      { budgetMs, late: (i, outcome) => void this.#take(chunk, calls[i]!, outcome) },
    )
    const refused = new Set<number>()
    for (const [i, outcome] of outcomes.entries()) {
      const call = calls[i]!
      if (outcome.error) sum.failed.add(call.batch.shard)
      // It is not known yet whether it was counted.
      if (outcome.error && outcome.late) continue
      const reply = this.#take(chunk, call, outcome)
      if (reply?.refused) refused.add(call.batch.shard)
      else if (reply) sum.add(reply)
    }
    return refused
  }

  /** Processes the outcome of a call, in time or late; undefined if it failed. */
  #take({ from, attempts }: Chunk, call: CountCall, outcome: Outcome) {
    const { batch, marks, expected } = call
    const { shard } = batch
    if (outcome.error) {
      if (outcome.error.code === 'REDIS_REFUSED') this.#options.onRefused?.(outcome.error)
      attempts.ended(from, shard, false)
      return undefined
    }
    const reply = decodeCount(call, outcome.reply, this.#since!, this.#feed)
    attempts.ended(from, shard, reply.refused === undefined)
    if (reply.refused === undefined) {
      this.#noteEpoch(shard, reply.epoch)
      this.#shards.of(shard).uncounted.marked(marks)
      for (const [key, offset] of batch.offsets) this.#partitions.reached(shard, key, offset)
      return reply
    }
    if (this.#noteEpoch(shard, reply.epoch)) return reply
    for (const [n, key] of [...batch.offsets.keys()].entries()) {
      const stored = reply.refused[n]!
      const before = expected.get(key)!
      if (stored >= before) this.#partitions.reached(shard, key, stored)
      else this.#fellBack(shard, key, stored)
    }
    return reply
  }

  sent(entity: string, days: readonly string[]): Promise<readonly number[]> {
    return readSent(this.#link, this.#keys, this.#names.all(entity), days)
  }

  async baselines(entities: readonly string[], ts: number): Promise<readonly (MeanRate | undefined)[]> {
    return readBaselines(this.#link, this.#keys, entities, ts)
  }

  feedShare(from: number, to: number): number {
    return this.#feed.share(from, to)
  }

  async totals(entity: string): Promise<readonly [number, number, number]> {
    return readTotals(this.#link, this.#keys, entity)
  }

  evicted(): void {
    this.#shards.evicted()
  }

  unready(): readonly string[] {
    const reasons = [...this.#link.unready()]
    const share = this.#share.value
    if (share >= UNREADY_FROM)
      reasons.push(`redis: ${Math.round(100 * share)}% of the messages of the last seconds were not counted`)
    if (this.#shards.recentlyLost)
      reasons.push('redis: counts were lost; windows of the last hour are incomplete')
    return reasons
  }

  async close(): Promise<void> {
    await this.#queue
    this.#offsets.close()
    await this.#shards.close()
  }
}

/**
 * Rate features in Redis, shared by all instances: 64 shards, one script call and one outcome each. `count` never
 * rejects because of an outage: it returns what could not be counted in `uncounted`, and marks its buckets as
 * missing once the batch is given up. Late answers are still processed. `close` leaves the link open.
 */
export function redisFeatureStore(link: RedisLink, options: RedisFeatureOptions): SharedFeatureStore {
  return new RedisFeatureStore(link, options)
}
