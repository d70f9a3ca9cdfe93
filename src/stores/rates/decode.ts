import type { RateReading, Readings } from '../../domain/feature-store.ts'
import { BUCKET_MS, HOUR } from '../../domain/time.ts'
import { describeBaseline, type Seen } from './baseline.ts'
import type { CountCall } from './encode.ts'
import type { Feed } from './feed.ts'

export type CountReply = { readonly epoch: string } & (
  | { readonly refused: readonly number[] }
  | ({ readonly refused?: undefined } & Pick<Readings, 'rates' | 'members' | 'tallies' | 'fanouts'>)
)

/** Decodes a reply of `count.lua`. `refused` contains the stored offsets, in the order of `call.batch.offsets`. */
export function decodeCount(call: CountCall, reply: unknown, since: number, feed: Feed): CountReply {
  const [ok, ...parts] = reply as [number, ...unknown[]]
  if (ok === 0) return { refused: parts[0] as number[], epoch: parts[1] as string }
  const [rates, members, tallies, epoch, fanouts, heard] = parts as [
    Row[],
    Row[],
    number[][],
    string,
    number[][],
    number,
  ]
  return {
    epoch,
    rates: rates.map((row) => {
      const { entity, from } = call.rates[Number(row[0]) - 1]![Number(row[1]) - 1]!
      return rateReading(entity, row, { since, own: feed.absences(from) })
    }),
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
    fanouts: fanouts.map(([group, index, item, strangers, numbers]) => {
      const { number, items } = call.fanouts[group! - 1]![index! - 1]!
      const { position } = items[item! - 1]!
      return { position, number, strangers: strangers!, numbers: numbers!, since: heard * HOUR }
    }),
  }
}

/** Five ten-minute intervals, newest first, from their sum and the counts of all but the newest. */
function earlierOf(sum: number, older: readonly number[]): number[] {
  return [older.reduce((left, count) => left - count, sum), ...older]
}

type Row = (number | string)[]

function rateReading(
  entity: string,
  row: readonly (number | string)[],
  seen: Omit<Seen, 'whole'>,
): RateReading {
  const n = row.map(Number)
  const bucket = n[2]!
  const three = (at: number): [number, number, number] => [n[at]!, n[at + 1]!, n[at + 2]!]
  const stat = (at: number) => ({ mean: n[at]!, variance: n[at + 1]!, n: n[at + 2]! })
  return {
    entity,
    bucketEnd: (bucket + 1) * BUCKET_MS,
    windows: { m1: three(3), m10: three(6), h1: three(9) },
    ...(row.length > 13
      ? {
          baseline: describeBaseline(
            bucket,
            n[13]!,
            earlierOf(n[14]!, n.slice(21)),
            stat(15),
            stat(18),
            seen,
          ),
        }
      : {}),
    incomplete: n[12] === 1,
  }
}
