import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { Observations } from '../../../src/domain/feature-store.ts'
import { hash32 } from '../../../src/domain/hash32.ts'
import { sentPlace } from '../../../src/stores/rates/layout.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const T = Date.UTC(2026, 10, 11, 8)
const DAYS = ['2026-11-11']
const [KEY, FORMER] = ['k'.repeat(32), 'f'.repeat(32)]
const MOBILE = '13812345678'
const PORT = '1069012345670001'

describe.skipIf(!redisServerInstalled())('numbers of persons who send', () => {
  async function open() {
    const server = await startOwnRedis()
    const admin = new Redis(server.url)
    const link = connectRedis({ url: server.url, commandTimeout: 5000 })
    onTestFinished(async () => {
      await link.close()
      admin.disconnect()
      await server.stop()
    })
    const scope = { deployment: 'd', clusterId: 'c', topic: 't', budgetMs: 5000 }
    return {
      admin,
      store: (tokenKeys?: string[]) => redisFeatureStore(link, tokenKeys ? { ...scope, tokenKeys } : scope),
    }
  }
  let offset = 0
  const message = (port: string): Observations => ({
    position: { topic: 't', partition: 0, offset: offset++ },
    ts: T,
    rates: [],
    tallies: [],
    sent: [`port:${port}`],
    members: [
      { entity: `port-signatures:${port}`, member: '京东', window: 86_400_000, reportFrom: 1, minCount: 1 },
    ],
  })

  it('are found in Redis neither in clear nor by a hash without the key', async () => {
    const { admin, store } = await open()
    const { members } = await store([KEY]).count([message(MOBILE), message(PORT)])
    expect(members.map(({ entity }) => entity).toSorted()).toEqual(
      [MOBILE, PORT].map((port) => `port-signatures:${port}`).toSorted(),
    )
    const held: string[] = []
    for (const key of await admin.keys('*')) {
      held.push(key)
      if ((await admin.type(key)) === 'hash') held.push(JSON.stringify(await admin.hgetall(key)))
    }
    const dump = held.join('\n')
    for (const text of [MOBILE, `port:${MOBILE}`, `port-signatures:${MOBILE}`])
      for (const form of [text, sentPlace(text).field, String(hash32(text))]) expect(dump).not.toContain(form)
    // The same search finds what is public.
    expect(dump).toContain(`port-signatures:${PORT}`)
    expect(dump).toContain(sentPlace(`port:${PORT}`).field)
  })

  it('keep what was sent across versions and keys; ports are counted alike by both versions', async () => {
    const { store } = await open()
    const [before, former, now] = [store(), store([FORMER]), store([KEY, FORMER])]
    for (const one of [before, former, now])
      for (const port of [MOBILE, PORT]) expect((await one.count([message(port)])).counted).toBe(true)
    expect(await now.sent(`port:${MOBILE}`, DAYS)).toEqual([3])
    // An earlier version next to this one misses nothing of a port, so no rate of complaints seems higher there.
    for (const one of [before, former, now]) expect(await one.sent(`port:${PORT}`, DAYS)).toEqual([3])
  })
})
