import type {
  FeatureStore,
  MeanRate,
  MemberReading,
  Observations,
  RateReading,
  Readings,
  TallyReading,
} from '../domain/feature-store.ts'
import { type PartitionId, partitionKey } from '../domain/ports.ts'
import { type AtomicDelta, aggregate, talliesOf } from './aggregate.ts'
import { LIMITS, tallyEntity } from './layout.ts'
import { MemoryMembers } from './memory-members.ts'
import { MemoryRates } from './memory-rates.ts'
import { checkBatch, firstEventTime } from './observations.ts'

/** Event time between two sweeps of what is forgotten, ms. */
const SWEEP_EVERY = 600_000

class MemoryFeatureStore implements FeatureStore {
  readonly #rates = new MemoryRates()
  readonly #members = new MemoryMembers()
  /** By `<window>/<bucket>`, then by `<kind>/<id>`. */
  readonly #tallies = new Map<string, { readonly until: number; readonly counts: Map<string, number> }>()
  /** By UTC day, then by entity. */
  readonly #sent = new Map<string, Map<string, number>>()
  /** Event time by `once` key. */
  readonly #once = new Map<string, number>()
  /** Last counted offset by partition key, in the form of a single shard. */
  readonly #offsets = new Map<string, [number]>()
  readonly #topicIds = new Map<string, string>()
  #since: number | undefined
  #eventTime = 0
  #sweptAt = 0

  async assign(
    partitions: readonly (PartitionId & { readonly endOffset?: number; readonly topicId?: string })[],
  ): Promise<readonly PartitionId[]> {
    const reset: PartitionId[] = []
    for (const { topic, partition, endOffset, topicId } of partitions) {
      const key = partitionKey({ topic, partition })
      const stored = this.#offsets.get(key)?.[0]
      const id = this.#topicIds.get(key)
      if (topicId !== undefined) this.#topicIds.set(key, topicId)
      if (stored === undefined) continue
      const isSame = topicId !== undefined && id === topicId
      const isOther = topicId !== undefined && id !== undefined && id !== topicId
      const isBeyond = endOffset !== undefined && stored >= endOffset
      if (isSame && isBeyond) this.#offsets.set(key, [endOffset - 1])
      else if (isOther || isBeyond) {
        this.#offsets.delete(key)
        reset.push({ topic, partition })
      }
    }
    return reset
  }

  /** What was counted stays known: another owner in this process goes on from there. */
  revoke(_partitions: readonly PartitionId[]): void {}

  async count(batch: readonly Observations[]): Promise<Readings> {
    const readings = {
      rates: [] as RateReading[],
      members: [] as MemberReading[],
      tallies: [] as TallyReading[],
    }
    checkBatch(batch)
    if (batch.length === 0) return { ...readings, counted: true }
    this.#since ??= firstEventTime(batch)
    for (const shard of aggregate(batch, this.#offsets, 1)) {
      for (const [key, group] of shard.once) {
        this.#apply(group, !this.#once.has(key), readings)
        this.#once.set(key, this.#eventTime)
      }
      // Last, so that its windows hold all of the batch.
      this.#apply(shard.main, true, readings)
      for (const [key, offset] of shard.offsets) this.#offsets.set(key, [offset])
    }
    this.#sweep(batch)
    return { ...readings, counted: true }
  }

  #apply(
    group: AtomicDelta,
    counting: boolean,
    readings: { rates: RateReading[]; members: MemberReading[]; tallies: TallyReading[] },
  ): void {
    for (const delta of group.rates.values()) this.#rates.apply(delta, counting, this.#since!, readings.rates)
    for (const delta of group.members.values()) this.#members.apply(delta, counting, readings.members)
    for (const { kind, id, window, bucket, count, reportFrom } of talliesOf(group)) {
      const entity = tallyEntity(kind, id)
      const current = this.#tally(window, bucket)
      if (counting && count > 0) current.set(entity, (current.get(entity) ?? 0) + count)
      const total =
        (current.get(entity) ?? 0) + (this.#tallies.get(`${window}/${bucket - 1}`)?.counts.get(entity) ?? 0)
      if (total >= reportFrom) readings.tallies.push({ kind, id, count: total })
    }
    if (!counting) return
    for (const [day, added] of group.sent) {
      let counts = this.#sent.get(day)
      if (counts === undefined) {
        counts = new Map()
        this.#sent.set(day, counts)
      }
      for (const [entity, count] of added) counts.set(entity, (counts.get(entity) ?? 0) + count)
    }
  }

  #tally(window: number, bucket: number): Map<string, number> {
    const key = `${window}/${bucket}`
    let tally = this.#tallies.get(key)
    if (tally === undefined) {
      tally = { until: (bucket + 2) * (window / 2), counts: new Map() }
      this.#tallies.set(key, tally)
    }
    return tally.counts
  }

  #sweep(batch: readonly Observations[]): void {
    const times = batch.map((o) => o.ts).sort((a, b) => a - b)
    this.#eventTime = Math.max(this.#eventTime, times[times.length >> 1]!)
    const now = this.#eventTime
    if (now - this.#sweptAt < SWEEP_EVERY) return
    this.#sweptAt = now
    this.#rates.forget(now - LIMITS.rateTtl * 1000, now - LIMITS.baselineTtl * 1000)
    this.#members.forget(now)
    for (const [key, { until }] of this.#tallies)
      if (until + LIMITS.tallySlack * 1000 < now) this.#tallies.delete(key)
    for (const [key, at] of this.#once) if (at < now - LIMITS.onceTtl * 1000) this.#once.delete(key)
    for (const day of this.#sent.keys())
      if (Date.parse(day) < now - LIMITS.sentTtl * 1000) this.#sent.delete(day)
  }

  async sent(entity: string, days: readonly string[]): Promise<readonly number[]> {
    return days.map((day) => this.#sent.get(day)?.get(entity) ?? 0)
  }

  async baselines(entities: readonly string[], ts: number): Promise<readonly (MeanRate | undefined)[]> {
    return entities.map((entity) => this.#rates.usual(entity, ts))
  }

  async totals(entity: string): Promise<readonly [number, number, number]> {
    return this.#rates.totals(entity)
  }

  unready(): readonly string[] {
    return []
  }

  async close(): Promise<void> {}
}

/**
 * Rate features of one process, in memory: the embedded mode, and a service without Redis (whose instances then do not
 * share them). Nothing survives the process. What Redis forgets by its clock is forgotten here by event time.
 */
export function memoryFeatureStore(): FeatureStore {
  return new MemoryFeatureStore()
}
