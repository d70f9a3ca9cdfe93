import { Redis } from 'ioredis'
import type { Observations } from '../../src/domain/feature-store.ts'
import { BUCKET_MS } from '../../src/domain/time.ts'
import {
  BUCKETS_A_HOUR,
  BUCKETS_A_MINUTE,
  FeatureKeys,
  type KeyScope,
  RATE_MINUTES,
  SHARDS,
  sentPlace,
  shardOf,
  tallyEntity,
  tallyKeys,
  tallyName,
  utcDay,
} from '../../src/stores/rates/layout.ts'
import { StoredNames } from '../../src/stores/rates/stored-names.ts'
import { TOKEN_KEY } from '../helpers/service.ts'

const MEMBER_CAP = 32
const DAY = 86_400_000
/** Personal numbers are in Redis under the token key of the instances. */
const NAMES = new StoredNames([TOKEN_KEY])
/** Between the key and the field in the name of a number. */
const SEPARATOR = ' › '

/** One number that Redis must hold after all records were counted once. */
interface Count {
  readonly least: number
  readonly most: number
  readonly shard: number
  /** Event times of what is in it, ms. */
  readonly from: number
  readonly to: number
}

/** What the third invariant found. */
export interface CountsFound {
  /** Numbers that were compared. */
  readonly compared: number
  /** Differ, and lie in buckets that are marked as missing. */
  readonly marked: number
  /** Buckets that are marked as missing, over all shards. */
  readonly marks: number
  /** Differ without a mark, by name with what was found and what is right. */
  readonly wrong: readonly string[]
}

/**
 * The third invariant: the rates, members, tallies, sent counts and baselines in Redis are those of a recount, or what
 * differs lies in buckets that are marked there as missing. `observations`: what each message counts, once.
 */
export async function compareCounts(
  url: string,
  scope: KeyScope,
  observations: readonly Observations[],
): Promise<CountsFound> {
  const redis = new Redis(url)
  try {
    const found = await readCounts(redis, scope)
    const missing = await readMissing(redis, new FeatureKeys(scope))
    const isMissing = ({ shard, from, to }: Count): boolean =>
      missing[shard]!.some((bucket) => bucket * BUCKET_MS < to && (bucket + 1) * BUCKET_MS > from)
    const capped = new Set(found.capped)
    const expected = recount(observations, capped)
    const isCapped = (name: string): boolean => capped.has(name.slice(0, name.indexOf(SEPARATOR)))
    const names = new Set([...expected.keys(), ...found.counts.keys()])
    const wrong: string[] = []
    let marked = 0
    for (const name of names) {
      if (isCapped(name)) continue
      const count = expected.get(name)
      const is = found.counts.get(name) ?? 0
      if (count && is >= count.least && is <= count.most) continue
      if (count && isMissing(count)) marked++
      else wrong.push(`${name}: ${is} instead of ${count ? count.least : 'none'}`)
    }
    return { compared: expected.size, marked, marks: missing.flat().length, wrong }
  } finally {
    redis.disconnect()
  }
}

// ---------------------------------------------------------------- the recount

/** Every number by the name that it has in Redis; adds sets that reach their cap to `capped`. */
function recount(observations: readonly Observations[], capped: Set<string>): Map<string, Count> {
  const counts = new Map<string, Count>()
  addRates(observations, counts)
  addBaselines(observations, counts)
  addMembers(observations, counts, capped)
  for (const { ts, tallies, sent } of observations) {
    for (const { kind, id, window } of distinct(tallies, (t) => `${tallyEntity(t.kind, t.id)} ${t.window}`)) {
      const entity = tallyEntity(kind, id)
      const bucket = Math.floor(ts / (window / 2))
      const { name } = tallyName(entity)
      const [from, to] = [(bucket * window) / 2, ((bucket + 1) * window) / 2]
      add(counts, `${tallyKeys(kind, window, bucket)}l${SEPARATOR}${name}`, { entity, from, to })
    }
    for (const entity of new Set(sent.map(NAMES.of))) {
      const { slot, field } = sentPlace(entity)
      const from = Math.floor(ts / DAY) * DAY
      add(counts, `s:${utcDay(ts)}:${slot}${SEPARATOR}${field}`, { entity, from, to: from + DAY })
    }
  }
  return counts
}

function add(
  counts: Map<string, Count>,
  name: string,
  { entity, from, to }: { readonly entity: string; readonly from: number; readonly to: number },
): void {
  const n = (counts.get(name)?.least ?? 0) + 1
  counts.set(name, { least: n, most: n, shard: shardOf(entity, SHARDS), from, to })
}

function addRates(observations: readonly Observations[], counts: Map<string, Count>): void {
  const newest = new Map<string, number>()
  for (const { ts, rates } of observations)
    for (const { entity } of rates) newest.set(entity, Math.max(newest.get(entity) ?? 0, ts))
  for (const { ts, rates } of observations) {
    const bucket = Math.floor(ts / BUCKET_MS)
    for (const { entity, group } of distinct(rates, (r) => r.entity)) {
      const last = newest.get(entity)!
      if (Math.floor(ts / 60_000) > Math.floor(last / 60_000) - RATE_MINUTES) {
        const [from, to] = [bucket * BUCKET_MS, (bucket + 1) * BUCKET_MS]
        add(counts, `r:${entity}${SEPARATOR}${bucket} ${group}`, { entity, from, to })
      }
    }
  }
}

/**
 * The hour that is open, its commercial messages so far, and the first bucket. Closed hours are none within an hour of
 * traffic. A message that asks for no baseline moves the first bucket or the hour when it is counted together with one
 * that does: batches decide that.
 */
function addBaselines(observations: readonly Observations[], counts: Map<string, Count>): void {
  const entities = new Map<
    string,
    { readonly all: number[]; readonly own: number[]; readonly sold: number[] }
  >()
  for (const { ts, rates } of observations) {
    const bucket = Math.floor(ts / BUCKET_MS)
    for (const entity of new Set(rates.map((r) => r.entity))) {
      const of = entities.get(entity) ?? { all: [], own: [], sold: [] }
      entities.set(entity, of)
      const asked = rates.filter((r) => r.entity === entity)
      of.all.push(bucket)
      if (asked.some((r) => r.baseline)) of.own.push(bucket)
      if (asked[0]!.group === 'commercial') of.sold.push(bucket)
    }
  }
  for (const [entity, { all, own, sold }] of entities) {
    if (own.length === 0) continue
    const place = { shard: shardOf(entity, SHARDS), from: 0, to: Number.POSITIVE_INFINITY }
    const set = (field: string, least: number, most: number) =>
      counts.set(`b:${entity}${SEPARATOR}${field}`, { least, most, ...place })
    const hourOf = (bucket: number) => Math.floor(bucket / BUCKETS_A_HOUR)
    const [hour, last] = [hourOf(Math.max(...own)), hourOf(Math.max(...all))]
    set('first', Math.min(...all), Math.min(...own))
    set('hour', hour, last)
    const open = [hour, last].map((open) => sold.filter((bucket) => hourOf(bucket) === open).length)
    set('open', Math.min(...open), Math.max(...open))
  }
}

/**
 * A name that is not seen for a window starts over, at a moment that the order of records decides: what lies within a
 * window of the newest is in its count for sure, and no more than all. Sets that reach their cap are left out.
 */
function addMembers(
  observations: readonly Observations[],
  counts: Map<string, Count>,
  capped: Set<string>,
): void {
  const sets = new Map<string, { window: number; newest: number; readonly names: Map<string, number[]> }>()
  for (const { ts, members } of observations) {
    for (const { entity, member, window } of distinct(members, (m) => `${m.entity} ${m.member}`)) {
      const set = sets.get(entity) ?? { window, newest: ts, names: new Map<string, number[]>() }
      sets.set(entity, set)
      set.window = Math.max(set.window, window)
      set.newest = Math.max(set.newest, ts)
      const times = set.names.get(member)
      if (times) times.push(ts)
      else set.names.set(member, [ts])
    }
  }
  for (const [entity, { window, newest, names }] of sets) {
    const stored = `m:${NAMES.of(entity)}`
    if (names.size >= MEMBER_CAP) capped.add(stored)
    for (const [member, times] of names) {
      const least = times.filter((ts) => ts >= newest - window).length
      const place = { shard: shardOf(entity, SHARDS), from: newest - window, to: newest }
      counts.set(`${stored}${SEPARATOR}${member}`, { least, most: times.length, ...place })
    }
  }
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = keyOf(item)
    return seen.has(key) ? false : seen.add(key) !== undefined
  })
}

// ---------------------------------------------------------------- what Redis holds

/** Hashes with their fields as lists of numbers: what count.lua packs, and plain ones as they are. */
const READ = `local out = {}
for i, key in ipairs(KEYS) do
  local flat = redis.call('HGETALL', key)
  local kind = ARGV[i]
  for at = 1, #flat, 2 do
    local value = flat[at + 1]
    if kind == 'r' or kind == 'm' then
      local numbers = { cmsgpack.unpack(value) }
      for n = 1, #numbers do numbers[n] = string.format('%.0f', numbers[n]) end
      value = numbers
    elseif kind == 'b' and not tonumber(value) then
      value = {}
    else
      value = { value }
    end
    out[#out + 1] = { i, flat[at], value }
  end
end
return out`

const GROUPS = ['commercial', 'notice', 'fraud'] as const

/** What is counted, by name, and the sets of members that have reached their cap. */
async function readCounts(redis: Redis, scope: KeyScope) {
  const found = new Map<string, number>()
  const capped = new Set<string>()
  const root = new FeatureKeys(scope).offsets(0).replace(/\.0\}:offsets$/, '')
  for await (const keys of redis.scanStream({ match: `${root}.*}:[rmsb]:*`, type: 'hash', count: 1_000 })) {
    if ((keys as string[]).length === 0) continue
    const names = (keys as string[]).map((key) => key.slice(key.indexOf('}:') + 2))
    const kinds = names.map((name) => name[0]!)
    const rows = (await redis.eval(READ, names.length, ...(keys as string[]), ...kinds)) as Row[]
    for (const row of rows) take(names[row[0] - 1]!, row, found, capped)
  }
  for await (const keys of redis.scanStream({ match: `${root}.*}:u:*:l`, type: 'string', count: 1_000 })) {
    for (const key of keys as string[]) {
      const log = (await redis.get(key)) ?? ''
      for (let at = 0; at < log.length; at += 8) {
        const name = `${key.slice(key.indexOf('}:') + 2)}${SEPARATOR}${log.slice(at, at + 8)}`
        found.set(name, (found.get(name) ?? 0) + 1)
      }
    }
  }
  return { counts: found, capped }
}

type Row = [index: number, field: string, values: string[]]

function take(name: string, [, field, values]: Row, found: Map<string, number>, capped: Set<string>): void {
  const numbers = values.map(Number)
  if (name.startsWith('r:')) {
    if (field === 'w') return
    for (let slot = 0; slot < BUCKETS_A_MINUTE; slot++) {
      const bucket = Number(field) * BUCKETS_A_MINUTE + slot
      for (const [g, group] of GROUPS.entries()) {
        const n = numbers[3 + 3 * slot + g]!
        if (n > 0) found.set(`${name}${SEPARATOR}${bucket} ${group}`, n)
      }
    }
  } else if (name.startsWith('m:')) {
    if (field === 'n' && numbers[1]! >= MEMBER_CAP) capped.add(name)
    if (field.startsWith(':')) found.set(`${name}${SEPARATOR}${field.slice(1)}`, numbers[0]!)
  } else if (name.startsWith('b:') && field === 'home') return
  else if (numbers.length > 0) found.set(`${name}${SEPARATOR}${field}`, numbers[0]!)
}

/** Buckets that are marked as missing, by shard. */
async function readMissing(redis: Redis, keys: FeatureKeys): Promise<number[][]> {
  return Promise.all(
    Array.from({ length: SHARDS }, async (_, shard) => {
      const masks = Object.entries(await redis.hgetall(keys.missing(shard)))
      return masks.flatMap(([minute, mask]) =>
        Array.from({ length: BUCKETS_A_MINUTE }, (_, slot) => slot)
          .filter((slot) => Number(mask) & (1 << slot))
          .map((slot) => Number(minute) * BUCKETS_A_MINUTE + slot),
      )
    }),
  )
}
