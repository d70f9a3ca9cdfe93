import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import { type FeatureKeys, RATE_MINUTES, SHARDS, sentPlace, shardOf } from './layout.ts'

const SENT = loadScript(import.meta.url, 'sent')
const TOTALS = loadScript(import.meta.url, 'totals')

/** Sent counts of UTC days `YYYY-MM-DD`, summed over the current and former names of an entity. */
export async function readSent(
  link: RedisLink,
  keys: FeatureKeys,
  names: readonly string[],
  days: readonly string[],
): Promise<readonly number[]> {
  if (days.length === 0) return []
  const calls = names.map((name) => {
    const shard = shardOf(name, SHARDS)
    const { slot, field } = sentPlace(name)
    return { script: SENT, keys: days.map((day) => keys.sent(shard, day, slot)), args: [field] }
  })
  const counts = (await link.run(calls)) as (string | null)[][]
  return days.map((_, day) => counts.reduce((sum, of) => sum + Number(of[day] ?? 0), 0))
}

export async function readTotals(
  link: RedisLink,
  keys: FeatureKeys,
  entity: string,
): Promise<readonly [number, number, number]> {
  const names = [keys.rate(shardOf(entity, SHARDS), entity)]
  const [totals] = await link.run([{ script: TOTALS, keys: names, args: [RATE_MINUTES] }])
  return totals as [number, number, number]
}
