import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { FeatureStore, Observations } from '../../../src/domain/feature-store.ts'
import { Random } from '../../../src/offline/simulator/random.ts'
import { tallyName } from '../../../src/stores/rates/layout.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { fannedOut, PATIENT_MS, sorted, T0, TOPIC } from '../../helpers/feature-fixtures.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const MINUTE = 60_000
const [KEY, FORMER] = ['k'.repeat(32), 'f'.repeat(32)]

describe.skipIf(!redisServerInstalled())('fan-outs in Redis', () => {
  async function open() {
    const server = await startOwnRedis()
    const admin = new Redis(server.url)
    const link = connectRedis({ url: server.url, commandTimeout: PATIENT_MS })
    onTestFinished(async () => {
      await link.close()
      admin.disconnect()
      await server.stop()
    })
    const store = (deployment: string, tokenKeys?: string[]): FeatureStore => {
      const scope = { deployment, clusterId: 'test', topic: TOPIC, budgetMs: PATIENT_MS }
      return redisFeatureStore(link, tokenKeys ? { ...scope, tokenKeys } : scope)
    }
    return { admin, store }
  }

  /** Traffic of few numbers, texts and recipients over hours and days, with late records and ones that are judged by deadline. */
  function traffic(random: Random, batches: number): Observations[][] {
    const offsets = [0, 0]
    let now = T0
    return Array.from({ length: batches }, () => {
      now += random.chance(0.1) ? random.int(1, 20) * 60 * MINUTE : random.int(0, 9) * MINUTE
      return Array.from({ length: random.int(1, 60) }, () => {
        const partition = random.int(0, 1)
        const late = random.chance(0.1) ? random.int(0, 90) * MINUTE : 0
        const ts = now + random.int(0, 4 * MINUTE) - late
        const text = random.int(0, 3)
        const noise = random.chance(0.7) ? 0 : 1 << random.int(0, 30)
        const offset = offsets[partition]!++
        return fannedOut(offset, ts, `1380013${random.int(0, 4)}000`, `1.r${random.int(0, 60)}`, {
          position: { topic: TOPIC, partition, offset },
          signs: [(Math.imul(text, 0x9e3779b1) ^ noise) >>> 0, Math.imul(text + 7, 0x85ebca6b) >>> 0],
          reportFrom: random.int(2, 8),
          reportSeriesFrom: random.chance(0.2) ? Number.POSITIVE_INFINITY : random.int(2, 4),
          ...(random.chance(0.1) ? { once: `o${partition}.${offset}` } : {}),
        })
      })
    })
  }

  it('are the same as in memory, also of what is delivered again', async () => {
    const { store } = await open()
    let reported = 0
    for (let seed = 1; seed <= 12; seed++) {
      const random = new Random(seed)
      const [inMemory, inRedis] = [memoryFeatureStore(), store(randomUUID())]
      for (const batch of traffic(random, 40)) {
        const expected = sorted(await inMemory.count(batch))
        expect(sorted(await inRedis.count(batch)), `seed ${seed}`).toEqual(expected)
        reported += expected.fanouts.length
        if (random.chance(0.8)) continue
        const again = sorted(await inMemory.count(batch))
        expect(sorted(await inRedis.count(batch)), `seed ${seed}, again`).toEqual(again)
      }
      await inRedis.close()
    }
    expect(reported).toBeGreaterThan(400)
  })

  it('hold neither a number nor a token, in clear or by a hash without the key', async () => {
    const { admin, store } = await open()
    const number = '13812345678'
    const tokens = Array.from({ length: 5 }, (_, i) => `1.${'t'.repeat(20)}${i}`)
    const batch = tokens.map((token, offset) => fannedOut(offset, T0, number, token))
    expect((await store('d', [KEY]).count(batch)).fanouts).toMatchObject([{ number, strangers: 5 }])
    const held: string[] = []
    for (const key of await admin.keys('*')) {
      held.push(key)
      if ((await admin.type(key)) === 'hash') held.push(JSON.stringify(await admin.hgetall(key)))
      else held.push((await admin.getBuffer(key))!.toString('latin1'))
    }
    const dump = held.join('\n')
    expect(dump).toMatch(/:k:[\w-]{8}:\d+:w/)
    for (const text of [number, '1381234', ...tokens]) expect(dump).not.toContain(text)
    for (const text of [`fanout/${number}`, 'series/1381234'])
      expect(dump).not.toContain(tallyName(text).name)
  })

  it('begin over in a shard that was emptied, and under another token key', async () => {
    const { admin, store } = await open()
    let offset = 0
    const since = async (counting: FeatureStore, ts: number) => {
      const batch = [0, 1, 2].map((i) => fannedOut(offset++, ts + i, '13800130001', `1.r${offset}`))
      return (await counting.count(batch)).fanouts[0]?.since
    }
    const [now, former] = [store('d', [KEY, FORMER]), store('d', [FORMER])]
    expect(await since(former, T0)).toBe(T0 + 60 * MINUTE)
    expect(await since(former, T0 + 600 * MINUTE)).toBe(T0 + 60 * MINUTE)
    expect(await since(now, T0 + 660 * MINUTE)).toBe(T0 + 720 * MINUTE)
    expect(await since(now, T0 + 780 * MINUTE)).toBe(T0 + 720 * MINUTE)
    await admin.flushall()
    await since(now, T0 + 840 * MINUTE)
    expect(await since(now, T0 + 841 * MINUTE)).toBe(T0 + 900 * MINUTE)
  })

  it('are silent while Redis is away', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, commandTimeout: 500 })
    onTestFinished(async () => {
      await link.close()
      await server.stop()
    })
    const store = redisFeatureStore(link, { deployment: 'd', clusterId: 'c', topic: TOPIC, budgetMs: 500 })
    const batch = (from: number) =>
      Array.from({ length: 5 }, (_, i) => fannedOut(from + i, T0, '13800130001', `1.r${from + i}`))
    expect((await store.count(batch(0))).fanouts).toHaveLength(1)
    server.process!.kill('SIGSTOP')
    const away = await store.count(batch(5))
    server.process!.kill('SIGCONT')
    expect(away).toMatchObject({ fanouts: [], counted: false })
    expect(away.uncounted?.size).toBe(5)
  })
})
