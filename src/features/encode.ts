import type { MemberReading, RateReading, TallyReading } from '../domain/ports.ts'
import { loadScript, type ScriptCall } from '../redis/script.ts'
import type { CountedOffsets, Group, MemberDelta, RateDelta, ShardBatch, TallyDelta } from './aggregate.ts'
import { describeBaseline } from './baseline.ts'
import { BUCKET_MS, type FeatureKeys, LIMITS, tallyEntity, tallyPlace } from './layout.ts'

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
  const { shard } = batch
  const names = [keys.offsets(shard), keys.missing(shard)]
  const key = (name: string): number => names.push(name)
  const offsets: (string | number)[] = []
  for (const [partition, offset] of batch.offsets) {
    offsets.push(partition, counted.get(partition)?.[shard] ?? -1, offset)
  }
  const rates: RateDelta[][] = []
  const members: MemberDelta[][] = []
  const tallies: TallyDelta[][] = []
  const encode = (once: string | undefined, group: Group): unknown[] => {
    rates.push([...group.rates.values()])
    members.push([...group.members.values()])
    tallies.push([...group.tallies.values()])
    return [
      once === undefined ? 0 : key(keys.once(shard, once)),
      rates
        .at(-1)!
        .map((r) => [
          key(keys.rate(shard, r.entity)),
          r.baseline ? key(keys.baseline(shard, r.entity)) : 0,
          threshold(r.reportFrom),
          ...r.buckets,
        ]),
      members.at(-1)!.map((m) => {
        const entry: (string | number)[] = [
          key(keys.members(shard, m.entity)),
          m.window,
          threshold(m.reportFrom),
          m.minCount,
        ]
        for (const [name, { count, last }] of m.members) entry.push(wellFormed(name), count, last)
        return entry
      }),
      tallies.at(-1)!.map((t) => {
        const { slot, field } = tallyPlace(tallyEntity(t.kind, t.id))
        return [
          key(keys.tally(shard, t.kind, t.window, t.bucket, slot)),
          key(keys.tally(shard, t.kind, t.window, t.bucket - 1, slot)),
          field,
          t.count,
          threshold(t.reportFrom),
          Math.ceil(t.window / 500) + LIMITS.tallySlack,
        ]
      }),
      [...group.sent.values()].map((s) => [
        key(keys.sent(shard, s.day, s.entity)),
        wellFormed(s.entity),
        s.count,
      ]),
    ]
  }
  // The main group last: its windows then hold all of the batch.
  const groups = [...batch.once].map(([once, group]) => encode(once, group))
  groups.push(encode(undefined, batch.main))
  const payload = JSON.stringify({ offsets, since, groups })
  const call = { script: COUNT, keys: names, args: [payload, LIMITS_JSON] }
  return { shard, call, offsets: batch.offsets, rates, members, tallies }
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
