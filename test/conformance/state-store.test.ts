import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import { clearedAlert, outboxEntry } from '../../src/detection/alerts/state-alert.ts'
import type { AlertedMessage, Allowance } from '../../src/domain/allowance.ts'
import { exactClock } from '../../src/domain/ports.ts'
import type { Standing, StateRecord, StateStore } from '../../src/domain/state-store.ts'
import { clear } from '../../src/stores/states/lifecycle.ts'
import { MemoryStateStore } from '../../src/stores/states/memory.ts'
import { RedisStateStore } from '../../src/stores/states/redis.ts'
import {
  redisAvailable,
  redisServerInstalled,
  startRedis,
  startRedisCluster,
} from '../helpers/redis-server.ts'
import { MINUTE, raised, T0 } from '../helpers/state-fixtures.ts'

const clock = exactClock(() => Date.now())
const runId = `test-${process.pid}-${Date.now()}`
let made = 0

interface Adapter {
  readonly name: string
  readonly available: boolean
  /** A store with nothing in it; two calls of `again` on the result share their data. */
  readonly open: () => Promise<{ fresh: () => StateStore; again: (store: StateStore) => StateStore }>
  readonly close: () => Promise<void>
}

function redisAdapter(
  name: string,
  available: boolean,
  connect: () => Promise<{ link: RedisLink; stop: () => Promise<void> }>,
): Adapter {
  let server: Awaited<ReturnType<typeof connect>> | undefined
  return {
    name,
    available,
    async open() {
      server = await connect()
      const { link } = server
      expect(await link.ready(10_000)).toBe(true)
      const prefixes = new Map<StateStore, string>()
      const make = (prefix: string) => {
        const store = new RedisStateStore({ link, prefix, clock })
        prefixes.set(store, prefix)
        return store
      }
      return { fresh: () => make(`${runId}-${++made}`), again: (store) => make(prefixes.get(store)!) }
    },
    async close() {
      await server?.link.close()
      await server?.stop()
    },
  }
}

const ADAPTERS: readonly Adapter[] = [
  {
    name: 'memory',
    available: true,
    open: async () => ({ fresh: () => new MemoryStateStore({ clock }), again: (store) => store }),
    close: async () => {},
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

function cleared(state: StateRecord, at: number): StateRecord {
  const core = clear(state, at)
  return { ...core, alert: clearedAlert(core, state.alert, 'ended') }
}

const named = (name: string) =>
  raised({ target: { kind: 'signature', id: name }, match: { signature: name } })

for (const adapter of ADAPTERS) {
  describe.skipIf(!adapter.available)(`StateStore: ${adapter.name}`, () => {
    let fresh: () => StateStore
    let again: (store: StateStore) => StateStore
    beforeAll(async () => {
      ;({ fresh, again } = await adapter.open())
    })
    afterAll(() => adapter.close())

    it('writes a state only over the version expected', async () => {
      const store = fresh()
      const state = named('a')
      expect(await store.get([state.id])).toEqual([undefined])
      expect(await store.put(state, 1)).toBe(false)
      expect(await store.put(state, 0)).toBe(true)
      expect(await store.put(state, 0)).toBe(false)
      const second = { ...state, version: 2, level: 9 }
      expect(await store.put(second, 1)).toBe(true)
      expect(await store.put({ ...state, version: 2 }, 1)).toBe(false)
      expect(await store.get([state.id])).toEqual([second])
    })

    it('lets one of many writers win', async () => {
      const store = fresh()
      const other = again(store)
      const state = named('race')
      const tries = Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? store : other).put(
          { ...state, level: i },
          0,
          outboxEntry(state, false, clock.now(), 'observe'),
        ),
      )
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
      expect(await store.pending(0)).toHaveLength(1)
    })

    it('reads many in order and leaves gaps', async () => {
      const store = fresh()
      const states = Array.from({ length: 250 }, (_, i) => named(`s${i}`))
      for (const state of states) await store.put(state, 0)
      const ids = states.flatMap((state, i) => [state.id, i.toString(16).padStart(32, 'f')])
      const got = await store.get(ids)
      expect(got.filter((_, i) => i % 2 === 0)).toEqual(states)
      expect(got.filter((_, i) => i % 2 === 1).every((state) => state === undefined)).toBe(true)
      expect((await store.open()).length).toBe(250)
    })

    it('knows the open ones and their versions, and keeps closed ones', async () => {
      const store = fresh()
      const [a, b] = [named('a'), named('b')]
      await store.put(a, 0)
      await store.put(b, 0)
      expect(await store.versions()).toEqual(
        new Map([
          [a.id, 1],
          [b.id, 1],
        ]),
      )
      const done = cleared(a, T0 + 5 * MINUTE)
      expect(await store.put(done, 1)).toBe(true)
      expect(await store.versions()).toEqual(new Map([[b.id, 1]]))
      expect(await store.open()).toEqual([b])
      expect(await store.get([a.id])).toEqual([done])
    })

    it('keeps an event in the outbox until it is acknowledged', async () => {
      const store = fresh()
      const [a, b] = [named('a'), named('b')]
      const first = outboxEntry(a, false, clock.now(), 'observe')
      const second = outboxEntry(b, false, clock.now(), 'observe')
      await store.put(a, 0, first)
      await store.put(b, 0, second)
      // A refused write leaves no event behind.
      await store.put({ ...a, version: 2 }, 7, outboxEntry(cleared(a, T0), true, clock.now(), 'observe'))
      const pending = await store.pending(0)
      expect([...pending].sort((x, y) => x.id.localeCompare(y.id))).toEqual(
        [first, second].sort((x, y) => x.id.localeCompare(y.id)),
      )
      expect(await store.pending(60_000)).toEqual([])
      await store.acknowledge([first.id], [a.id])
      expect(await again(store).pending(0)).toEqual([second])
      await store.acknowledge([second.id, first.id], [b.id, a.id])
      expect(await store.pending(0)).toEqual([])
    })

    it('sends every change to every subscriber', async () => {
      const store = fresh()
      const other = again(store)
      const seen: StateRecord[] = []
      const ready = new Promise<void>((resolve) => {
        other.subscribe(
          (state) => seen.push(state),
          () => resolve(),
        )
        if (adapter.name === 'memory') resolve()
      })
      await ready
      const state = named('told')
      const done = cleared(state, T0 + MINUTE)
      await store.put(state, 0)
      await store.put(done, 1)
      await expect.poll(() => seen.length, { timeout: 5000 }).toBe(2)
      expect(seen).toEqual([state, done])
    })

    it('keeps what rows of feedback did under their ids, until a day after their time', async () => {
      const store = fresh()
      const given = (id: string, until: number, over: object = {}) => ({
        ...{
          id,
          feedbackId: `f-${id}`,
          by: 'ann',
          ts: until - MINUTE,
          until,
          states: ['s'],
          silenced: ['s'],
        },
        ...{ allowed: [], ...over },
      })
      const now = Date.now()
      for (const id of ['a', 'b']) await store.given.keep(given(id, now + MINUTE))
      await store.given.keep(given('a', now + MINUTE, { undone: now }))
      const other = again(store)
      expect(await other.given.get('a')).toEqual(given('a', now + MINUTE, { undone: now }))
      expect(await other.given.get('c')).toBeUndefined()
      const all = (await other.given.all()).toSorted((x, y) => (x.id < y.id ? -1 : 1))
      expect(all).toEqual([given('a', now + MINUTE, { undone: now }), given('b', now + MINUTE)])
    })

    it('keeps what is allowed under its id, for as long as it may be in force', async () => {
      const store = fresh()
      const allowance = (id: string, until: number): Allowance => {
        return { id, codes: ['FORGED_BRAND'], until, of: { match: { domains: ['spam.top'] } } }
      }
      const now = Date.now()
      await store.allow(allowance('a', now + MINUTE))
      await store.allow(allowance('b', now + MINUTE))
      await store.allow(allowance('a', now + 2 * MINUTE))
      const known = (await again(store).allowances()).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      expect(known).toEqual([allowance('a', now + 2 * MINUTE), allowance('b', now + MINUTE)])
    })

    it('remembers what an alert on a message rested on', async () => {
      const store = fresh()
      const match = { ports: ['106900001'], campaign: 'b0b0' }
      const messages: AlertedMessage[] = Array.from({ length: 300 }, (_, i) => ({
        id: `m${i}`,
        codes: ['TEXT_FRAUD'],
        ...(i % 2 ? { match } : {}),
      }))
      await store.rememberAlerted(messages)
      expect(await again(store).alerted('m7')).toEqual({ id: 'm7', codes: ['TEXT_FRAUD'], match })
      expect(await again(store).alerted('m8')).toEqual({ id: 'm8', codes: ['TEXT_FRAUD'] })
      expect(await store.alerted('other')).toBeUndefined()
    })

    it('keeps a suppressed state from opening until its time', async () => {
      const store = fresh()
      const state = named('released')
      await store.put(state, 0)
      await store.suppress(state.id, T0 + MINUTE)
      expect(await store.suppressed([state.id, named('other').id])).toEqual([T0 + MINUTE, undefined])
      expect(await store.put({ ...state, version: 2 }, 1)).toBe(false)
      const done = cleared(state, T0)
      expect(await store.put(done, 1)).toBe(true)
      expect(await store.put({ ...state, version: 3, lastSeenAt: T0 + MINUTE - 1 }, 2)).toBe(false)
      expect(await store.put({ ...state, version: 3, lastSeenAt: T0 + MINUTE }, 2)).toBe(true)
    })

    it('leases to one holder at a time', async () => {
      const store = fresh()
      const other = again(store)
      expect(await store.lease('sweep', 'a', 300)).toBe(true)
      expect(await other.lease('sweep', 'b', 300)).toBe(false)
      expect(await store.lease('sweep', 'a', 300)).toBe(true)
      expect(await other.lease('another', 'b', 300)).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 400))
      expect(await other.lease('sweep', 'b', 300)).toBe(true)
      expect(await store.lease('sweep', 'a', 300)).toBe(false)
    })

    it('takes the lowest event time of partitions that are not idle', async () => {
      const store = fresh()
      expect(await store.watermark()).toBeUndefined()
      const report = (partition: number, eventTime: number, standing: Standing) => ({
        topic: 'sms/mt',
        partition,
        eventTime,
        standing,
      })
      await store.reportProgress([report(0, T0 + 500, 'current'), report(1, T0 + 100, 'idle')])
      expect(await store.watermark()).toBe(T0 + 500)
      await again(store).reportProgress([report(2, T0 + 200, 'behind')])
      expect(await store.watermark()).toBe(T0 + 200)
      expect((await store.progress()).map((p) => p.standing).sort()).toEqual(['behind', 'current', 'idle'])
      await store.reportProgress([report(0, T0 + 500, 'idle'), report(2, T0 + 200, 'idle')])
      expect(await store.watermark()).toBe(T0 + 500)
      const progress = [...(await store.progress())].sort((a, b) => a.partition - b.partition)
      expect(progress[1]).toEqual({ ...report(1, T0 + 100, 'idle'), ownerless: false })
    })

    it('keeps the farthest word on side topics, and takes that of one recreated', async () => {
      const store = fresh()
      expect(await store.sideOffsets()).toEqual([])
      await store.reportSideOffsets([])
      const at = (partition: number, offset: number, timestamp: number) => ({
        topic: 'sms/mo',
        partition,
        offset,
        timestamp,
      })
      await store.reportSideOffsets([at(0, 10, T0), at(1, 5, T0)])
      await again(store).reportSideOffsets([at(0, 9, T0), at(1, 6, T0)])
      const held = async () => [...(await store.sideOffsets())].sort((a, b) => a.partition - b.partition)
      expect(await held()).toEqual([at(0, 10, T0), at(1, 6, T0)])
      await store.reportSideOffsets([at(0, 11, T0 - 1), at(1, 2, T0 + 1)])
      expect(await held()).toEqual([at(0, 10, T0), at(1, 2, T0 + 1)])
    })

    it('keeps the event time of a partition whose new owner has had no record yet', async () => {
      const store = fresh()
      const report = (partition: number, eventTime: number | undefined, standing: Standing) => ({
        topic: 'sms.mt',
        partition,
        eventTime,
        standing,
      })
      await store.reportProgress([report(0, T0, 'current'), report(1, T0 + 900, 'current')])
      await again(store).reportProgress([report(0, undefined, 'idle'), report(7, undefined, 'idle')])
      const progress = [...(await store.progress())].sort((a, b) => a.partition - b.partition)
      expect(progress).toEqual([
        { ...report(0, T0, 'idle'), ownerless: false },
        { ...report(1, T0 + 900, 'current'), ownerless: false },
      ])
      expect(await store.watermark()).toBe(T0 + 900)
    })

    it('counts how often work has begun and not ended', async () => {
      const store = fresh()
      expect(await store.countAttempt('read/t/0/7')).toBe(1)
      expect(await again(store).countAttempt('read/t/0/7')).toBe(2)
      expect(await store.countAttempt('read/t/0/8')).toBe(1)
      await store.forgetAttempt('read/t/0/7')
      expect(await store.countAttempt('read/t/0/7')).toBe(1)
    })
  })
}
