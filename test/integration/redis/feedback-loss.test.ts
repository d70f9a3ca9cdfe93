import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { Allowance } from '../../../src/domain/allowance.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import type { StateRecord } from '../../../src/domain/state-store.ts'
import { RedisStateStore } from '../../../src/stores/states/redis.ts'
import { startRedisProxy } from '../../helpers/redis-proxy.ts'
import { redisServerInstalled, startOwnRedis, startRedisCluster } from '../../helpers/redis-server.ts'
import { MINUTE, raised } from '../../helpers/state-fixtures.ts'

const clock = exactClock(Date.now)
const HOUR = 60 * MINUTE
const NAMES = Array.from({ length: 48 }, (_, i) => `signature-${i}`)
const allowance = (id: string, until: number): Allowance => ({
  id,
  codes: ['FORGED_BRAND'],
  until,
  of: { target: { kind: 'port', id: '1069' } },
})

describe.skipIf(!redisServerInstalled())('feedback that Redis lost', () => {
  const until = Date.now() + 24 * HOUR

  function storeAt(options: Parameters<typeof connectRedis>[0], prefix = 'p') {
    const link = connectRedis({ commandTimeout: 2000, ...options })
    onTestFinished(() => link.close())
    const putBack: number[] = []
    const store = new RedisStateStore({ link, prefix, clock, onPutBack: (entries) => putBack.push(entries) })
    return { store, link, putBack }
  }

  async function ownServer() {
    const server = await startOwnRedis()
    const admin = new Redis(server.url)
    onTestFinished(async () => {
      admin.disconnect()
      await server.stop()
    })
    return { server, admin }
  }

  /** A state that a signal of now would raise. */
  const rising = (name: string): StateRecord =>
    raised({ target: { kind: 'signature', id: name }, at: Date.now() })

  it('is restored before a state is raised again, and reported once', async () => {
    const { server, admin } = await ownServer()
    const { store, putBack } = storeAt({ url: server.url })
    await store.check()
    const states = NAMES.map(rising)
    for (const { id } of states) await store.suppress(id, until, 'ann')
    await store.allow(allowance('a', until))
    for (let time = 1; time <= 2; time++) {
      await admin.flushall()
      expect(await store.put(states[0]!, 0)).toBe(false)
      expect(await store.suppressed(states.map(({ id }) => id))).toEqual(states.map(() => until))
      expect(await store.allowances()).toEqual([allowance('a', until)])
      expect(putBack).toEqual(Array(time).fill(states.length + 1))
      const putDown = new Map(store.takePutDown().map(({ id, ...of }) => [id, of]))
      expect(putDown).toEqual(new Map(states.map(({ id }) => [id, { until, by: 'ann' }])))
      expect(store.takePutDown()).toEqual([])
      expect(store.unready()).toEqual([])
    }
    expect(await store.put(rising('another'), 0)).toBe(true)
  })

  it('says that it is missing until it has been put back', async () => {
    const { server, admin } = await ownServer()
    const { store, putBack } = storeAt({ url: server.url })
    await store.suppress(rising('a').id, until)
    await admin.flushall()
    await storeAt({ url: server.url }).store.check()
    // What is put back cannot be written.
    await admin.config('SET', 'maxmemory', '1')
    await expect(store.check()).rejects.toThrow()
    expect(store.unready()).toEqual([expect.stringContaining('feedback was lost')])
    await admin.config('SET', 'maxmemory', '0')
    expect(await store.check()).toMatchObject({ putBack: 1 })
    expect(store.unready()).toEqual([])
    expect(putBack).toEqual([1])
  })

  it('can still be undone: what it did is put back, what was undone stays so', async () => {
    const { server, admin } = await ownServer()
    const { store, putBack } = storeAt({ url: server.url })
    expect(await store.check()).toMatchObject({ made: 17 })
    const did = { by: 'ann', ts: Date.now(), until, states: ['s'], silenced: ['s'], allowed: [] }
    await store.given.keep({ id: 'a', feedbackId: 'a', ...did })
    await store.given.keep({ id: 'b', feedbackId: 'b', ...did })
    await store.given.keep({ id: 'b', feedbackId: 'b', ...did, undone: 7 })
    await store.suppress('0'.repeat(32), until)
    await store.suppress('0'.repeat(32), 0)
    await store.check()
    await admin.flushall()
    expect(await store.check()).toMatchObject({ putBack: 0 })
    const other = storeAt({ url: server.url }).store
    expect(await other.given.get('a')).toEqual({ id: 'a', feedbackId: 'a', ...did })
    expect((await other.given.all()).map(({ undone }) => undone).sort()).toEqual([7, undefined])
    expect(await other.suppressed(['0'.repeat(32)])).toEqual([undefined])
    expect(putBack).toEqual([])
  })

  it('is not what its time has ended, nor what another instance replaced', async () => {
    const { server, admin } = await ownServer()
    const [one, other] = [storeAt({ url: server.url }), storeAt({ url: server.url })]
    const [over, replaced] = [rising('over'), rising('replaced')]
    await one.store.suppress(over.id, Date.now() - 25 * HOUR)
    await one.store.suppress(replaced.id, until)
    await one.store.allow(allowance('a', until))
    await other.store.allow(allowance('a', until + HOUR))
    await other.store.suppress(replaced.id, until + HOUR)
    // It learns of both as it does now and then.
    await one.store.check()
    await admin.flushall()
    await one.store.check()
    expect(await one.store.suppressed([over.id, replaced.id])).toEqual([undefined, until + HOUR])
    expect(await other.store.allowances()).toEqual([allowance('a', until + HOUR)])
    await other.store.check()
    await one.store.check()
    expect(await one.store.suppressed([over.id, replaced.id])).toEqual([undefined, until + HOUR])
    expect(one.putBack).toEqual([2])
  })

  it('is known to an instance that started later, and to one that missed the loss', async () => {
    const { server, admin } = await ownServer()
    const first = storeAt({ url: server.url })
    const state = rising('a')
    await first.store.suppress(state.id, until)
    const second = storeAt({ url: server.url })
    expect(await second.store.check()).toEqual({ made: 0, putBack: 0 })
    await admin.flushall()
    // The first has gone: the second raises nothing that it put down.
    expect(await second.store.put(state, 0)).toBe(false)
    const third = storeAt({ url: server.url })
    expect(await third.store.suppressed([state.id])).toEqual([until])
    await admin.flushall()
    const fourth = storeAt({ url: server.url })
    // Whoever begins with nothing must have it read again.
    expect(await fourth.store.check()).toEqual({ made: 17, putBack: 0 })
  })

  it('is put back over an older copy, as after a promotion', async () => {
    const { server } = await ownServer()
    const { server: replica, admin } = await ownServer()
    const proxy = await startRedisProxy(Number(new URL(server.url).port))
    onTestFinished(() => proxy.stop())
    const { store, putBack } = storeAt({ url: proxy.url })
    const state = rising('a')
    await store.suppress(rising('b').id, until)
    await admin.call('REPLICAOF', '127.0.0.1', new URL(server.url).port)
    await expect.poll(() => admin.info('replication'), { timeout: 10_000 }).toContain('master_link_status:up')
    await expect.poll(async () => (await admin.keys('*suppressed:*')).length, { timeout: 10_000 }).toBe(1)
    await admin.call('REPLICAOF', 'NO', 'ONE')
    await store.suppress(state.id, until)
    await store.allow(allowance('a', until))
    proxy.pointTo(Number(new URL(replica.url).port))
    proxy.cut()
    await expect.poll(() => store.put(state, 0).catch(() => 'away'), { timeout: 10_000 }).toBe(false)
    expect(await store.suppressed([state.id])).toEqual([until])
    expect(putBack).toEqual([2])
  }, 30_000)

  it('is put back on the one master of a Cluster that lost it', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const { store, link, putBack } = storeAt({ nodes: cluster.nodes })
    expect(await link.ready(10_000)).toBe(true)
    const states = NAMES.map(rising)
    for (const { id } of states) await store.suppress(id, until)
    await store.allow(allowance('a', until))
    await store.check()
    const { hostname, port } = new URL(`redis://${cluster.nodes[1]}`)
    const master = new Redis({ host: hostname, port: Number(port) })
    onTestFinished(() => master.disconnect())
    await master.flushall()
    expect(await store.check()).toMatchObject({ made: 0 })
    expect(putBack).toHaveLength(1)
    expect(putBack[0]).toBeGreaterThan(0)
    expect(putBack[0]).toBeLessThan(states.length + 1)
    expect(await store.suppressed(states.map(({ id }) => id))).toEqual(states.map(() => until))
  }, 60_000)
})
