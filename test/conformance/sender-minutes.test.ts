import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import { exactClock } from '../../src/domain/ports.ts'
import type { SenderCount, SenderMinutes } from '../../src/domain/sender-minutes.ts'
import { MemorySenderMinutes } from '../../src/stores/sender-statistics/memory.ts'
import { RedisSenderMinutes } from '../../src/stores/sender-statistics/redis.ts'
import {
  redisAvailable,
  redisServerInstalled,
  startRedis,
  startRedisCluster,
} from '../helpers/redis-server.ts'
import { uniqueName } from '../helpers/unique-name.ts'

/** The clocks of the process, ahead by so much, ms. */
let ahead = 0
const clock = exactClock(() => Date.now() + ahead)

/** Lets time pass for the stores. */
function pass(ms: number): void {
  const monotonic = performance.now.bind(performance)
  ahead = ms
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + ms)
  onTestFinished(() => {
    spy.mockRestore()
    ahead = 0
  })
}

interface Adapter {
  readonly name: string
  readonly available: boolean
  /** Two calls of `again` on a store share its data, as two instances do. */
  readonly open: () => Promise<{
    fresh: () => SenderMinutes
    again: (store: SenderMinutes) => SenderMinutes
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
      const prefixes = new Map<SenderMinutes, string>()
      const make = (prefix: string) => {
        const store = new RedisSenderMinutes({ link, prefix, clock })
        prefixes.set(store, prefix)
        return store
      }
      return {
        fresh: () => make(uniqueName('minutes')),
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
      fresh: () => new MemorySenderMinutes(clock),
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

/** Any minute; its end in event time. */
const MINUTE = 29_000_000
const END = (MINUTE + 1) * 60_000
const SOON = 1000

const at = (offset: number, partition = 0) => ({ topic: 'sms.mt', partition, offset })
const count = (offset: number, more: Partial<SenderCount> = {}): SenderCount => ({
  position: at(offset),
  minute: MINUTE,
  signature: '示例超市',
  port: '10690200001',
  label: 'marketing',
  ...more,
})

describe.each(ADAPTERS)('counts of senders in $name', ({ available, open }) => {
  let adapter: Awaited<ReturnType<Adapter['open']>>
  beforeAll(async () => {
    if (available) adapter = await open()
  })
  afterAll(async () => {
    await adapter?.close()
  })
  const when = available ? it : it.skip
  const due = async (store: SenderMinutes, watermark: number | undefined, after = SOON) =>
    (await store.due(watermark, Date.now() + after)).map(({ minute, senders }) => ({ minute, senders }))

  when('counts as many senders of enterprises in a batch as a minute may hold', async () => {
    const store = adapter.fresh()
    const senders = 9_000
    const batch = Array.from({ length: senders }, (_, i) =>
      count(i, { port: `1069${String(i).padStart(7, '0')}`, sp: `sp${i % 7}` }),
    )
    await store.count(batch)
    const [minute] = await due(store, END)
    expect(minute!.senders).toHaveLength(senders)
    expect(minute!.senders.every(({ port, sp }) => sp === `sp${Number(port.slice(4)) % 7}`)).toBe(true)
    await adapter.again(store).count([count(senders)])
    expect((await due(store, END))[0]!.senders).toHaveLength(senders + 1)
  })

  when('adds up a sender by label over partitions, once the watermark has passed the minute', async () => {
    const store = adapter.fresh()
    await store.count([count(0), count(1, { label: 'notice', sp: 'SP1' }), count(2)])
    await adapter.again(store).count([count(0, { position: at(0, 1), sp: 'SP2' })])
    expect(await due(store, END - 1)).toEqual([])
    const [minute, ...more] = await due(store, END)
    expect(more).toEqual([])
    expect(minute).toMatchObject({
      minute: MINUTE,
      senders: [{ signature: '示例超市', port: '10690200001' }],
    })
    expect(minute!.senders[0]!.sent).toEqual({ marketing: 3, notice: 1 })
    expect(['SP1', 'SP2']).toContain(minute!.senders[0]!.sp)
  })

  when('counts an offset once, whichever instance counts it and however batches are cut', async () => {
    const store = adapter.fresh()
    await store.count([count(0), count(1), count(2)])
    const other = adapter.again(store)
    await other.count([count(1), count(2), count(3)])
    await store.count([count(3), count(4)])
    const [minute] = await due(store, END)
    expect(minute!.senders[0]!.sent).toEqual({ marketing: 5 })
  })

  when('counts a message completed by its deadline once, by its key', async () => {
    const store = adapter.fresh()
    await store.count([count(5), count(2, { once: '10690200001/a' })])
    await adapter
      .again(store)
      .count([count(2, { once: '10690200001/a' }), count(2, { once: '10690200001/b' })])
    const [minute] = await due(store, END)
    expect(minute!.senders[0]!.sent).toEqual({ marketing: 3 })
  })

  when('keeps apart senders whose signature holds an @, and those without', async () => {
    const store = adapter.fresh()
    await store.count([count(0, { signature: 'a@b' }), count(1, { signature: '-', port: '10690200002' })])
    const [minute] = await due(store, END)
    expect(minute!.senders.map(({ signature, port }) => `${signature} ${port}`).sort()).toEqual([
      '- 10690200002',
      'a@b 10690200001',
    ])
  })

  when('counts a sender whose names hold half of a surrogate pair', async () => {
    const store = adapter.fresh()
    const broken = { signature: '\ud800店', port: '1069\udc00', sp: 'SP\ud83d', once: '1069\udc00/a\ud800' }
    await store.count([count(0), count(1, broken), count(2, { ...broken, once: '1069\udc00/b\ud800' })])
    const [minute] = await due(store, END)
    expect(minute!.senders).toHaveLength(2)
    expect(minute!.senders).toContainEqual({
      signature: '\ufffd店',
      port: '1069\ufffd',
      sp: 'SP\ufffd',
      sent: { marketing: 2 },
    })
  })

  when('is due where nothing comes any more, though the watermark stands still', async () => {
    const store = adapter.fresh()
    await store.count([count(0)])
    expect(await due(store, undefined)).toEqual([])
    expect(await due(store, END - 1, 119_000)).toEqual([])
    expect(await due(store, END - 1, 121_000)).toHaveLength(1)
  })

  when('is due again, whole and a minute later, when late messages came after it was written', async () => {
    const store = adapter.fresh()
    await store.count([count(0)])
    const written = await store.due(END, Date.now())
    await store.count([count(1)])
    await store.written(written, Date.now())
    expect(await due(store, END, 30_000)).toEqual([])
    const again = await store.due(END, Date.now() + 61_000)
    expect(again[0]!.senders[0]!.sent).toEqual({ marketing: 2 })
    await store.written(again, Date.now() + 61_000)
    expect(await due(store, END, 200_000)).toEqual([])
  })

  when('starts over with a log that was recreated', async () => {
    const store = adapter.fresh()
    await store.count([count(7)])
    await store.reset([{ topic: 'sms.mt', partition: 0 }])
    await store.count([count(0), count(1)])
    const [minute] = await due(store, END)
    expect(minute!.senders[0]!.sent).toEqual({ marketing: 3 })
  })

  when('forgets a minute six hours after its last message', async () => {
    const store = adapter.fresh()
    await store.count([count(0)])
    pass(6 * 3_600_000 + 60_000)
    await store.written([], clock.now())
    await store.count([count(1, { minute: MINUTE + 1 })])
    const minutes = await due(store, END + 60_000)
    expect(minutes.map(({ minute }) => minute)).toEqual([MINUTE + 1])
  })
})
