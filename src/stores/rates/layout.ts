import { base64url, hash32 } from '../../domain/hash32.ts'
import { DAY, DAY_SECONDS } from '../../domain/time.ts'

/** Rate buckets of ten seconds (BUCKET_MS), six per minute, are kept for an hour. */
export const BUCKETS_A_MINUTE = 6
export const BUCKETS_A_HOUR = 360
/** Minutes kept per rate entity, counted back from its newest. */
export const RATE_MINUTES = 60
/** Maximum number of names in a member set. */
export const MEMBER_CAP = 32

/** All parameters of feature counting, shared by both adapters and the scripts. */
export const LIMITS = {
  /** TTL of a key after its last write, seconds (wall clock). */
  rateTtl: 2 * 3600,
  baselineTtl: 14 * DAY_SECONDS,
  /** For a baseline whose last hours had less than one message per minute: it is no more informative than none. */
  youngBaselineTtl: 2 * DAY_SECONDS,
  /** Added to the window of the set. */
  memberSlack: 3600,
  /** Added to twice the window of the tally. */
  tallySlack: 600,
  sentTtl: 180 * DAY_SECONDS,
  onceTtl: 6 * 3600,
  memberCap: MEMBER_CAP,
  /** Weight of a new value in the mean of an hour of the day, and of the last hours. */
  hourAlpha: 0.3,
  recentAlpha: 0.4,
  /** A closed hour counts at most this multiple of the expected value, plus a floor per minute, so that a burst trains little. */
  clipFactor: 3,
  clipFloor: 10,
  /** Maximum number of hours without traffic that are folded in as zeros. */
  foldHours: 48,
  /** Minimum number of counted minutes for an hour to train: less than a fifth is missing. */
  coveredMinutes: 48,
  /** Number of missing buckets that makes a reading of the 10-minute or 60-minute window incomplete: a fifth. */
  incompleteM10: 12,
  incompleteH1: 72,
  /** Retention of missing-bucket marks, hours: what a baseline may still fold. */
  missingHours: 50,
} as const

export const SHARDS = 64
/**
 * Small hashes per shard for hashed fields: with a million signatures a day, each stays in Redis's compact encoding
 * (128 fields).
 */
const SENT_SLOTS = 256

/** The shard of an entity; `shards` is a power of two. */
export function shardOf(entity: string, shards: number): number {
  return shards === 1 ? 0 : hash32(entity) & (shards - 1)
}

export interface KeyScope {
  readonly deployment: string
  /** Id of the Kafka cluster (or a name of the input in the embedded mode): offsets of another cluster are meaningless. */
  readonly clusterId: string
  readonly topic: string
}

/** Escapes characters that form hash tags or separate parts of a key. */
function safe(part: string): string {
  return part.replace(/[{}:%]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}

/**
 * Key names: `sigwatch:<deployment>:<cluster id>:<topic>:{<deployment>.<shard>}:…`. The hash tag keeps all keys of a
 * shard in one Cluster slot, and the deployment in it spreads the shards of several deployments differently.
 */
export class FeatureKeys {
  readonly #prefixes: readonly string[]
  readonly since: string
  /** Presence of the input: the first slot of each partition, and masks by hour since the epoch. */
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
  of(shard: number, name: string): string {
    return `${this.#prefixes[shard]}${name}`
  }
  /** By UTC day: see `sentKeys`. */
  sent(shard: number, day: string, slot: number): string {
    return `${this.#prefixes[shard]}${sentKeys(day)}${slot}`
  }
}

/*
 * Names of the keys that `count.lua` creates, without the shard's prefix. Rates, baselines and members are `r:`, `b:`
 * and `m:` followed by the entity.
 */

export function onceKey(key: string): string {
  return `o:${key}`
}

/** By half-window bucket, so that all of it expires together; followed by one of TALLY_PARTS. */
export function tallyKeys(kind: string, window: number, bucket: number): string {
  return `u:${kind}:${window}:${bucket}:`
}

/** Cells, log and facts of a half-window: see count-tallies.lua. */
export const TALLY_PARTS = ['c', 'l', 'f'] as const

/** Prefix of sent counts of a UTC day. */
export function sentKeys(day: string): string {
  return `s:${day}:`
}

export function tallyEntity(kind: string, id: string): string {
  return `${kind}/${id}`
}

/** A tallied name as stored in a shard: no number or token of a recipient is stored. */
export interface TallyName {
  /** 48 bits as eight characters. */
  readonly name: string
  /** 32 bits that determine its cell. */
  readonly hash: number
}

export function tallyName(entity: string): TallyName {
  const high = hash32(entity)
  const low = hash32(entity, 0x9747b28c)
  return { name: base64url(high, 5) + base64url(low, 3), hash: low }
}

/** Small hash of a count and its field there: a 48-bit hash, which takes a third of the memory of the name. */
export function sentPlace(entity: string): { readonly slot: number; readonly field: string } {
  const high = hash32(entity)
  const low = hash32(entity, 0x9747b28c)
  return { slot: (high >>> 6) % SENT_SLOTS, field: String((high >>> 16) * 0x1_0000_0000 + low) }
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

/** Event time until which the counts of a half-window are kept, ms; `bucket` is event time in units of half the window. */
export function tallyUntil(window: number, bucket: number): number {
  return (bucket + 2) * (window / 2) + LIMITS.tallySlack * 1000
}

/** Event time until which sent counts of a day are kept at least, ms. */
export function sentUntil(ts: number): number {
  return ts + LIMITS.sentTtl * 1000 + DAY
}
