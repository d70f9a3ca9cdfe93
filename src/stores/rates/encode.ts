import { randomUUID } from 'node:crypto'
import { loadScript, type ScriptCall } from '../../adapters/redis/script.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { HOUR } from '../../domain/time.ts'
import { wellFormed } from '../../domain/well-formed.ts'
import { type CountedOffsets, talliesOf } from './aggregate.ts'
import type { AtomicDelta, MemberDelta, RateDelta, ShardBatch, TallyDelta } from './deltas.ts'
import { encodeFanouts, type FanoutFamily, keysOfFanouts } from './encode-fanouts.ts'
import { FANOUT, type FanoutDelta, fanoutsByWeek } from './fanouts.ts'
import type { Absences, Feed } from './feed.ts'
import {
  type FeatureKeys,
  LIMITS,
  onceKey,
  sentKeys,
  sentPlace,
  TALLY_PARTS,
  tallyEntity,
  tallyKeys,
  tallyName,
} from './layout.ts'
import type { StoredNames } from './stored-names.ts'
import type { Marks } from './uncounted-buckets.ts'

const COUNT = loadScript(import.meta.url, 'count', {
  limits: LIMITS,
  fanout: FANOUT,
})

/** A call of `count.lua`, with the groups and indices of its payload that the reply refers to. */
export interface CountCall {
  readonly batch: ShardBatch
  readonly marks: Marks
  readonly expected: ReadonlyMap<string, number>
  readonly call: ScriptCall
  readonly rates: readonly RateDelta[][]
  readonly members: readonly MemberDelta[][]
  readonly tallies: readonly TallyDelta[][]
  readonly fanouts: readonly FanoutDelta[][]
}

/** JSON cannot represent `Infinity` (never). */
const threshold = (reportFrom: number): number =>
  reportFrom === Number.POSITIVE_INFINITY ? -1 : Math.max(reportFrom, 0)

export interface ShardFacts {
  readonly names: StoredNames
  /** Newest event time of the batch, ms. */
  readonly heard: number
  /** Expected epoch; '' for any. */
  readonly epoch: string
  /** Buckets that the shard must mark as missing. */
  readonly marks: Marks
  /** First event time of the store, ms. */
  readonly since: number
  readonly feed: Feed
}

/**
 * Encodes the payload of `count.lua` for one shard. `declare`: pass every key that the script may create. A Cluster
 * needs this while the slot moves, to refuse the call as a whole and not halfway.
 */
export function encodeCount(
  batch: ShardBatch,
  counted: CountedOffsets,
  { names: stored, epoch, marks, since, feed, heard }: ShardFacts,
  keys: FeatureKeys,
  declare: boolean,
): CountCall {
  const payload = new Payload(stored, feed)
  const offsets: (string | number)[] = []
  const expected = new Map<string, number>()
  for (const [partition, offset] of batch.offsets) {
    const before = counted.get(partition)?.[batch.shard] ?? -1
    expected.set(partition, before)
    offsets.push(partition, before, offset)
  }
  for (const [once, group] of batch.once) payload.add(onceKey(wellFormed(once)), group)
  // Last, so that its windows include the whole batch.
  payload.add(undefined, batch.main)
  const { groups, rates, members, tallies, fanouts } = payload
  const names = [keys.offsets(batch.shard), keys.missing(batch.shard)]
  if (declare) for (const name of namesOf(groups)) names.push(keys.of(batch.shard, name))
  const args = {
    epoch: [epoch, randomUUID()],
    ...{ offsets, missing: marks.flat(), since, groups },
    feed: payload.feed,
    heard: [stored.id, Math.floor(heard / HOUR)],
  }
  const call = { script: COUNT, keys: names, args: [JSON.stringify(args)] }
  return { batch, marks, expected, call, rates, members, tallies, fanouts }
}

type Entry = (string | number)[]
/** As in the header of `count.lua`. */
type Group = readonly [
  once: string | 0,
  rates: readonly Entry[],
  members: readonly Entry[],
  tallies: readonly Entry[],
  sent: readonly Entry[],
  fanouts: readonly FanoutFamily[],
]

/** All keys that `count.lua` may touch for these groups. */
function* namesOf(groups: readonly Group[]): Generator<string> {
  for (const [once, rates, members, tallies, sent, fanouts] of groups) {
    if (once !== 0) yield once
    for (const [entity, baseline] of rates) {
      yield `r:${entity}`
      if (baseline !== 0) yield `b:${entity}`
    }
    for (const [entity] of members) {
      yield `m:${entity}`
      yield `m:${entity}:0`
      yield `m:${entity}:1`
    }
    for (const [now, before] of tallies)
      for (const part of TALLY_PARTS) {
        yield `${now}${part}`
        yield `${before}${part}`
      }
    for (const family of fanouts) yield* keysOfFanouts(family)
    for (const e of sent) for (let i = 1; i < e.length; i += 3) yield `${e[0]}${e[i]}`
  }
}

class Payload {
  readonly #names: StoredNames
  readonly groups: Group[] = []
  readonly rates: RateDelta[][] = []
  readonly members: MemberDelta[][] = []
  readonly tallies: TallyDelta[][] = []
  readonly fanouts: FanoutDelta[][] = []

  /** As in the header of `count.lua`. */
  readonly feed: number[][] = []
  readonly #feed: Feed
  readonly #places = new Map<Absences, number>()

  constructor(names: StoredNames, feed: Feed) {
    this.#names = names
    this.#feed = feed
    this.#placeOf(undefined)
  }

  /** Index of a partition's absences, from 1. */
  #placeOf(from: string | undefined): number {
    const absences = this.#feed.absences(from)
    return getOrInsert(this.#places, absences, () => this.feed.push([absences.home, ...absences.runs]))
  }

  add(once: string | undefined, group: AtomicDelta): void {
    const rates = [...group.rates.values()]
    const members = [...group.members.values()]
    const families = familiesOf(group)
    const fanouts = [...fanoutsByWeek(group.fanouts).values()]
    this.rates.push(rates)
    this.members.push(members)
    this.tallies.push(families.flat())
    this.fanouts.push(fanouts.flat())
    this.groups.push([
      once ?? 0,
      rates.map((delta) => rateEntry(delta, delta.baseline ? this.#placeOf(delta.from) : 0)),
      members.map((delta) => memberEntry(this.#names.of(delta.entity), delta)),
      families.map(tallyEntry),
      [...group.sent].map(([day, counts]) => sentEntry(day, counts)),
      fanouts.map((family) => encodeFanouts(family, this.#names)),
    ])
  }
}

function rateEntry({ entity, reportFrom, buckets }: RateDelta, feed: number): Entry {
  return [wellFormed(entity), feed, threshold(reportFrom), ...buckets]
}

function memberEntry(name: string, { window, reportFrom, minCount, members }: MemberDelta): Entry {
  const entry: Entry = [wellFormed(name), window, threshold(reportFrom), minCount]
  for (const { name: member, count, last } of members) entry.push(wellFormed(member), count, last)
  return entry
}

/** Tallies of one half-window with the same reporting threshold. */
function familiesOf(group: AtomicDelta): TallyDelta[][] {
  const families: TallyDelta[][] = []
  for (const delta of talliesOf(group)) {
    const family = families.find(([{ kind, window, bucket, reportFrom } = delta]) => {
      return (
        delta.kind === kind &&
        delta.window === window &&
        delta.bucket === bucket &&
        delta.reportFrom === reportFrom
      )
    })
    if (family) family.push(delta)
    else families.push([delta])
  }
  return families
}

function tallyEntry(family: readonly TallyDelta[]): Entry {
  const { kind, window, bucket, reportFrom } = family[0]!
  const entry: Entry = [
    wellFormed(tallyKeys(kind, window, bucket)),
    wellFormed(tallyKeys(kind, window, bucket - 1)),
    threshold(reportFrom),
    Math.ceil(window / 500) + LIMITS.tallySlack,
    '',
  ]
  let names = ''
  for (const { id, count } of family) {
    const { name, hash } = tallyName(tallyEntity(kind, id))
    names += name
    entry.push(hash, count)
  }
  entry[4] = names
  return entry
}

function sentEntry(day: string, counts: ReadonlyMap<string, number>): Entry {
  const entry: Entry = [sentKeys(day)]
  for (const [entity, count] of counts) {
    const { slot, field } = sentPlace(entity)
    entry.push(slot, field, count)
  }
  return entry
}
