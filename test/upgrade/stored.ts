import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Redis } from 'ioredis'

/** One key of Redis, independent of a server's dump format, so that any version reads it. Bytes as latin1. */
export interface StoredKey {
  readonly key: string
  readonly type: string
  /** ms; -1: none. */
  readonly ttl: number
  readonly value: readonly string[]
}

/** What a version leaves behind when it is killed. */
export interface Left {
  readonly commit: string
  readonly redisVersion: string
  /** Hash of the traffic it was made from. */
  readonly digest: string
  /** Records that it had received. */
  readonly given: number
  readonly deployment: string
  readonly clusterId: string
  readonly topic: string
  /** Offset that the group had committed. */
  readonly committed: number
  readonly keys: readonly StoredKey[]
  /** Values of its alerts, in order. */
  readonly alerts: readonly string[]
  /** Keys and values of the block table, in order. */
  readonly blocks: readonly (readonly [key: string, value: string | null])[]
}

const READ: Readonly<Record<string, readonly string[]>> = {
  string: ['GET'],
  hash: ['HGETALL'],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1', 'WITHSCORES'],
}

/** Every key that is there. */
export async function readKeys(redis: Redis): Promise<StoredKey[]> {
  const keys: StoredKey[] = []
  for (const name of (await redis.keys('*')).sort()) {
    const type = await redis.type(name)
    const [command, ...args] = READ[type] ?? []
    if (command === undefined) throw new Error(`${name} is a ${type}`)
    const value = [(await redis.callBuffer(command, name, ...args)) as Buffer | Buffer[]].flat()
    keys.push({ key: name, type, ttl: await redis.pttl(name), value: value.map((b) => b.toString('latin1')) })
  }
  return keys
}

/** Writes the keys under the names that another cluster looks for. */
export async function writeKeys(
  redis: Redis,
  left: Pick<Left, 'keys' | 'clusterId'>,
  to: { readonly clusterId: string },
): Promise<void> {
  const pipeline = redis.pipeline()
  for (const { key, type, ttl, value } of left.keys) {
    const name = key.replaceAll(left.clusterId, to.clusterId)
    const bytes = value.map((text) => Buffer.from(text, 'latin1'))
    if (type === 'string') pipeline.set(name, bytes[0]!)
    else if (type === 'hash') pipeline.hset(name, ...(bytes as [Buffer, Buffer]))
    else if (type === 'set') pipeline.sadd(name, ...bytes)
    else for (let i = 0; i < bytes.length; i += 2) pipeline.zadd(name, String(bytes[i + 1]), bytes[i]!)
    if (ttl > 0) pipeline.pexpire(name, ttl)
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
}

export function readLeft<T = Left>(file: string): T {
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as T
}
