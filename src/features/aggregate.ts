import { SigwatchError } from '../domain/errors.ts'
import type { Observations } from '../domain/ports.ts'
import { BUCKET_MS, shardOf, tallyEntity, utcDay } from './layout.ts'

/**
 * What a batch adds to one rate entity. `buckets` is flat, four numbers a bucket in ascending order: bucket (event time
 * over 10 s), commercial, notice, fraud. A bucket of zeros was counted before: it is read again, not counted.
 */
export interface RateDelta {
  readonly entity: string
  baseline: boolean
  reportFrom: number
  buckets: number[]
}

export interface MemberDelta {
  readonly entity: string
  window: number
  reportFrom: number
  minCount: number
  /** By member: observations and the last event time. A count of 0 was counted before. */
  readonly members: Map<string, { count: number; last: number }>
}

export interface TallyDelta {
  readonly kind: string
  readonly id: string
  readonly window: number
  /** Event time over half the window. */
  readonly bucket: number
  reportFrom: number
  count: number
}

export interface SentDelta {
  readonly entity: string
  readonly day: string
  count: number
}

/** What is counted together or not at all: by offset, or by one `once` key. */
export class Group {
  readonly rates = new Map<string, RateDelta>()
  readonly members = new Map<string, MemberDelta>()
  readonly tallies = new Map<string, TallyDelta>()
  readonly sent = new Map<string, SentDelta>()
}

/** What a batch adds to one shard. */
export interface ShardBatch {
  readonly shard: number
  readonly main: Group
  /** By `once` key. */
  readonly once: Map<string, Group>
  /** Highest offset by partition key, for the partitions that add something here. */
  readonly offsets: Map<string, number>
}

/** Last counted offset of each shard by partition key (`partitionKey` of the domain); -1: none. */
export type CountedOffsets = ReadonlyMap<string, { readonly [shard: number]: number }>

const EARLIEST = Date.UTC(2000, 0, 1)

/** Rejects what no message can have: a defect of the caller, found before anything is counted. */
export function checkBatch(batch: readonly Observations[]): void {
  for (const o of batch) {
    if (!Number.isSafeInteger(o.position.offset) || o.position.offset < 0) fail('offset', o.position.offset)
    if (!Number.isSafeInteger(o.position.partition) || o.position.partition < 0) {
      fail('partition', o.position.partition)
    }
    if (!Number.isSafeInteger(o.ts) || o.ts < EARLIEST) fail('ts', o.ts)
    for (const r of o.rates) {
      if (r.group !== 'commercial' && r.group !== 'notice' && r.group !== 'fraud') fail('group', r.group)
      if (Number.isNaN(r.reportFrom)) fail('reportFrom', r.reportFrom)
    }
    for (const m of o.members) if (!(m.window > 0 && Number.isSafeInteger(m.window))) fail('window', m.window)
    for (const t of o.tallies) if (!(t.window > 1 && Number.isSafeInteger(t.window))) fail('window', t.window)
  }
}

function fail(what: string, value: unknown): never {
  throw new SigwatchError('INTERNAL', `features: ${what} of an observation is ${String(value)}`)
}

/**
 * Adds up a batch by shard. What a shard has counted before (at or below its offset in `counted`) goes in with zeros:
 * it is judged again, so that a transition that a crash swallowed is found when its messages come back, and counts
 * nothing. An entity named twice by one message counts once. `only`: leave out the other shards.
 */
export function aggregate(
  batch: readonly Observations[],
  counted: CountedOffsets,
  shards: number,
  only?: ReadonlySet<number>,
): ShardBatch[] {
  const byShard: (ShardBatch | undefined)[] = new Array(shards)
  const touched: ShardBatch[] = []
  let topic = ''
  let partition = -1
  let key = ''
  let offsets: { readonly [shard: number]: number } | undefined

  for (const o of batch) {
    const { position, ts } = o
    if (position.partition !== partition || position.topic !== topic) {
      topic = position.topic
      partition = position.partition
      key = `${topic}/${partition}`
      offsets = counted.get(key)
    }
    const { offset } = position
    /** The group of the shard that this message adds to, and by how much. */
    let weight = 0
    const groupOf = (shard: number): Group => {
      let target = byShard[shard]
      if (target === undefined) {
        target = { shard, main: new Group(), once: new Map(), offsets: new Map() }
        byShard[shard] = target
        touched.push(target)
      }
      if (o.once !== undefined) {
        weight = 1
        let group = target.once.get(o.once)
        if (group === undefined) {
          group = new Group()
          target.once.set(o.once, group)
        }
        return group
      }
      weight = offset > (offsets?.[shard] ?? -1) ? 1 : 0
      const highest = target.offsets.get(key)
      if (weight > 0 && (highest === undefined || highest < offset)) target.offsets.set(key, offset)
      return target.main
    }

    const bucket = Math.floor(ts / BUCKET_MS)
    for (let i = 0; i < o.rates.length; i++) {
      const r = o.rates[i]!
      const shard = shardOf(r.entity, shards)
      if (only !== undefined && !only.has(shard)) continue
      const group = groupOf(shard)
      let delta = group.rates.get(r.entity)
      if (delta === undefined) {
        delta = { entity: r.entity, baseline: r.baseline, reportFrom: r.reportFrom, buckets: [] }
        group.rates.set(r.entity, delta)
      } else {
        if (r.baseline) delta.baseline = true
        if (r.reportFrom < delta.reportFrom) delta.reportFrom = r.reportFrom
      }
      let repeated = false
      for (let k = 0; k < i; k++) if (o.rates[k]!.entity === r.entity) repeated = true
      const at = bucketAt(delta.buckets, bucket)
      if (!repeated)
        delta.buckets[at + (r.group === 'commercial' ? 1 : r.group === 'notice' ? 2 : 3)]! += weight
    }

    for (let i = 0; i < o.members.length; i++) {
      const m = o.members[i]!
      const shard = shardOf(m.entity, shards)
      if (only !== undefined && !only.has(shard)) continue
      const group = groupOf(shard)
      let delta = group.members.get(m.entity)
      if (delta === undefined) {
        const { entity, window, reportFrom, minCount } = m
        delta = { entity, window, reportFrom, minCount, members: new Map() }
        group.members.set(m.entity, delta)
      } else {
        if (m.window > delta.window) delta.window = m.window
        if (m.reportFrom < delta.reportFrom) delta.reportFrom = m.reportFrom
        if (m.minCount < delta.minCount) delta.minCount = m.minCount
      }
      let repeated = false
      for (let k = 0; k < i; k++) {
        if (o.members[k]!.entity === m.entity && o.members[k]!.member === m.member) repeated = true
      }
      const member = delta.members.get(m.member)
      if (member === undefined) delta.members.set(m.member, { count: weight, last: weight > 0 ? ts : 0 })
      else if (weight > 0 && !repeated) {
        member.count++
        if (ts > member.last) member.last = ts
      }
    }

    for (let i = 0; i < o.tallies.length; i++) {
      const t = o.tallies[i]!
      const entity = tallyEntity(t.kind, t.id)
      const shard = shardOf(entity, shards)
      if (only !== undefined && !only.has(shard)) continue
      const group = groupOf(shard)
      const half = Math.floor(ts / (t.window / 2))
      const name = `${half} ${t.window} ${entity}`
      let repeated = false
      for (let k = 0; k < i; k++) {
        if (o.tallies[k]!.kind === t.kind && o.tallies[k]!.id === t.id && o.tallies[k]!.window === t.window)
          repeated = true
      }
      const delta = group.tallies.get(name)
      if (delta === undefined) {
        const { kind, id, window, reportFrom } = t
        group.tallies.set(name, { kind, id, window, bucket: half, reportFrom, count: weight })
      } else {
        if (!repeated) delta.count += weight
        if (t.reportFrom < delta.reportFrom) delta.reportFrom = t.reportFrom
      }
    }

    for (let i = 0; i < o.sent.length; i++) {
      const entity = o.sent[i]!
      const shard = shardOf(entity, shards)
      if ((only !== undefined && !only.has(shard)) || o.sent.indexOf(entity) < i) continue
      const group = groupOf(shard)
      if (weight === 0) continue
      const day = utcDay(ts)
      const name = `${day} ${entity}`
      const delta = group.sent.get(name)
      if (delta === undefined) group.sent.set(name, { entity, day, count: weight })
      else delta.count += weight
    }
  }
  for (const { main, once } of touched) {
    sortBuckets(main)
    for (const group of once.values()) sortBuckets(group)
  }
  return touched
}

/** Index of a bucket in the flat list, appended when it is new. Messages come nearly in order: searched from the end. */
function bucketAt(buckets: number[], bucket: number): number {
  for (let at = buckets.length - 4; at >= 0; at -= 4) if (buckets[at] === bucket) return at
  buckets.push(bucket, 0, 0, 0)
  return buckets.length - 4
}

function sortBuckets(group: Group): void {
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

/**
 * What a store takes for its first event time: the lowest of its first batch, with what lies more than an hour below
 * the median left out, so that one wild timestamp does not make the store look old.
 */
export function firstEventTime(batch: readonly Observations[]): number {
  const times = batch.map((o) => o.ts).sort((a, b) => a - b)
  const median = times[(times.length - 1) >> 1]!
  const first = times.find((ts) => ts >= median - 3_600_000) ?? median
  return Math.floor(first / BUCKET_MS) * BUCKET_MS
}
