import { createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../../src/adapters/redis/link.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { rated, T0, TOPIC } from '../../helpers/feature-fixtures.ts'
import { freePort } from '../../helpers/free-port.ts'
import { ADD } from '../../helpers/inline-script.ts'
import { startRedisProxy } from '../../helpers/redis-proxy.ts'
import {
  type RedisServer,
  redisServerInstalled,
  startOwnRedis,
  startSentinel,
} from '../../helpers/redis-server.ts'

const call = { script: ADD, keys: ['k'], args: [1] }
const portOf = ({ url }: RedisServer): number => Number(new URL(url).port)

/** A master with a replica that has caught up. */
async function masterAndReplica() {
  const [master, replica] = await Promise.all([startOwnRedis(), startOwnRedis()])
  const admins = [new Redis(master.url), new Redis(replica.url)] as const
  for (const admin of admins) admin.on('error', () => {})
  onTestFinished(async () => {
    for (const admin of admins) admin.disconnect()
    await Promise.all([master.stop(), replica.stop()])
  })
  await admins[1].call('REPLICAOF', '127.0.0.1', portOf(master))
  await expect
    .poll(() => admins[1].info('replication'), { timeout: 15_000 })
    .toContain('master_link_status:up')
  return { master, replica, admins }
}

function opened(link: RedisLink): RedisLink {
  onTestFinished(() => link.close())
  return link
}

const answered = (link: RedisLink) =>
  link.run([call]).then(
    () => 'counted',
    (error: Error) => error.message,
  )

describe.skipIf(!redisServerInstalled())('a master that is replaced', () => {
  it('behind one address: connections that stand leave the one that became a replica', async () => {
    const { master, replica, admins } = await masterAndReplica()
    const proxy = await startRedisProxy(portOf(master))
    onTestFinished(() => proxy.stop())
    const link = opened(connectRedis({ url: proxy.url }))
    let subscriptions = 0
    const heard: string[] = []
    link.subscribe(
      'news',
      (message) => heard.push(message),
      () => subscriptions++,
    )
    expect(await link.ready(5000)).toBe(true)
    await expect.poll(() => answered(link), { timeout: 5000 }).toBe('counted')
    await expect.poll(() => subscriptions, { timeout: 5000 }).toBe(1)
    // The address moves first; the old master lives on as a replica of the new one.
    proxy.pointTo(portOf(replica))
    await admins[1].call('REPLICAOF', 'NO', 'ONE')
    await admins[0].call('REPLICAOF', '127.0.0.1', portOf(replica))
    await expect.poll(() => answered(link), { timeout: 10_000, interval: 100 }).toBe('counted')
    await expect.poll(() => link.unready(), { timeout: 10_000 }).toEqual([])
    // The subscription was on the old master, where nothing is published any more.
    await expect.poll(() => subscriptions, { timeout: 10_000 }).toBeGreaterThan(1)
    await expect
      .poll(
        async () => {
          await link.publish('news', 'hello')
          return heard.length
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0)
  }, 60_000)

  it('by Sentinel: the new one is found', async () => {
    const { master, replica } = await masterAndReplica()
    const sentinel = await startSentinel(portOf(master))
    onTestFinished(() => sentinel.stop())
    const link = opened(
      connectRedis({ sentinels: [`127.0.0.1:${portOf(sentinel)}`], masterName: 'mymaster' }),
    )
    const store = redisFeatureStore(link, { deployment: 'd', clusterId: 'c', topic: TOPIC })
    expect(await link.ready(10_000)).toBe(true)
    let offset = 0
    const count = async () => (await store.count([rated(offset++, T0, 'port:1')])).counted
    await expect.poll(count, { timeout: 10_000 }).toBe(true)
    // The sentinel must know of the replica before the master ends.
    const ask = new Redis(sentinel.url)
    await expect
      .poll(async () => ((await ask.call('SENTINEL', 'REPLICAS', 'mymaster')) as unknown[]).length, {
        timeout: 20_000,
      })
      .toBe(1)
    ask.disconnect()
    await master.stop()
    expect(await count()).toBe(false)
    await expect.poll(count, { timeout: 40_000, interval: 250 }).toBe(true)
    await expect.poll(() => store.unready(), { timeout: 20_000 }).toEqual([])
    const admin = new Redis(replica.url)
    expect(String(await admin.call('ROLE'))).toMatch(/^master/)
    admin.disconnect()
  }, 120_000)
})

describe('errors in the words of Redis 6', () => {
  /** A server that answers a script call with a line, and anything else as a client needs it. */
  async function fake(line: () => string): Promise<string> {
    const port = await freePort()
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const commands = bytes.toString().split('*').length - 1
        const isScript = /EVALSHA/i.test(bytes.toString())
        const isInfo = /\binfo\b/i.test(bytes.toString())
        const info = 'redis_version:6.2.14\r\nloading:0\r\n'
        const one = isScript ? `${line()}\r\n` : isInfo ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n'
        socket.write(one.repeat(commands))
      })
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return `redis://127.0.0.1:${port}`
  }

  it.each([
    [
      "-ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
      'REDIS_UNREACHABLE',
    ],
    [
      "-ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed when used memory > 'maxmemory'.",
      'REDIS_UNREACHABLE',
    ],
    [
      "-READONLY You can't write against a read only replica. script: 1, on @user_script:1.",
      'REDIS_UNREACHABLE',
    ],
    [
      '-ERR Error running script (call to f_1): @user_script:1: WRONGTYPE Operation against a key',
      'REDIS_REFUSED',
    ],
    ['-NOPERM this user has no permissions to run the evalsha command', 'REDIS_UNREACHABLE'],
  ])('%s', async (line, code) => {
    const link = opened(connectRedis({ url: await fake(() => line), commandTimeout: 2000 }))
    expect(await link.ready(5000)).toBe(true)
    const [outcome] = await link.settle([call])
    expect(outcome!.error).toMatchObject({ code, retry: true })
    // A store does without it, and nothing throws.
    const refused: string[] = []
    const store = redisFeatureStore(link, {
      deployment: 'd',
      clusterId: 'c',
      topic: TOPIC,
      budgetMs: 2000,
      onRefused: (error) => refused.push(error.message),
    })
    expect((await store.count([rated(0, T0, 'port:1')])).counted).toBe(false)
  })
})
