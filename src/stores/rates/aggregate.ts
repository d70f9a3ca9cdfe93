import type { EventTime } from '../../domain/event-time.ts'
import type { Observations } from '../../domain/feature-store.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { partitionKey } from '../../domain/ports.ts'
import { BUCKET_MS } from '../../domain/time.ts'
import type { NewestTimes } from '../newest-times.ts'
import { AtomicDelta, type ShardBatch, type TallyDelta } from './deltas.ts'
import { addFanout, fanoutEntity, fanoutUntil } from './fanouts.ts'
import { sentUntil, shardOf, tallyEntity, tallyUntil, utcDay } from './layout.ts'

/** Last counted offset of each shard by partition key (`partitionKey` of the domain); -1 if there is none. */
export type CountedOffsets = ReadonlyMap<string, { readonly [shard: number]: number }>

export interface AggregateOptions {
  /** If set, aggregate only these shards. */
  readonly only?: ReadonlySet<number> | undefined
  /** Event times for skipping observations older than the retention of their counts; if absent, everything counts. */
  readonly times?: NewestTimes
  /** The stored name of an entity that is kept for long. */
  readonly nameOf?: (entity: string) => string
}

/**
 * Aggregates a batch by shard. Observations that a shard has counted before (at or below its offset in `counted`) are
 * included as zeros: they are judged again, so that a transition lost in a crash is found on redelivery, but counted
 * only once. An entity named twice by one message counts once.
 */
export function aggregate(
  batch: readonly Observations[],
  counted: CountedOffsets,
  shards: number,
  options: AggregateOptions = {},
): ShardBatch[] {
  const sum = new Aggregation(counted, shards, options)
  for (const o of batch) sum.add(o)
  for (const { main, once } of sum.touched) {
    sortBuckets(main)
    for (const group of once.values()) sortBuckets(group)
  }
  return sum.touched
}

class Aggregation {
  readonly touched: ShardBatch[] = []
  readonly #byShard: (ShardBatch | undefined)[]
  readonly #counted: CountedOffsets
  readonly #shards: number
  readonly #only: ReadonlySet<number> | undefined
  readonly #times: NewestTimes | undefined
  readonly #nameOf: (entity: string) => string
  // Partition of the last message, as consecutive records often share it.
  #topic = ''
  #partition = -1
  #key = ''
  #offsets: { readonly [shard: number]: number } | undefined
  #reached: EventTime | undefined
  /** Event time reached by each partition at the current message, starting from where it was before the batch. */
  readonly #reachedBy = new Map<string, EventTime>()
  #eventTime = Number.NEGATIVE_INFINITY
  /** Weight of the current message for the shard last passed to `#groupOf`: 0 if it was counted before. */
  #weight = 0
  /** Event time of the current message in units of 10 s. */
  #bucket = 0

  constructor(
    counted: CountedOffsets,
    shards: number,
    { only, times, nameOf = (entity) => entity }: AggregateOptions,
  ) {
    this.#counted = counted
    this.#shards = shards
    this.#only = only
    this.#times = times
    this.#nameOf = nameOf
    this.#byShard = new Array(shards)
  }

  add(o: Observations): void {
    const { topic, partition } = o.position
    if (partition !== this.#partition || topic !== this.#topic) {
      this.#topic = topic
      this.#partition = partition
      this.#key = partitionKey(o.position)
      this.#offsets = this.#counted.get(this.#key)
      const times = this.#times
      this.#reached = times && getOrInsert(this.#reachedBy, this.#key, () => times.startOf(this.#key))
    }
    this.#eventTime = this.#reached?.observe(o.ts) ?? Number.NEGATIVE_INFINITY
    this.#bucket = Math.floor(o.ts / BUCKET_MS)
    this.#rates(o)
    this.#members(o)
    this.#tallies(o)
    this.#fanout(o)
    this.#sent(o)
  }

  /** The group that a message is added to; undefined for a skipped shard. */
  #groupOf(o: Observations, entity: string): AtomicDelta | undefined {
    const shard = shardOf(entity, this.#shards)
    if (this.#only !== undefined && !this.#only.has(shard)) return undefined
    let target = this.#byShard[shard]
    if (target === undefined) {
      target = { shard, main: new AtomicDelta(), once: new Map(), offsets: new Map(), buckets: new Set() }
      this.#byShard[shard] = target
      this.touched.push(target)
    }
    if (o.once !== undefined) {
      this.#weight = 1
      target.buckets.add(this.#bucket)
      return getOrInsert(target.once, o.once, () => new AtomicDelta())
    }
    const { offset } = o.position
    if (offset <= (this.#offsets?.[shard] ?? -1)) {
      this.#weight = 0
      return target.main
    }
    this.#weight = 1
    target.buckets.add(this.#bucket)
    if (offset > (target.offsets.get(this.#key) ?? -1)) target.offsets.set(this.#key, offset)
    return target.main
  }

  #rates(o: Observations): void {
    const { rates } = o
    const bucket = this.#bucket
    for (let i = 0; i < rates.length; i++) {
      const r = rates[i]!
      const group = this.#groupOf(o, r.entity)
      if (group === undefined) continue
      let delta = group.rates.get(r.entity)
      if (delta === undefined) {
        const { entity, baseline, reportFrom } = r
        delta = { entity, from: this.#key, baseline, reportFrom, buckets: [bucket, 0, 0, 0] }
        group.rates.set(entity, delta)
      } else {
        if (delta.from !== this.#key) delta.from = undefined
        if (r.baseline) delta.baseline = true
        if (r.reportFrom < delta.reportFrom) delta.reportFrom = r.reportFrom
      }
      const at = bucketAt(delta.buckets, bucket)
      let repeated = false
      for (let k = 0; k < i; k++) if (rates[k]!.entity === r.entity) repeated = true
      if (!repeated)
        delta.buckets[at + (r.group === 'commercial' ? 1 : r.group === 'notice' ? 2 : 3)]! += this.#weight
    }
  }

  #members(o: Observations): void {
    const { members, ts } = o
    for (let i = 0; i < members.length; i++) {
      const m = members[i]!
      const group = this.#groupOf(o, m.entity)
      if (group === undefined) continue
      let delta = group.members.get(m.entity)
      if (delta === undefined) {
        const { entity, window, reportFrom, minCount } = m
        delta = { entity, window, reportFrom, minCount, members: [] }
        group.members.set(entity, delta)
      } else {
        if (m.window > delta.window) delta.window = m.window
        if (m.reportFrom < delta.reportFrom) delta.reportFrom = m.reportFrom
        if (m.minCount < delta.minCount) delta.minCount = m.minCount
      }
      const known = delta.members.find((member) => member.name === m.member)
      if (known === undefined) {
        delta.members.push({ name: m.member, count: this.#weight, last: this.#weight > 0 ? ts : 0 })
        continue
      }
      let repeated = this.#weight === 0
      for (let k = 0; k < i; k++) {
        if (members[k]!.entity === m.entity && members[k]!.member === m.member) repeated = true
      }
      if (repeated) continue
      known.count++
      if (ts > known.last) known.last = ts
    }
  }

  #tallies(o: Observations): void {
    const { tallies, ts } = o
    for (let i = 0; i < tallies.length; i++) {
      const t = tallies[i]!
      const bucket = Math.floor(ts / (t.window / 2))
      if (tallyUntil(t.window, bucket) < this.#eventTime) continue
      const entity = tallyEntity(t.kind, t.id)
      const group = this.#groupOf(o, entity)
      if (group === undefined) continue
      const first = group.tallies.get(entity)
      let delta = first
      while (delta !== undefined && (delta.bucket !== bucket || delta.window !== t.window)) delta = delta.next
      if (delta === undefined) {
        const { kind, id, window, reportFrom } = t
        group.tallies.set(entity, { kind, id, window, bucket, reportFrom, count: this.#weight, next: first })
        continue
      }
      if (t.reportFrom < delta.reportFrom) delta.reportFrom = t.reportFrom
      let repeated = false
      for (let k = 0; k < i; k++) {
        if (tallies[k]!.kind === t.kind && tallies[k]!.id === t.id && tallies[k]!.window === t.window)
          repeated = true
      }
      if (!repeated) delta.count += this.#weight
    }
  }

  #fanout(o: Observations): void {
    if (o.fanout === undefined || fanoutUntil(o.ts) < this.#eventTime) return
    const group = this.#groupOf(o, fanoutEntity(o.fanout))
    if (group) addFanout(group.fanouts, o.fanout, o, this.#weight)
  }

  #sent(o: Observations): void {
    if (sentUntil(o.ts) < this.#eventTime) return
    for (let i = 0; i < o.sent.length; i++) {
      const entity = this.#nameOf(o.sent[i]!)
      const group = this.#groupOf(o, entity)
      if (group === undefined || this.#weight === 0 || o.sent.indexOf(o.sent[i]!) < i) continue
      const day = utcDay(o.ts)
      const counts = getOrInsert(group.sent, day, () => new Map())
      counts.set(entity, (counts.get(entity) ?? 0) + 1)
    }
  }
}

/** Index of a bucket in the flat list, appended if it is new. Searched from the end, as messages are almost in order. */
function bucketAt(buckets: number[], bucket: number): number {
  for (let at = buckets.length - 4; at >= 0; at -= 4) if (buckets[at] === bucket) return at
  buckets.push(bucket, 0, 0, 0)
  return buckets.length - 4
}

function sortBuckets(group: AtomicDelta): void {
  for (const delta of group.rates.values()) {
    const { buckets } = delta
    if (buckets.length === 4) continue
    let sorted = true
    for (let at = 4; at < buckets.length && sorted; at += 4) sorted = buckets[at - 4]! < buckets[at]!
    if (sorted) continue
    const order = Array.from({ length: buckets.length / 4 }, (_, i) => 4 * i)
    order.sort((a, b) => buckets[a]! - buckets[b]!)
    delta.buckets = order.flatMap((at) => buckets.slice(at, at + 4))
  }
}

export function talliesOf(group: AtomicDelta): TallyDelta[] {
  const all: TallyDelta[] = []
  for (const first of group.tallies.values()) {
    for (let delta: TallyDelta | undefined = first; delta !== undefined; delta = delta.next) all.push(delta)
  }
  return all
}
