import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../../src/adapters/redis/link.ts'
import type { FeatureStore, Observations, RateReading } from '../../../src/domain/feature-store.ts'
import { FeatureKeys } from '../../../src/stores/rates/layout.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { freshScope, PATIENT_MS, rated, T0, TOPIC } from '../../helpers/feature-fixtures.ts'
import { type RedisServer, redisAvailable, startRedis } from '../../helpers/redis-server.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ENTITY = 'signature:京东'

/** A message a minute, by minutes after `T0`. */
const steady = (from: number, to: number): Observations[] =>
  Array.from({ length: to - from }, (_, i) =>
    rated(from + i, T0 + (from + i) * MINUTE, ENTITY, 'commercial', { baseline: true }),
  )

async function lastOf(store: FeatureStore, all: readonly Observations[]): Promise<RateReading> {
  let found: RateReading | undefined
  for (let from = 0; from < all.length; from += 30)
    found = (await store.count(all.slice(from, from + 30))).rates.at(-1)
  return found!
}

describe.skipIf(!redisAvailable())('when the feed was there, in Redis', () => {
  let server: RedisServer
  let link: RedisLink
  let admin: Redis
  beforeAll(async () => {
    server = await startRedis()
    link = connectRedis({ url: server.url, commandTimeout: PATIENT_MS })
    admin = new Redis(server.url)
  }, 60_000)
  afterAll(async () => {
    admin.disconnect()
    await link.close()
    await server.stop()
  })

  const options = (deployment: string) => ({ deployment, clusterId: 'test', topic: TOPIC })
  const open = (scope: string) => redisFeatureStore(link, { ...options(scope), budgetMs: PATIENT_MS })
  const keysOf = (scope: string, of: string) => admin.keys(`sigwatch:${scope}:*${of}`)

  /** Leaves baselines as a version wrote them that knows of no partitions. */
  async function withoutHomes(scope: string): Promise<void> {
    for (const key of await keysOf(scope, `b:${ENTITY}`)) await admin.hdel(key, 'home')
  }

  it('expires with what it is for', async () => {
    const scope = freshScope()
    await lastOf(open(scope), steady(0, 70))
    const keys = new FeatureKeys(options(scope))
    expect(await admin.hgetall(keys.feed)).toEqual({ [`${TOPIC}/0`]: String(T0 / (2 * MINUTE)) })
    expect(await admin.ttl(keys.feed)).toBeGreaterThan(13 * 86_400)
    expect(await admin.hgetall(keys.feedHour(T0 / HOUR))).toEqual({ [`${TOPIC}/0`]: String(2 ** 30 - 1) })
    expect(await admin.ttl(keys.feedHour(T0 / HOUR))).toBeGreaterThan(50 * 3600)
  })

  it('is not known of the time before an upgrade, whose silence counts as before', async () => {
    const scope = freshScope()
    await lastOf(open(scope), steady(0, 130))
    await withoutHomes(scope)
    for (const key of await keysOf(scope, ':feed*')) await admin.del(key)
    const upgraded = open(scope)
    const { baseline } = await lastOf(upgraded, steady(300, 310))
    expect(baseline).toMatchObject({ firstSeen: T0, storeSince: T0, recent: { hours: 5 } })
    // From then on it is.
    const later = await lastOf(upgraded, [...steady(310, 361), ...steady(660, 721)])
    expect(later.baseline!.recent!.hours).toBe(7)
  })

  it('does not treat hours counted by another version as silence after a downgrade', async () => {
    const scope = freshScope()
    await lastOf(open(scope), steady(0, 120))
    // Two hours of the former version: it trains its baselines, and notes nothing of the feed.
    await lastOf(open(scope), steady(120, 240))
    await withoutHomes(scope)
    const keys = new FeatureKeys(options(scope))
    for (const hour of [2, 3]) await admin.del(keys.feedHour(T0 / HOUR + hour))
    const { baseline } = await lastOf(open(scope), steady(240, 361))
    // Only the hour that was open at the change is unknown.
    expect(baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 5 })
  })

  it('is shared of a partition that lags by hours', async () => {
    const scope = freshScope()
    const store = open(scope)
    const on = (partition: number, messages: readonly Observations[]) =>
      messages.map((one) => ({ ...one, position: { ...one.position, partition } }))
    // In turns: one partition at its end, the other six hours behind.
    for (let minute = 0; minute < 120; minute += 10) {
      await lastOf(store, on(0, steady(360 + minute, 370 + minute)))
      await lastOf(store, on(1, steady(minute, minute + 10)))
    }
    const keys = new FeatureKeys(options(scope))
    for (const hour of [0, 1])
      expect(await admin.hgetall(keys.feedHour(T0 / HOUR + hour))).toEqual({
        [`${TOPIC}/1`]: String(2 ** 30 - 1),
      })
  })

  it('is asked for once in two minutes of event time', async () => {
    const scope = freshScope()
    const store = open(scope)
    await lastOf(store, steady(0, 1))
    const calls = async () => Number(/cmdstat_hgetall:calls=(\d+)/.exec(await admin.info('commandstats'))![1])
    const before = await calls()
    const seconds = Array.from({ length: 600 }, (_, i) =>
      rated(1 + i, T0 + MINUTE + i * 1000, 'port:1', 'notice', { reportFrom: Number.POSITIVE_INFINITY }),
    )
    for (const one of seconds) await store.count([one])
    // First, this hour and three around it, five times.
    expect((await calls()) - before).toBeLessThanOrEqual(30)
  })
})
