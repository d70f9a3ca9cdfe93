import type { MemberReading, RateReading, TallyReading } from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import { loadScript, type ScriptCall } from '../redis/script.ts'
import {
  type CountedOffsets,
  type Group,
  type MemberDelta,
  type RateDelta,
  type ShardBatch,
  type TallyDelta,
  talliesOf,
} from './aggregate.ts'
import { describeBaseline } from './baseline.ts'
import { type FeatureKeys, LIMITS, sentPlace, tallyEntity, tallyPlace } from './layout.ts'

const COUNT = loadScript(new URL('./count.lua', import.meta.url), 'count')
const LIMITS_JSON = JSON.stringify(LIMITS)

/** One call of `count.lua`, and what its reply speaks of: groups and indices as in the payload. */
export interface CountCall {
  readonly shard: number
  readonly call: ScriptCall
  readonly offsets: ReadonlyMap<string, number>
  readonly rates: readonly RateDelta[][]
  readonly members: readonly MemberDelta[][]
  readonly tallies: readonly TallyDelta[][]
}

/** `Infinity` (never) has no form in JSON. */
const threshold = (reportFrom: number): number =>
  reportFrom === Number.POSITIVE_INFINITY ? -1 : Math.max(reportFrom, 0)

/** A lone surrogate cannot be written as UTF-8, and cjson refuses its escape. */
const LONE_SURROGATE = /\p{Surrogate}/u
const LONE_SURROGATES = /\p{Surrogate}/gu
const wellFormed = (text: string): string =>
  LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text

/** Writes the payload of `count.lua` for one shard. */
export function encodeCount(
  batch: ShardBatch,
  counted: CountedOffsets,
  since: number,
  keys: FeatureKeys,
): CountCall {
  const payload = new Payload(batch.shard, keys)
  const offsets: (string | number)[] = []
  for (const [partition, offset] of batch.offsets) {
    offsets.push(partition, counted.get(partition)?.[batch.shard] ?? -1, offset)
  }
  for (const [once, group] of batch.once) payload.add(keys.once(batch.shard, once), group)
  // Last, so that its windows hold all of the batch.
  payload.add(undefined, batch.main)
  const { groups, names, rates, members, tallies } = payload
  const args = [JSON.stringify({ offsets, since, groups }), LIMITS_JSON]
  const call = { script: COUNT, keys: names, args }
  return { shard: batch.shard, call, offsets: batch.offsets, rates, members, tallies }
}

type Entry = (string | number)[]

class Payload {
  readonly names: string[]
  readonly groups: unknown[] = []
  readonly rates: RateDelta[][] = []
  readonly members: MemberDelta[][] = []
  readonly tallies: TallyDelta[][] = []
  readonly #shard: number
  readonly #keys: FeatureKeys

  constructor(shard: number, keys: FeatureKeys) {
    this.#shard = shard
    this.#keys = keys
    this.names = [keys.offsets(shard), keys.missing(shard)]
  }

  add(once: string | undefined, group: Group): void {
    const rates = [...group.rates.values()]
    const members = [...group.members.values()]
    const tallies = talliesOf(group)
    this.rates.push(rates)
    this.members.push(members)
    this.tallies.push(tallies)
    this.groups.push([
      once === undefined ? 0 : this.names.push(once),
      rates.map((delta) => this.#rate(delta)),
      members.map((delta) => this.#member(delta)),
      tallies.map((delta) => this.#tally(delta)),
      this.#sent(group.sent),
    ])
  }

  #rate({ entity, baseline, reportFrom, buckets }: RateDelta): Entry {
    const key = this.names.push(this.#keys.rate(this.#shard, entity))
    const baselineKey = baseline ? this.names.push(this.#keys.baseline(this.#shard, entity)) : 0
    return [key, baselineKey, threshold(reportFrom), ...buckets]
  }

  #member({ entity, window, reportFrom, minCount, members }: MemberDelta): Entry {
    const key = this.names.push(this.#keys.members(this.#shard, entity))
    const entry: Entry = [key, window, threshold(reportFrom), minCount]
    for (const { name, count, last } of members) entry.push(wellFormed(name), count, last)
    return entry
  }

  #tally({ kind, id, window, bucket, reportFrom, count }: TallyDelta): Entry {
    const { slot, field } = tallyPlace(tallyEntity(kind, id))
    const key = this.names.push(this.#keys.tally(this.#shard, kind, window, bucket, slot))
    const before = this.names.push(this.#keys.tally(this.#shard, kind, window, bucket - 1, slot))
    return [key, before, field, count, threshold(reportFrom), Math.ceil(window / 500) + LIMITS.tallySlack]
  }

  #sent(sent: Group['sent']): Entry[] {
    const entries: Entry[] = []
    for (const [day, counts] of sent) {
      for (const [entity, count] of counts) {
        const { slot, field } = sentPlace(entity)
        entries.push([this.names.push(this.#keys.sent(this.#shard, day, slot)), field, count])
      }
    }
    return entries
  }
}

export type CountReply =
  | { readonly refused: readonly number[] }
  | {
      readonly refused?: undefined
      readonly rates: readonly RateReading[]
      readonly members: readonly MemberReading[]
      readonly tallies: readonly TallyReading[]
    }

/** Reads a reply of `count.lua`. `refused`: the stored offsets, in the order of `call.offsets`. */
export function decodeCount(call: CountCall, reply: unknown, since: number): CountReply {
  const [ok, ...parts] = reply as [number, ...unknown[][]]
  if (ok === 0) return { refused: parts[0] as number[] }
  const [rates, members, tallies] = parts as [(number | string)[][], (number | string)[][], number[][]]
  return {
    rates: rates.map((row) =>
      rateReading(call.rates[Number(row[0]) - 1]![Number(row[1]) - 1]!.entity, row, since),
    ),
    members: members.map((row) => ({
      entity: call.members[Number(row[0]) - 1]![Number(row[1]) - 1]!.entity,
      members: row.slice(4).filter((_, i) => i % 2 === 0) as string[],
      count: Number(row[2]),
      total: Number(row[3]),
    })),
    tallies: tallies.map(([group, index, count]) => {
      const { kind, id } = call.tallies[group! - 1]![index! - 1]!
      return { kind, id, count: count! }
    }),
  }
}

function rateReading(entity: string, row: readonly (number | string)[], since: number): RateReading {
  const n = row.map(Number)
  const bucket = n[2]!
  const three = (at: number): [number, number, number] => [n[at]!, n[at + 1]!, n[at + 2]!]
  const stat = (at: number) => ({ mean: n[at]!, variance: n[at + 1]!, n: n[at + 2]! })
  return {
    entity,
    bucketEnd: (bucket + 1) * BUCKET_MS,
    windows: { m1: three(3), m10: three(6), h1: three(9) },
    ...(row.length > 13
      ? { baseline: describeBaseline(bucket, n[13]!, n[14]!, stat(15), stat(18), since) }
      : {}),
    incomplete: n[12] === 1,
  }
}
