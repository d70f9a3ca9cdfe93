import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { FeatureStore, Observations } from '../../src/domain/feature-store.ts'
import { FeatureKeys, SHARDS, shardOf } from '../../src/stores/rates/layout.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { asLive, joined, many, rated, T0, TOPIC } from '../helpers/feature-fixtures.ts'
import { RedisProbe } from '../helpers/redis-probe.ts'
import { type RedisProxy, startRedisProxy } from '../helpers/redis-proxy.ts'
import { redisServerInstalled, startOwnRedis } from '../helpers/redis-server.ts'

/** A store with default settings on a server of its own behind a proxy, and what it counted so far. */
async function behindProxy(
  pastProxy = false,
): Promise<{ store: FeatureStore; proxy: RedisProxy; direct: Redis; end: () => Promise<void> }> {
  const server = await startOwnRedis()
  const proxy = await startRedisProxy(Number(new URL(server.url).port))
  const link = connectRedis({ url: pastProxy ? server.url : proxy.url })
  const direct = new Redis(server.url)
  let ended: Promise<void> | undefined
  const close = async () => {
    await link.close()
    direct.disconnect()
    await proxy.stop()
    await server.stop()
  }
  const end = () => {
    ended ??= close()
    return ended
  }
  onTestFinished(end)
  expect(await link.ready(30_000)).toBe(true)
  const store = asLive(redisFeatureStore(link, { deployment: 'd', clusterId: 'c', topic: TOPIC }))
  return { store, proxy, direct, end }
}

/** Counts batches of 20 messages for four ports; returns which were counted. */
async function countBatches(store: FeatureStore, batches: number, from: number): Promise<boolean[]> {
  const counted: boolean[] = []
  for (let b = 0; b < batches; b++) {
    const batch: Observations[] = many(20, 20 * (from + b), (offset) =>
      rated(offset, T0 + 50 * offset, `port:${offset % 4}`),
    )
    counted.push((await store.count(batch)).counted)
  }
  return counted
}

const assignAll = (store: FeatureStore) =>
  store.assign([{ topic: TOPIC, partition: 0 }], async () => [{ topic: TOPIC, partition: 0, endOffset: 0 }])

type Store = Awaited<ReturnType<typeof behindProxy>>

/** What an attempt came to: whether what is claimed held, and since when, epoch ms, it has been looked at. */
interface Attempt {
  readonly held: boolean
  readonly since: number
}

/** Pings so often, ms: a moment in which nothing is answered delays one of them by nearly as much as a call. */
const PING_EVERY = 4
/** An answer that takes so much longer, ms, than the latency that is set is one of a machine that is busy. */
const SLOW = 10
/** Busy moments are waited out for so long, ms. */
const WITHIN = 240_000

/**
 * Tries on a new store at this latency, ms, until what is claimed holds. Where it does not, a call took longer than its
 * budget: that is forgiven, and tried again, only when pings took longer than they should meanwhile.
 */
async function holdsWhenPrompt(latency: number, attempt: (at: Store) => Promise<Attempt>): Promise<void> {
  for (const until = Date.now() + WITHIN; ; ) {
    const at = await behindProxy()
    at.proxy.latency = latency
    const probe = new RedisProbe(at.proxy.port, PING_EVERY)
    const { held, since } = await attempt(at)
    const pings = probe.stop()
    await at.end()
    if (held) return
    const longest = Math.max(...pings.flatMap(({ at, took }) => (at + took >= since ? [took] : [])))
    expect(longest, 'it did not hold although pings were answered in time').toBeGreaterThan(latency + SLOW)
    expect(Date.now(), `it held in no attempt; the last longest ping took ${longest} ms`).toBeLessThan(until)
  }
}

const share = (counted: readonly boolean[]): number => counted.filter(Boolean).length / counted.length

describe.skipIf(!redisServerInstalled())('rates with the default budget of 100 ms', () => {
  it.each([40, 80])(
    'are counted from a cold start at %i ms',
    async (latency) => {
      await holdsWhenPrompt(latency, async ({ store }) => {
        const since = Date.now()
        await assignAll(store)
        return { held: share(await countBatches(store, 15, 0)) === 1, since }
      })
    },
    WITHIN + 30_000,
  )

  it.each([40, 80])(
    'recover at %i ms from a hiccup of 400 ms, and nothing is lost',
    async (latency) => {
      await holdsWhenPrompt(latency, async ({ store, proxy }) => {
        await assignAll(store)
        const all = await countBatches(store, 10, 0)
        proxy.hiccup(400)
        const during = await countBatches(store, 5, 10)
        expect(during).toContain(false)
        // What the hiccup held back is answered by then, and the circuit is closed.
        await sleep(1200)
        const since = Date.now()
        const held = share(await countBatches(store, 10, 15)) === 1
        await expect.poll(() => store.unready(), { timeout: 60_000 }).toEqual([])
        // What was late was still counted: each message at most once.
        proxy.latency = 0
        const totals = await Promise.all([0, 1, 2, 3].map((i) => store.totals(`port:${i}`)))
        const sum = totals.reduce((n, [commercial]) => n + commercial, 0)
        expect(sum).toBeLessThanOrEqual(20 * 25)
        if (held) expect(sum).toBeGreaterThanOrEqual(20 * (all.length + 11))
        return { held, since }
      })
    },
    WITHIN + 120_000,
  )

  it('mark what they missed wherever something was to be counted, not rates alone', async () => {
    const { store, proxy, direct } = await behindProxy()
    await assignAll(store)
    const entities = Array.from({ length: 30 }, (_, i) => `port-signatures:${i}`)
    const batch = (from: number) =>
      entities.map((entity, i) => joined(from + i, T0 + 20_000, entity, 'a signature'))
    expect((await store.count(batch(0))).counted).toBe(true)
    proxy.refusing = true
    proxy.cut()
    expect((await store.count(batch(30))).counted).toBe(false)
    proxy.refusing = false
    const keys = new FeatureKeys({ deployment: 'd', clusterId: 'c', topic: TOPIC })
    // The third bucket of the minute.
    for (const shard of new Set(entities.map((entity) => shardOf(entity, SHARDS))))
      await expect
        .poll(() => direct.hget(keys.missing(shard), String(T0 / 60_000)), { timeout: 10_000 })
        .toBe('4')
  }, 30_000)

  it('mark what they missed before they end', async () => {
    const { store, proxy, direct } = await behindProxy()
    await assignAll(store)
    const entity = 'port:1'
    expect((await store.count([rated(0, T0, entity)])).counted).toBe(true)
    proxy.refusing = true
    proxy.cut()
    expect((await store.count([rated(1, T0 + 20_000, entity)])).counted).toBe(false)
    proxy.refusing = false
    await store.close()
    const keys = new FeatureKeys({ deployment: 'd', clusterId: 'c', topic: TOPIC })
    const missing = keys.missing(shardOf(entity, SHARDS))
    expect(await direct.hgetall(missing)).toEqual({ [T0 / 60_000]: '4' })
  }, 30_000)

  it('says that it is not ready while a good part of the batches is not counted', async () => {
    const { store, proxy } = await behindProxy()
    await assignAll(store)
    await countBatches(store, 5, 0)
    expect(store.unready()).toEqual([])
    // Between the failures Redis answers, so that no circuit opens.
    for (let i = 0; i < 4; i++) {
      proxy.latency = 200
      await countBatches(store, 1, 5 + 3 * i)
      proxy.latency = 0
      await sleep(250)
      await countBatches(store, 2, 6 + 3 * i)
    }
    expect(store.unready()).toEqual([expect.stringMatching(/not counted/)])
    await expect.poll(() => store.unready(), { timeout: 15_000, interval: 500 }).toEqual([])
  }, 60_000)

  it('take a slow moment of their own process for no outage', async () => {
    const { store } = await behindProxy(true)
    await assignAll(store)
    await countBatches(store, 2, 0)
    const busy = setInterval(() => {
      const until = performance.now() + 150
      while (performance.now() < until);
    }, 10)
    try {
      expect(share(await countBatches(store, 20, 2))).toBe(1)
    } finally {
      clearInterval(busy)
    }
  }, 60_000)
})
