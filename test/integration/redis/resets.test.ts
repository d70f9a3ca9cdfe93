import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { PartitionId } from '../../../src/domain/ports.ts'
import { trustedClockOf } from '../../../src/service/compose-clock.ts'
import { openStores, type Stores } from '../../../src/service/compose-stores.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { redisAvailable, startRedis } from '../../helpers/redis-server.ts'

/** What the store of rates calls when it learns, after an outage, that a log was recreated. */
let learnt: ((partitions: readonly PartitionId[]) => void) | undefined
vi.mock('../../../src/stores/rates/redis.ts', async (original) => {
  const real = await original<typeof import('../../../src/stores/rates/redis.ts')>()
  return {
    ...real,
    redisFeatureStore: (...[link, options]: Parameters<typeof real.redisFeatureStore>) => {
      learnt = options.onReset
      return real.redisFeatureStore(link, options)
    },
  }
})

const folder = useFolder()
const MINUTE = 29_000_000
const sent = (offset: number, minute: number) => ({
  position: { topic: 'sms.mt', partition: 0, offset },
  minute,
  signature: '示例超市',
  port: '10690200001',
  label: 'marketing' as const,
})

describe.skipIf(!redisAvailable())('a log that was recreated while Redis was away', () => {
  let server: Awaited<ReturnType<typeof startRedis>>
  let stores: Stores
  const events: Event[] = []
  beforeAll(async () => {
    server = await startRedis()
    const env = {
      SIGWATCH_REDIS_URL: server.url,
      SIGWATCH_KAFKA_BROKERS: '127.0.0.1:1',
      SIGWATCH_PRIVACY_TOKEN_KEY: `1:${'k'.repeat(32)}`,
    }
    const { config } = loadConfig({ env, folder: folder.path })
    stores = await openStores(
      config,
      'cluster',
      () => {},
      (event) => void events.push(event),
      trustedClockOf(config),
    )
  })
  afterAll(async () => {
    await stores?.close()
    await server?.stop()
  })

  it('is counted by sender from its beginning', async () => {
    const { senderMinutes } = stores
    await senderMinutes.count([sent(5000, MINUTE)])
    learnt!([{ topic: 'sms.mt', partition: 0 }])
    expect(events).toContainEqual({ name: 'counting_reset', topic: 'sms.mt', partition: 0 })
    let offset = 0
    const minutes = async () => {
      await senderMinutes.count([sent(offset++, MINUTE + 1)])
      const due = await senderMinutes.due((MINUTE + 2) * 60_000, Date.now() + 1000)
      return due.map(({ minute }) => minute)
    }
    await expect.poll(minutes).toEqual([MINUTE, MINUTE + 1])
  })
})
