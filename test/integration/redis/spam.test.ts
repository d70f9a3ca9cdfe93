import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { DETECTORS } from '../../../src/detection/detectors/all.ts'
import type { Code } from '../../../src/domain/codes.ts'
import type { Detected } from '../../../src/domain/detector.ts'
import { Rates } from '../../../src/pipeline/rate.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { messageOf, registryOf } from '../../helpers/detector-fixtures.ts'
import { loadPolicy } from '../../helpers/policies.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const T = Date.UTC(2026, 10, 11, 8)
/** What the test affords of 1,000 messages a second for ten minutes. */
const MINUTES = 10
const A_SECOND = 50
const SECONDS_A_BATCH = 10
const RECIPIENTS = 200
const ESCALATION = { count: 3, recipients: 3, within: 600_000 }

let seed = 7
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 0x1_0000_0000
}
const word = () => Math.floor(random() * 1e9).toString(36)

describe.skipIf(!redisServerInstalled())('a port that sends under a new name each time', () => {
  it('costs Redis a bounded number of keys', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, commandTimeout: 10_000 })
    const admin = new Redis(server.url)
    onTestFinished(async () => {
      admin.disconnect()
      await link.close()
      await server.stop()
    })
    const store = redisFeatureStore(link, { deployment: 'd', clusterId: 'c', topic: 't', budgetMs: 10_000 })
    const rates = new Rates(store, DETECTORS.rate)
    const policy = loadPolicy()
    const context = {
      registry: registryOf(),
      codePolicy: (code: Code, ts: number) => policy.codePolicy(code, ts),
    }
    let offset = 0
    const spam = (ts: number): Detected => {
      const name = word()
      const message = {
        ...messageOf(`【${name}】今天全场五折，欢迎光临，回复T退订`, {
          ts,
          from: '10690001',
          label: 'marketing',
        }),
        position: { topic: 't', partition: 0, offset: offset++ },
        bands: [word(), word(), word(), word()],
        toToken: `1.${Math.floor(random() * RECIPIENTS)}`,
      }
      return {
        message,
        findings: [{ code: 'SIGNATURE_UNFILED', score: 1, evidence: { signature: name, reason: 'unknown' } }],
      }
    }
    const keys: number[] = []
    let heldBack = 0
    for (let second = 0; second < 60 * MINUTES; second += SECONDS_A_BATCH) {
      const batch = Array.from({ length: A_SECOND * SECONDS_A_BATCH }, (_, i) =>
        rates.observe(spam(T + (second + (i % SECONDS_A_BATCH)) * 1000), context, ESCALATION),
      )
      const rated = await rates.count(batch, context, ESCALATION)
      expect(rated.counted).toBe(true)
      heldBack += rated.heldBack ?? 0
      if ((second + SECONDS_A_BATCH) % 60 === 0) keys.push(await admin.dbsize())
    }
    // Names: 256 with their windows, baseline, target and sent count; bands and targets: 240 a minute, which live for
    // two hours; recipients: two tallies of two half windows; and the keys that each shard has once.
    for (const [minute, count] of keys.entries())
      expect(count).toBeLessThan(256 * 4 + 240 * (minute + 1) + RECIPIENTS * 4 + 64 * 3)
    expect(heldBack).toBeGreaterThan(20_000)
    const grown = keys.at(-1)! - keys.at(-2)!
    expect(grown).toBeLessThan(260)
    await store.close()
  }, 120_000)
})
