import type {
  FeatureStore,
  LogId,
  LogsOf,
  MeanRate,
  Observations,
  Readings,
  TallyReading,
} from '../../domain/feature-store.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import { NewestTimes } from '../newest-times.ts'
import { aggregate } from './aggregate.ts'
import type { Collected } from './collected.ts'
import type { AtomicDelta, TallyDelta } from './deltas.ts'
import { Feed } from './feed.ts'
import { LIMITS, tallyUntil } from './layout.ts'
import { logChangeOf } from './log-change.ts'
import { MemoryFanouts } from './memory-fanouts.ts'
import { MemoryMembers } from './memory-members.ts'
import { MemoryRates } from './memory-rates.ts'
import { checkBatch, firstEventTime, newestTime } from './observations.ts'

/** Event time between two cleanups, ms. */
const SWEEP_EVERY = 600_000

/** Counts of half a window, by `<kind>/<id>`. */
interface Tally {
  /** Event time until which it is kept, after which no window includes it. */
  readonly until: number
  readonly counts: Map<string, number>
  /** The previous half. */
  before: Tally | undefined
}

/** Readings that are being collected. */
type Lists = Pick<Collected, 'rates' | 'members' | 'tallies' | 'fanouts'>

class MemoryFeatureStore implements FeatureStore {
  readonly #feed = new Feed()
  readonly #rates = new MemoryRates(this.#feed)
  readonly #members = new MemoryMembers()
  readonly #fanouts = new MemoryFanouts()
  /** By window and bucket. */
  readonly #tallies = new Map<number, Map<number, Tally>>()
  /** By UTC day, then by entity. */
  readonly #sent = new Map<string, Map<string, number>>()
  /** Event time by `once` key. */
  readonly #once = new Map<string, number>()
  /** Last counted offset by partition key, in the form of a single shard. */
  readonly #offsets = new Map<string, [number]>()
  readonly #topicIds = new Map<string, string>()
  readonly #times = new NewestTimes()
  #since: number | undefined
  #eventTime = 0
  #sweptAt = 0

  async assign(partitions: readonly PartitionId[], logsOf?: LogsOf): Promise<readonly PartitionId[]> {
    const before = partitions.map((id) => this.#offsets.get(partitionKey(id)))
    const logs = new Map((await logsOf?.(partitions))?.map((log) => [partitionKey(log), log]))
    const reset: PartitionId[] = []
    for (const [n, { topic, partition }] of partitions.entries()) {
      const key = partitionKey({ topic, partition })
      const stored = this.#offsets.get(key)
      const log: LogId = logs.get(key) ?? {}
      const change = logChangeOf({ offset: stored?.[0] ?? -1, topicId: this.#topicIds.get(key) }, log)
      // Counts or resets that happened meanwhile are more recent than the end of the log.
      if (change === undefined || stored !== before[n]) continue
      if (log.topicId !== undefined) this.#topicIds.set(key, log.topicId)
      if (change.offset < 0) this.#offsets.delete(key)
      else this.#offsets.set(key, [change.offset])
      if (change.isAnew) reset.push({ topic, partition })
    }
    return reset
  }

  /** Offsets are kept: another owner in this process continues from them. */
  revoke(_partitions: readonly PartitionId[]): void {}

  async count(batch: readonly Observations[]): Promise<Readings> {
    const readings: Readings & Lists = { rates: [], members: [], tallies: [], fanouts: [], counted: true }
    checkBatch(batch)
    this.#times.begin()
    this.#feed.see(batch, this.#times)
    if (batch.length === 0) return readings
    this.#since ??= firstEventTime(batch)
    this.#advance(batch)
    this.#fanouts.hear(newestTime(batch, this.#times))
    for (const shard of aggregate(batch, this.#offsets, 1, { times: this.#times })) {
      for (const [key, group] of shard.once) {
        this.#apply(group, !this.#once.has(key), readings)
        this.#once.set(key, this.#eventTime)
      }
      // Last, so that its windows include the whole batch.
      this.#apply(shard.main, true, readings)
      for (const [key, offset] of shard.offsets) this.#offsets.set(key, [offset])
    }
    this.#sweep()
    return readings
  }

  #apply(group: AtomicDelta, counting: boolean, readings: Lists): void {
    for (const delta of group.rates.values()) this.#rates.apply(delta, counting, this.#since!, readings.rates)
    for (const delta of group.members.values()) this.#members.apply(delta, counting, readings.members)
    for (const [entity, first] of group.tallies) {
      for (let delta: TallyDelta | undefined = first; delta !== undefined; delta = delta.next)
        this.#applyTally(entity, delta, counting, readings.tallies)
    }
    this.#fanouts.apply(group.fanouts, counting, readings.fanouts)
    if (!counting) return
    for (const [day, added] of group.sent) {
      const counts = getOrInsert(this.#sent, day, () => new Map())
      for (const [entity, count] of added) counts.set(entity, (counts.get(entity) ?? 0) + count)
    }
  }

  #applyTally(entity: string, delta: TallyDelta, counting: boolean, readings: TallyReading[]): void {
    const { kind, id, window, bucket, count, reportFrom } = delta
    const { counts, before } = this.#tally(window, bucket)
    let total = counts.get(entity) ?? 0
    if (counting && count > 0) {
      total += count
      counts.set(entity, total)
    }
    total += before?.counts.get(entity) ?? 0
    if (total >= reportFrom) readings.push({ kind, id, count: total })
  }

  #tally(window: number, bucket: number): Tally {
    const byBucket = getOrInsert(this.#tallies, window, () => new Map())
    let tally = byBucket.get(bucket)
    if (tally === undefined) {
      tally = { until: tallyUntil(window, bucket), counts: new Map(), before: byBucket.get(bucket - 1) }
      byBucket.set(bucket, tally)
      const next = byBucket.get(bucket + 1)
      if (next) next.before = tally
    }
    return tally
  }

  /** Called before counting, so that retention is based on the new times. */
  #advance(batch: readonly Observations[]): void {
    const times = new Float64Array(batch.length)
    for (let i = 0; i < batch.length; i++) times[i] = batch[i]!.ts
    times.sort()
    this.#eventTime = Math.max(this.#eventTime, times[times.length >> 1]!)
  }

  #sweep(): void {
    const now = this.#eventTime
    if (now - this.#sweptAt < SWEEP_EVERY) return
    this.#sweptAt = now
    this.#rates.forget(now - LIMITS.rateTtl * 1000, now - LIMITS.baselineTtl * 1000)
    this.#members.forget(now)
    this.#fanouts.forget(now)
    for (const byBucket of this.#tallies.values()) this.#forgetTallies(byBucket, now)
    for (const [key, at] of this.#once) if (at < now - LIMITS.onceTtl * 1000) this.#once.delete(key)
    for (const day of this.#sent.keys())
      if (Date.parse(day) < now - LIMITS.sentTtl * 1000) this.#sent.delete(day)
  }

  #forgetTallies(byBucket: Map<number, Tally>, now: number): void {
    for (const [bucket, { until }] of byBucket) {
      if (until >= now) continue
      byBucket.delete(bucket)
      const next = byBucket.get(bucket + 1)
      if (next) next.before = undefined
    }
  }

  async sent(entity: string, days: readonly string[]): Promise<readonly number[]> {
    return days.map((day) => this.#sent.get(day)?.get(entity) ?? 0)
  }

  async baselines(entities: readonly string[], ts: number): Promise<readonly (MeanRate | undefined)[]> {
    return entities.map((entity) => this.#rates.usual(entity, ts))
  }

  feedShare(from: number, to: number): number {
    return this.#feed.share(from, to)
  }

  async totals(entity: string): Promise<readonly [number, number, number]> {
    return this.#rates.totals(entity)
  }

  giveUp(): void {}

  unready(): readonly string[] {
    return []
  }

  async close(): Promise<void> {}
}

/**
 * Rate features of a single process, in memory: for the embedded mode, and for a service without Redis (whose instances
 * then do not share them). They are not persisted. Data that expires on Redis by its clock expires here by event time.
 */
export function memoryFeatureStore(): FeatureStore {
  return new MemoryFeatureStore()
}
