import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import type { MeanRate } from '../../domain/feature-store.ts'
import { HOUR } from '../../domain/time.ts'
import { chunksByShard } from '../chunks.ts'
import { type Stat, usualRate } from './baseline.ts'
import { type FeatureKeys, SHARDS, shardOf } from './layout.ts'

const BASELINES = loadScript(import.meta.url, 'baselines')
/** Maximum number of keys per call: keeps the script short for other clients of the server. */
const CHUNK = 200

/** The usual rates of entities at an event time, as trained by `count.lua`. */
export async function readBaselines(
  link: RedisLink,
  keys: FeatureKeys,
  entities: readonly string[],
  ts: number,
): Promise<readonly (MeanRate | undefined)[]> {
  const chunks = chunksByShard(entities, (entity) => shardOf(entity, SHARDS), CHUNK)
  const calls = chunks.map(({ shard, indices }) => ({
    script: BASELINES,
    keys: indices.map((i) => keys.baseline(shard, entities[i]!)),
    args: [Math.floor(ts / HOUR)],
  }))
  const replies = (await link.run(calls, BACKGROUND_MS)) as string[][][]
  const out = new Array<MeanRate | undefined>(entities.length).fill(undefined)
  for (const [c, { indices }] of chunks.entries()) {
    for (const [n, i] of indices.entries()) {
      const entry = replies[c]![n]!.map(Number)
      if (entry.length > 0) out[i] = usualRate(statOf(entry, 0), statOf(entry, 3))
    }
  }
  return out
}

function statOf(entry: readonly number[], at: number): Stat {
  return { mean: entry[at]!, variance: entry[at + 1]!, n: entry[at + 2]! }
}
