import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import {
  BRANDS_WITH_NOTICES,
  type LearnedNotice,
  NOTICES_OF_BRAND,
  type NoticeStore,
} from '../../src/domain/notices.ts'
import { SKETCH_SIZE } from '../../src/domain/sketch.ts'
import { MemoryNoticeStore } from '../../src/stores/notices/memory.ts'
import { RedisNoticeStore } from '../../src/stores/notices/redis.ts'
import {
  redisAvailable,
  redisServerInstalled,
  startRedis,
  startRedisCluster,
} from '../helpers/redis-server.ts'
import { uniqueName } from '../helpers/unique-name.ts'

interface Adapter {
  readonly name: string
  readonly available: boolean
  /** Two calls of `again` on a store share its data, as two instances do. */
  readonly open: () => Promise<{
    fresh: () => NoticeStore
    again: (store: NoticeStore) => NoticeStore
    close: () => Promise<void>
  }>
}

function redisAdapter(
  name: string,
  available: boolean,
  connect: () => Promise<{ link: RedisLink; stop: () => Promise<void> }>,
): Adapter {
  return {
    name,
    available,
    async open() {
      const { link, stop } = await connect()
      expect(await link.ready(10_000)).toBe(true)
      const prefixes = new Map<NoticeStore, string>()
      const make = (prefix: string) => {
        const store = new RedisNoticeStore({ link, prefix })
        prefixes.set(store, prefix)
        return store
      }
      return {
        fresh: () => make(uniqueName('notices')),
        again: (store) => make(prefixes.get(store)!),
        close: async () => {
          await link.close()
          await stop()
        },
      }
    },
  }
}

const ADAPTERS: readonly Adapter[] = [
  {
    name: 'memory',
    available: true,
    open: async () => ({
      fresh: () => new MemoryNoticeStore(),
      again: (store) => store,
      close: async () => {},
    }),
  },
  redisAdapter('redis', redisAvailable(), async () => {
    const server = await startRedis()
    return { link: connectRedis({ url: server.url, commandTimeout: 2000 }), stop: server.stop }
  }),
  redisAdapter('redis cluster of three masters', redisServerInstalled(), async () => {
    const servers = await startRedisCluster()
    return { link: connectRedis({ nodes: servers.nodes, commandTimeout: 2000 }), stop: servers.stop }
  }),
]

const notice = (id: string, more: Partial<LearnedNotice> = {}): LearnedNotice => ({
  id,
  brand: 'jd',
  table: 'sketch-zh@1',
  sketch: Int8Array.from({ length: SKETCH_SIZE }, (_, i) => i * 4 - 128),
  hosts: ['a.example.com'],
  numbers: ['02160001111'],
  carries: ['mobile'],
  port: '10690001',
  signature: '京东',
  ...more,
})

describe.each(ADAPTERS)('notices of brands in $name', ({ available, open }) => {
  let adapter: Awaited<ReturnType<Adapter['open']>>
  beforeAll(async () => {
    if (available) adapter = await open()
  })
  afterAll(async () => {
    await adapter?.close()
  })
  const when = available ? it : it.skip

  when('gives back what was learned, to every instance', async () => {
    const store = adapter.fresh()
    const { signature: _, ...ofNumber } = notice('b', {
      brand: 'cmb',
      port: '95555',
      numbers: [],
      carries: [],
    })
    await store.learn([notice('a'), ofNumber])
    const { brands } = await adapter.again(store).changes(undefined)
    expect(brands.toSorted((a, b) => a.brand.localeCompare(b.brand))).toEqual([
      { brand: 'cmb', notices: [ofNumber] },
      { brand: 'jd', notices: [notice('a')] },
    ])
  })

  when('says which brands changed since a mark', async () => {
    const store = adapter.fresh()
    expect((await store.changes(undefined)).brands).toEqual([])
    await store.learn([notice('a'), notice('b', { brand: 'sf' })])
    const { mark } = await store.changes(undefined)
    expect((await store.changes(mark)).brands).toEqual([])
    await adapter.again(store).learn([notice('c')])
    const after = await store.changes(mark)
    expect(after.brands.map(({ brand, notices }) => [brand, notices.map(({ id }) => id)])).toEqual([
      ['jd', ['a', 'c']],
    ])
    expect((await store.changes(after.mark)).brands).toEqual([])
  })

  when('keeps a notice that is learned again once, as it was learned last', async () => {
    const store = adapter.fresh()
    await store.learn([notice('a')])
    await store.learn([notice('a', { hosts: ['a.example.com', 'b.example.com'] })])
    const { brands } = await store.changes(undefined)
    expect(brands[0]!.notices).toEqual([notice('a', { hosts: ['a.example.com', 'b.example.com'] })])
  })

  when('forgets notices, and says so', async () => {
    const store = adapter.fresh()
    await store.learn([notice('a'), notice('b')])
    const { mark } = await store.changes(undefined)
    await store.forget([notice('a'), notice('unknown')])
    expect((await store.changes(mark)).brands).toEqual([{ brand: 'jd', notices: [notice('b')] }])
    await store.forget([notice('b')])
    expect((await store.changes(mark)).brands).toEqual([{ brand: 'jd', notices: [] }])
  })

  when('keeps of a brand no more than it may, the newest', async () => {
    const store = adapter.fresh()
    for (let i = 0; i < NOTICES_OF_BRAND + 3; i++) await store.learn([notice(`n${i}`)])
    const [known] = (await store.changes(undefined)).brands
    expect(known!.notices).toHaveLength(NOTICES_OF_BRAND)
    expect(known!.notices.map(({ id }) => id)).toEqual(
      Array.from({ length: NOTICES_OF_BRAND }, (_, i) => `n${i + 3}`),
    )
  })

  when('keeps no more brands than it may, those that changed last', async () => {
    const store = adapter.fresh()
    const learn = (from: number, to: number) =>
      store.learn(Array.from({ length: to - from }, (_, i) => notice('a', { brand: `b${from + i}` })))
    await learn(0, BRANDS_WITH_NOTICES)
    await learn(BRANDS_WITH_NOTICES, BRANDS_WITH_NOTICES + 2)
    const ids: string[] = []
    for (let mark: string | undefined; ; ) {
      const some = await store.changes(mark)
      if (some.brands.length === 0) break
      ids.push(...some.brands.map(({ brand }) => brand))
      mark = some.mark
    }
    expect(ids).toHaveLength(BRANDS_WITH_NOTICES)
    expect(ids).not.toContain('b0')
    expect(ids).not.toContain('b1')
    expect(ids).toContain(`b${BRANDS_WITH_NOTICES + 1}`)
  })
})

describe.skipIf(!redisAvailable())('notices in a Redis that lost what it held', () => {
  it('are read again from the beginning', async () => {
    const server = await startRedis()
    const link = connectRedis({ url: server.url, commandTimeout: 2000 })
    try {
      expect(await link.ready(10_000)).toBe(true)
      const store = new RedisNoticeStore({ link, prefix: uniqueName('notices') })
      await store.learn([notice('a')])
      await store.learn([notice('b')])
      const { mark } = await store.changes(undefined)
      await link.command('FLUSHALL')
      await store.learn([notice('c')])
      expect((await store.changes(mark)).brands).toEqual([{ brand: 'jd', notices: [notice('c')] }])
    } finally {
      await link.close()
      await server.stop()
    }
  })
})
