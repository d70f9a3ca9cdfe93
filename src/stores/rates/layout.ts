import { base64url, hash32 } from '../../domain/hash32.ts'
import { DAY, DAY_SECONDS } from '../../domain/time.ts'

/** Rate buckets of ten seconds (BUCKET_MS) are kept six to a minute for an hour. */
export const BUCKETS_A_MINUTE = 6
export const BUCKETS_A_HOUR = 360
/** Minutes of a rate entity that are kept, counted back from its newest. */
export const RATE_MINUTES = 60
/** Names of a member set that are kept. */
export const MEMBER_CAP = 32

/** Every number that decides how the features are counted: one place for both adapters and the scripts. */
export const LIMITS = {
  /** Seconds after the last write that a key lives (wall clock). */
  rateTtl: 2 * 3600,
  baselineTtl: 14 * DAY_SECONDS,
  /** Of a baseline whose last hours had less than a message a minute: it says no more than none. */
  youngBaselineTtl: 2 * DAY_SECONDS,
  /** Beyond the window of the set itself. */
  memberSlack: 3600,
  /** Beyond twice the window of the tally. */
  tallySlack: 600,
  sentTtl: 180 * DAY_SECONDS,
  onceTtl: 6 * 3600,
  memberCap: MEMBER_CAP,
  /** Weight of the new value in the mean of an hour of the day, and of the last hours. */
  hourAlpha: 0.3,
  recentAlpha: 0.4,
  /** A closed hour counts at most this many times what was expected, plus a floor a minute: a burst trains little. */
  clipFactor: 3,
  clipFloor: 10,
  /** Hours without traffic that are folded in as zeros, at most. */
  foldHours: 48,
  /** An hour trains when more of its minutes than these were counted: less than a fifth is missing. */
  coveredMinutes: 48,
  /** Buckets of the 10-minute and of the 60-minute window whose loss makes a reading incomplete: a fifth. */
  incompleteM10: 12,
  incompleteH1: 72,
  /** Hours that a mark of missing buckets is of use: what a baseline may still fold. */
  missingHours: 50,
} as const

export const SHARDS = 64
/**
 * Small hashes a shard that fields by hash are spread over: with a million signatures a day, each stays in Redis's compact
 * encoding (128 fields).
 */
const SENT_SLOTS = 256

/** Which of `shards` (a power of two) an entity belongs to. */
export function shardOf(entity: string, shards: number): number {
  return shards === 1 ? 0 : hash32(entity) & (shards - 1)
}

export interface KeyScope {
  readonly deployment: string
  /** Id of the Kafka cluster (or a name of the input in the embedded mode): offsets mean nothing on another one. */
  readonly clusterId: string
  readonly topic: string
}

/** What belongs to a hash tag or separates parts of a key may not come from a name. */
function safe(part: string): string {
  return part.replace(/[{}:%]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}

/**
 * Names of keys: `sigwatch:<deployment>:<cluster id>:<topic>:{<deployment>.<shard>}:…`. The hash tag holds all keys of
 * a shard in one Cluster slot, and the deployment in it spreads the shards of several deployments differently.
 */
export class FeatureKeys {
  readonly #prefixes: readonly string[]
  /** First event time of the store. */
  readonly since: string
  /** When the input was there: what each partition began with, and by hour since the epoch. */
  readonly feed: string

  constructor({ deployment, clusterId, topic }: KeyScope) {
    const root = `sigwatch:${safe(deployment)}:${safe(clusterId)}:${safe(topic)}`
    const tag = safe(deployment)
    this.#prefixes = Array.from({ length: SHARDS }, (_, shard) => `${root}:{${tag}.${shard}}:`)
    this.since = `${root}:{${tag}.0}:since`
    this.feed = `${root}:{${tag}.0}:feed`
  }

  feedHour(hour: number): string {
    return `${this.feed}:${hour}`
  }
  offsets(shard: number): string {
    return `${this.#prefixes[shard]}offsets`
  }
  missing(shard: number): string {
    return `${this.#prefixes[shard]}missing`
  }
  rate(shard: number, entity: string): string {
    return `${this.#prefixes[shard]}r:${entity}`
  }
  baseline(shard: number, entity: string): string {
    return `${this.#prefixes[shard]}b:${entity}`
  }
  /** The key of a shard that is named so there. */
  of(shard: number, name: string): string {
    return `${this.#prefixes[shard]}${name}`
  }
  /** By UTC day: see `sentKeys`. */
  sent(shard: number, day: string, slot: number): string {
    return `${this.#prefixes[shard]}${sentKeys(day)}${slot}`
  }
}

/*
 * Names of the keys that `count.lua` makes by itself, without what a shard begins with. Rates, baselines and members are
 * `r:`, `b:` and `m:` before their entity there.
 */

/** Of what is counted once by a key of its own. */
export function onceKey(key: string): string {
  return `o:${key}`
}

/** By half-window bucket, so that all of it expires at once; one of TALLY_PARTS follows. */
export function tallyKeys(kind: string, window: number, bucket: number): string {
  return `u:${kind}:${window}:${bucket}:`
}

/** Cells, log and facts of a half-window: see count-tallies.lua. */
export const TALLY_PARTS = ['c', 'l', 'f'] as const

/** Of what was sent on a UTC day, likewise. */
export function sentKeys(day: string): string {
  return `s:${day}:`
}

/** Name under which a tally is sharded. */
export function tallyEntity(kind: string, id: string): string {
  return `${kind}/${id}`
}

/** Where a count lies within its shard: which small hash, and which field of it. */
export interface Place {
  readonly slot: number
  readonly field: string
}

/** The field is a 48-bit hash: a third of the memory of the name. */
function place(entity: string, slots: number): Place {
  const high = hash32(entity)
  const low = hash32(entity, 0x9747b28c)
  return { slot: (high >>> 6) % slots, field: String((high >>> 16) * 0x1_0000_0000 + low) }
}

/** What is tallied, as a shard knows it: no number or token of a recipient is stored. */
export interface TallyName {
  /** 48 bits in eight signs. */
  readonly name: string
  /** 32 bits that say which cell it has. */
  readonly hash: number
}

export function tallyName(entity: string): TallyName {
  const high = hash32(entity)
  const low = hash32(entity, 0x9747b28c)
  return { name: base64url(high, 5) + base64url(low, 3), hash: low }
}

export function sentPlace(entity: string): Place {
  return place(entity, SENT_SLOTS)
}

let lastDay = Number.NaN
let lastDayName = ''

/** UTC day `YYYY-MM-DD` of an event time. */
export function utcDay(ts: number): string {
  const day = Math.floor(ts / DAY)
  if (day !== lastDay) {
    lastDay = day
    lastDayName = new Date(day * DAY).toISOString().slice(0, 10)
  }
  return lastDayName
}

/** Event time until which the counts of a half window are kept, ms; `bucket`: event time over half the window. */
export function tallyUntil(window: number, bucket: number): number {
  return (bucket + 2) * (window / 2) + LIMITS.tallySlack * 1000
}

/** The same of what was sent in the day of an event time, at least. */
export function sentUntil(ts: number): number {
  return ts + LIMITS.sentTtl * 1000 + DAY
}
