import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import type { StoredTemplate, Template, TemplateStore } from '../../src/domain/templates.ts'
import { KEPT_FOR, TEMPLATES_AT_ONCE } from '../../src/domain/templates.ts'
import { MemoryTemplateStore } from '../../src/stores/templates/memory.ts'
import { RedisTemplateStore } from '../../src/stores/templates/redis.ts'
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
    fresh: (most?: number) => TemplateStore
    again: (store: TemplateStore) => TemplateStore
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
      const prefixes = new Map<TemplateStore, string>()
      const make = (prefix: string, most?: number) => {
        const store = new RedisTemplateStore({ link, prefix, ...(most === undefined ? {} : { most }) })
        prefixes.set(store, prefix)
        return store
      }
      return {
        fresh: (most) => make(uniqueName('templates'), most),
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
      fresh: (most) => new MemoryTemplateStore(most),
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

const T = Date.UTC(2026, 10, 11, 4)
const by = (who: string, ts = T, sketch = 'w1:a') =>
  ({ is: 'confirmed', label: 'fraud', sketch, by: who, ts }) as const
const listed = (sketch: string, more: Partial<Template> = {}) => {
  const template = {
    sketch,
    label: 'illicit',
    confirmations: [],
    until: T + 1,
    source: 'desk',
    ...more,
  } as const
  return { is: 'known', sketch, template } as const
}

describe.each(ADAPTERS)('templates in $name', ({ available, open }) => {
  let adapter: Awaited<ReturnType<Adapter['open']>>
  beforeAll(async () => {
    if (available) adapter = await open()
  })
  afterAll(async () => {
    await adapter?.close()
  })
  const when = available ? it : it.skip

  const all = async (store: TemplateStore): Promise<StoredTemplate[]> => {
    const found: StoredTemplate[] = []
    for (let mark: string | undefined; ; ) {
      const some = await store.changes(mark)
      if (some.templates.length === 0) return found
      found.push(...some.templates)
      mark = some.mark
    }
  }

  when('counts people once, on every instance', async () => {
    const store = adapter.fresh()
    await store.change([by('ann'), by('ann', T + 5)])
    await adapter.again(store).change([by('bob', T + 1)])
    expect(await all(store)).toEqual([
      {
        ...{ sketch: 'w1:a', label: 'fraud', source: 'local', until: T + 5 + KEPT_FOR },
        confirmations: [
          { by: 'ann', ts: T },
          { by: 'bob', ts: T + 1 },
        ],
      },
    ])
  })

  when('loses no word of people who confirm at once', async () => {
    const store = adapter.fresh()
    const others = Array.from({ length: 8 }, () => adapter.again(store))
    await Promise.all(others.map((other, i) => other.change([by(`p${i}`)])))
    expect((await all(store))[0]!.confirmations.map((one) => one.by).sort()).toEqual(
      others.map((_, i) => `p${i}`),
    )
  })

  when('says what changed since a mark, and nothing of what did not', async () => {
    const store = adapter.fresh()
    await store.change([by('ann'), by('ann', T, 'w1:b')])
    const { mark, templates, lost } = await store.changes(undefined)
    expect([templates.length, lost]).toEqual([2, false])
    await adapter.again(store).change([by('ann', T, 'w1:b'), listed('w1:a')])
    expect((await store.changes(mark)).templates).toEqual([])
    await adapter.again(store).change([{ is: 'removed', sketch: 'w1:b', ts: T + 9 }])
    expect((await store.changes(mark)).templates).toMatchObject([{ sketch: 'w1:b', removed: T + 9 }])
  })

  when('takes what is imported where nothing is known of it', async () => {
    const store = adapter.fresh()
    await store.change([by('ann'), { is: 'removed', sketch: 'w1:b', ts: T }, by('bob', T, 'w1:c')])
    await store.change([{ is: 'removed', sketch: 'w1:c', ts: T + 1 }])
    await store.change([listed('w1:a'), listed('w1:c'), listed('w1:d')])
    expect((await all(store)).map(({ sketch, source, removed }) => [sketch, source, removed])).toEqual([
      ['w1:a', 'local', undefined],
      ['w1:c', 'local', T + 1],
      ['w1:d', 'desk', undefined],
    ])
  })

  when('keeps no more than it may: those that end first are gone', async () => {
    const store = adapter.fresh(3)
    await store.change([5, 1, 4, 2, 3].map((n) => listed(`w1:${n}`, { until: T + n })))
    expect((await all(store)).map(({ until }) => until - T).sort()).toEqual([3, 4, 5])
  })

  when('gives back many, some at once', async () => {
    const store = adapter.fresh()
    const count = TEMPLATES_AT_ONCE + 10
    await store.change(Array.from({ length: count }, (_, i) => listed(`w1:${i}`)))
    expect((await store.changes(undefined)).templates).toHaveLength(TEMPLATES_AT_ONCE)
    expect(new Set((await all(store)).map(({ sketch }) => sketch)).size).toBe(count)
  })

  when('forgets what ended, and nothing that has not', async () => {
    const store = adapter.fresh()
    await store.change([listed('w1:old', { until: T - 1 }), listed('w1:new', { until: T })])
    expect(await store.expire(T)).toEqual(['w1:old'])
    expect(await store.expire(T)).toEqual([])
    expect((await all(store)).map(({ sketch }) => sketch)).toEqual(['w1:new'])
    await store.change([{ is: 'met', sketch: 'w1:old', until: T + 5 }])
    expect(await all(store)).toHaveLength(1)
  })
})

describe.skipIf(!redisAvailable())('templates in a Redis that lost what it held', () => {
  it('says so, and gives what is there since', async () => {
    const server = await startRedis()
    const link = connectRedis({ url: server.url, commandTimeout: 2000 })
    try {
      expect(await link.ready(10_000)).toBe(true)
      const store = new RedisTemplateStore({ link, prefix: uniqueName('templates') })
      await store.change([by('ann'), by('ann', T, 'w1:b')])
      const { mark } = await store.changes(undefined)
      await link.command('FLUSHALL')
      await store.change([by('ann', T, 'w1:c')])
      const { templates, lost } = await store.changes(mark)
      expect(lost).toBe(true)
      expect(templates.map(({ sketch }) => sketch)).toEqual(['w1:c'])
    } finally {
      await link.close()
      await server.stop()
    }
  })
})
