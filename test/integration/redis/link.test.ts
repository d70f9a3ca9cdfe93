import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import slotOf from 'cluster-key-slot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'
import { ADD, inlineScript } from '../../helpers/inline-script.ts'
import {
  type RedisClusterServers,
  redisServerInstalled,
  startOwnRedis,
  startRedisCluster,
} from '../../helpers/redis-server.ts'

const WRONG = inlineScript('wrong', "redis.call('SET', KEYS[1], 'text') return redis.call('INCR', KEYS[1])")

/** Long enough for a machine under load; tests of the budget itself set their own. */
const PATIENT = { commandTimeout: 5000 }

describe.skipIf(!redisServerInstalled())('a link to one server', () => {
  it('runs scripts that the server does not know yet, in the order of the calls', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, ...PATIENT })
    const calls = [1, 2, 3].map((n) => ({ script: ADD, keys: [`k${n % 2}`], args: [n] }))
    expect(await link.run(calls)).toEqual([1, 2, 4])
    await link.command('SCRIPT', 'FLUSH')
    expect(await link.run(calls)).toEqual([5, 4, 8])
    expect(link.unready()).toEqual([])
    await link.close()
    await server.stop()
  })

  it('leaves the calls that were answered to minor collections', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, ...PATIENT })
    const oldSpace = () =>
      getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size
    const send = (batch: number) =>
      link.run(
        Array.from({ length: 32 }, (_, n) => ({
          script: ADD,
          keys: [`k${n}`],
          args: [1, `${batch} `.padEnd(1_000, 'x')],
        })),
      )
    await send(0)
    collectGarbage()
    const before = oldSpace()
    let most = before
    for (let batch = 1; batch <= 1_000; batch++) {
      await send(batch)
      most = Math.max(most, oldSpace())
    }
    await link.close()
    await server.stop()
    // 32,000 calls of 1 kB.
    expect(most - before).toBeLessThan(8_000_000)
  })

  it('distinguishes a failing script from a server that is away', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, ...PATIENT })
    await expect(link.run([{ script: WRONG, keys: ['w'], args: [] }])).rejects.toMatchObject({
      code: 'REDIS_REFUSED',
    })
    await server.stop()
    await expect(link.run([{ script: ADD, keys: ['a'], args: [1] }], 200)).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
    })
    await link.close()
    await expect(link.command('PING')).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
  })

  it('keeps to its budget, then fails fast, then comes back by itself', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({
      url: server.url,
      commandTimeout: 150,
      breaker: { failures: 2, coolDownMs: 300 },
    })
    expect(await link.ready(5000)).toBe(true)
    server.process.kill('SIGSTOP')
    const took: number[] = []
    for (let i = 0; i < 4; i++) {
      const started = performance.now()
      await expect(link.command('PING')).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
      took.push(performance.now() - started)
    }
    for (const ms of took.slice(0, 2)) expect(ms).toBeGreaterThan(140)
    for (const ms of took.slice(2)) expect(ms).toBeLessThan(20)
    expect(link.unready()[0]).toContain('circuit open')
    server.process.kill('SIGCONT')
    await expect.poll(() => link.command('PING').catch(() => 'away'), { timeout: 5000 }).toBe('PONG')
    expect(link.unready()).toEqual([])
    await link.close()
    await server.stop()
  })

  it('is asked again as soon as the server answers, however long the circuit would stay open', async () => {
    const server = await startOwnRedis()
    const breaker = { failures: 2, coolDownMs: 3_600_000 }
    const link = connectRedis({ url: server.url, commandTimeout: 100, breaker })
    expect(await link.ready(5000)).toBe(true)
    const calls = [{ script: ADD, keys: ['a'], args: [1] }]
    expect(await link.run(calls, 5000)).toEqual([1])
    for (const ask of [() => link.run(calls), () => link.command('PING')]) {
      server.process.kill('SIGSTOP')
      for (let i = 0; i < 2; i++) await expect(ask()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
      expect(link.unready()[0]).toContain('circuit open')
      server.process.kill('SIGCONT')
      await expect.poll(() => link.unready(), { timeout: 10_000 }).toEqual([])
      await ask()
    }
    await link.close()
    await server.stop()
  })

  it('hears a channel again after the server came back', async () => {
    const first = await startOwnRedis()
    const url = first.url
    const link = connectRedis({ url, ...PATIENT })
    const heard: string[] = []
    let subscriptions = 0
    link.subscribe(
      'news',
      (message) => heard.push(message),
      () => subscriptions++,
    )
    await expect.poll(() => subscriptions, { timeout: 5000 }).toBe(1)
    await link.publish('news', 'one')
    await expect.poll(() => heard).toEqual(['one'])
    await first.stop()
    const second = await startOwnRedis(Number(new URL(url).port))
    await expect.poll(() => subscriptions, { timeout: 10_000 }).toBeGreaterThan(1)
    expect(await link.ready(5000)).toBe(true)
    await link.publish('news', 'two')
    await expect.poll(() => heard).toEqual(['one', 'two'])
    await link.close()
    await second.stop()
  }, 30_000)

  it('says that keys are dropped when memory is full, until the policy is set right', async () => {
    const server = await startOwnRedis()
    const admin = connectRedis({ url: server.url, ...PATIENT })
    await admin.command('CONFIG', 'SET', 'maxmemory', '100mb')
    await admin.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const told: (string | undefined)[] = []
    const onEviction = (eviction: { policy: string } | undefined) => told.push(eviction?.policy)
    const link = connectRedis({ url: server.url, ...PATIENT, onEviction })
    await expect.poll(() => told, { timeout: 5000 }).toEqual(['allkeys-lru'])
    expect(link.unready()).toEqual([expect.stringContaining('allkeys-lru')])
    await admin.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    // It looks again when it connects.
    await admin.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['allkeys-lru', undefined])
    expect(link.unready()).toEqual([])
    await Promise.all([link.close(), admin.close()])
    await server.stop()
  }, 30_000)

  it('tells how many keys were evicted, once none is any more', async () => {
    const server = await startOwnRedis()
    const admin = connectRedis({ url: server.url, ...PATIENT })
    const told: [string | undefined, number][] = []
    const onEviction = (eviction: { policy: string } | undefined, lost: number) =>
      told.push([eviction?.policy, lost])
    const link = connectRedis({ url: server.url, ...PATIENT, onEviction })
    await link.ready(5000)
    const look = () => admin.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    const evict = async () => {
      await admin.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
      await admin.command('CONFIG', 'SET', 'maxmemory', '4mb')
      for (let n = 0; n < 100; n++) await admin.command('SET', `filler${n}`, 'x'.repeat(60_000))
    }
    const keep = async () => {
      await admin.command('CONFIG', 'SET', 'maxmemory', '0')
      await admin.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    }
    await evict()
    await look()
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1)
    expect(told).toEqual([['allkeys-lru', 0]])
    await keep()
    await look()
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(2)
    expect(told[1]).toEqual([undefined, expect.toSatisfy((lost: number) => lost > 30)])
    // Evictions that began and ended between two looks.
    await evict()
    await keep()
    await look()
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(3)
    expect(told[2]).toEqual([undefined, expect.toSatisfy((lost: number) => lost > 30)])
    await Promise.all([link.close(), admin.close()])
    await server.stop()
  }, 40_000)

  it('needs an address', () => {
    expect(() => connectRedis({})).toThrow(/redis.url/)
  })
})

describe.skipIf(!redisServerInstalled())('a link to a cluster of three masters', () => {
  let servers: RedisClusterServers
  beforeAll(async () => {
    servers = await startRedisCluster()
  }, 60_000)
  afterAll(() => servers?.stop())

  it('spreads one run over the nodes', async () => {
    const link = connectRedis({ nodes: servers.nodes, ...PATIENT })
    const calls = Array.from({ length: 60 }, (_, n) => ({ script: ADD, keys: [`{t${n}}:x`], args: [n] }))
    expect(await link.run(calls)).toEqual(calls.map((_, n) => n))
    expect(await link.run(calls)).toEqual(calls.map((_, n) => 2 * n))
    const slots = await Promise.all(calls.map((c) => link.command('CLUSTER', 'KEYSLOT', c.keys[0]!)))
    expect(calls.map((c) => slotOf(c.keys[0]!))).toEqual(slots)
    await link.close()
  })

  it('follows a slot that moved', async () => {
    const link = connectRedis({ nodes: servers.nodes, ...PATIENT })
    const key = '{moving}:x'
    expect(await link.run([{ script: ADD, keys: [key], args: [1] }])).toEqual([1])
    await link.command('DEL', key)
    const nodes = await Promise.all(
      servers.nodes.map(async (node) => connectRedis({ url: `redis://${node}`, ...PATIENT })),
    )
    const ids = (await Promise.all(nodes.map((n) => n.command('CLUSTER', 'MYID')))) as string[]
    const owner = Math.min(2, Math.floor((slotOf(key) * 3) / 16384))
    const target = (owner + 1) % 3
    for (const node of nodes) await node.command('CLUSTER', 'SETSLOT', slotOf(key), 'NODE', ids[target]!)
    await sleep(50)
    const others = Array.from({ length: 12 }, (_, n) => ({ script: ADD, keys: [`{o${n}}:x`], args: [1] }))
    const replies = await link.run([...others, { script: ADD, keys: [key], args: [7] }])
    expect(replies).toEqual([...others.map(() => 1), 7])
    for (const node of nodes) await node.close()
    await link.close()
  })

  it('publishes to subscribers on any node', async () => {
    const [a, b] = [
      connectRedis({ nodes: servers.nodes, ...PATIENT }),
      connectRedis({ nodes: servers.nodes, ...PATIENT }),
    ]
    const heard: string[] = []
    let subscribed = false
    a.subscribe(
      'news',
      (message) => heard.push(message),
      () => {
        subscribed = true
      },
    )
    await expect.poll(() => subscribed, { timeout: 10_000 }).toBe(true)
    await b.publish('news', 'hello')
    await expect.poll(() => heard, { timeout: 5000 }).toEqual(['hello'])
    await a.close()
    await b.close()
  })
})
