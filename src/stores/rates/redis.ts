import type { Outcome, RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type {
  FeatureStore,
  LogsOf,
  LostCounts,
  MeanRate,
  Observations,
  Readings,
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

const SINCE = loadScript(new URL('./since.lua', import.meta.url), 'since')

/** Observations that go to Redis together: more would hold up everybody else there. */
const CHUNK = 4096
/** Observations that one budget is for: as many again get another. */
const A_BUDGET = 2048
/** A refusal says what is stored, so the second try fits unless another instance counts the same partition now. */
const TRIES = 4
/** Wall clock between two readings of the store's first event time, ms: it also keeps the key alive. */
const SINCE_EVERY = HOUR
/** Share of messages that are not counted whole from which the rates are not ready. */
const UNREADY_FROM = 0.1

/** Observations of a batch that go to Redis together, and where they begin in it. */
interface Chunk {
  readonly observations: readonly Observations[]
  readonly from: number
  readonly attempts: Attempts
}

class RedisFeatureStore implements FeatureStore {
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
  /** Of batches that were not counted whole, until they are or are given up. */
  readonly #attempts = new WeakMap<readonly Observations[], Attempts>()
  /** Counts were lost, and it is not known yet of all shards whether they lost some. */
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

  /** Notes the epoch of a shard. Returns whether it is another one than before: what the shard held is lost. */
  #noteEpoch(shard: number, epoch: string): boolean {
    if (!this.#shards.noteEpoch(shard, epoch)) return false
    this.#partitions.forgetShard(shard)
    this.#lost(shard, this.#shards.hourAgo, 'emptied')
    return true
  }

  #lost(shard: number, from: number, how: LostCounts['how']): void {
    // The first event time of the store lies there.
    if (shard === 0) this.#sinceReadAt = Number.NEGATIVE_INFINITY
    this.#shards.lost(shard, from, how)
    this.#isDoubtful = true
  }

  /** Counts that the shard had are gone: it stands at an offset below the one that it is known to have counted. */
  #fellBack(shard: number, key: string, stored: number): void {
    this.#partitions.learn(shard, key, stored)
    this.#lost(shard, this.#partitions.since(key, stored) ?? this.#shards.hourAgo, 'older')
  }

  /** What was lost in one shard may be lost in others, of which nothing is counted for now. */
  async #compareShards(): Promise<void> {
    const isWhole = await this.#offsets.compare(this.#budget, (...place) => this.#fellBack(...place))
    this.#isDoubtful = !isWhole
  }

  /** Batches are counted one after the other: a later one of the same partition must find the offsets of the former. */
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
        // What follows a part that could not be counted would only wait for its budget as well.
        const unknown = this.#partitions.unknown(shard.shard, shard.offsets.keys()).length > 0
        if (!sum.failed.has(shard.shard) && !unknown) due.push(shard)
        else this.#leave(chunk, shard, sum)
      }
      only = await this.#send(chunk, due, sum)
      if (only.size === 0) return
      // A shard that lost what it held is asked for its offsets once more.
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

  /** What must be known of a chunk before it is counted; each round trip has a budget of its own. */
  async #prepare(chunk: readonly Observations[], keys: ReadonlySet<string>): Promise<void> {
    const reset = await this.#offsets.load([...keys], this.#budget)
    if (reset.length > 0) this.#options.onReset?.(reset)
    await this.#feed.exchange(this.#budget)
    if (performance.now() - this.#sinceReadAt <= SINCE_EVERY) return
    const args = [this.#since ?? firstEventTime(chunk), LIMITS.baselineTtl]
    const call = { script: SINCE, keys: [this.#keys.since], args }
    const [outcome] = await this.#link.settle([call], { budgetMs: this.#budget })
    // Until it is known, baselines are as young as what this instance has seen.
    if (outcome!.error) this.#since ??= firstEventTime(chunk)
    else {
      this.#since = Number(outcome!.reply)
      this.#sinceReadAt = performance.now()
    }
  }

  /** Returns the shards that refused; what they have stored is known then. */
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
      // Whether it was counted is not known yet.
      if (outcome.error && outcome.late) continue
      const reply = this.#take(chunk, call, outcome)
      if (reply?.refused) refused.add(call.batch.shard)
      else if (reply) sum.add(reply)
    }
    return refused
  }

  /** Takes in what came of a call, in time or late; undefined when it failed. */
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

  unready(): readonly string[] {
    const reasons = [...this.#link.unready()]
    const share = this.#share.value
    if (share >= UNREADY_FROM)
      reasons.push(`redis: ${Math.round(100 * share)}% of the messages of the last seconds were not counted`)
    if (this.#shards.recentlyLost)
      reasons.push('redis: counts were lost; windows of the last hour are incomplete')
    return reasons
  }

  /** Waits for what is being counted, and marks what could not be. */
  async close(): Promise<void> {
    await this.#queue
    this.#offsets.close()
    await this.#shards.close()
  }
}

/**
 * Rate features in Redis, shared by all instances: 64 shards, one script call for each shard that a batch touches, each
 * with an outcome of its own. `count` never rejects for an outage: what could not be counted is in `uncounted`, and once
 * the batch is given up its buckets are marked as missing in its shards with what is counted there next. An answer that
 * comes too late for the verdicts of its batch is taken in all the same. Partitions that were never assigned, or could not
 * be read then, are read when they are first counted. The link stays the caller's: `close` leaves it open.
 */
export function redisFeatureStore(link: RedisLink, options: RedisFeatureOptions): FeatureStore {
  return new RedisFeatureStore(link, options)
}
