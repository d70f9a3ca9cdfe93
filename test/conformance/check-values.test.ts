import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import { checksOf, RedisCheckValues } from '../../src/stores/check-values/redis.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { describeWith } from '../helpers/services.ts'
import { uniqueName } from '../helpers/unique-name.ts'

const [ONE, TWO] = ['1', '2'].map((digit) => digit.repeat(64)) as [string, string]

describeWith(['redis'], 'token keys in Redis', () => {
  let server: RedisServer
  let link: RedisLink
  beforeAll(async () => {
    server = await startRedis()
    link = connectRedis({ url: server.url })
    await link.ready(5_000)
  })
  afterAll(async () => {
    await link?.close()
    await server?.stop()
  })
  const keysOf = (prefix: string, keys: Readonly<Record<string, string>>) =>
    new RedisCheckValues(link, prefix, checksOf(Object.entries(keys).map(([keyId, key]) => ({ keyId, key }))))

  it('differ under one id, for both instances', async () => {
    const prefix = `sigwatch:${uniqueName('keys')}`
    const [a, b, c] = [{ 1: ONE }, { 1: `${ONE}  ` }, { 2: TWO }].map((keys) => keysOf(prefix, keys))
    expect(await a!.record()).toEqual([])
    expect(await a!.record()).toEqual([])
    expect(await c!.record()).toEqual([])
    expect(await b!.record()).toEqual(['1'])
    expect(await a!.record()).toEqual(['1'])
    expect(await keysOf(prefix, { 2: TWO, 1: ONE }).record()).toEqual(['1'])
    expect(await keysOf(`${prefix}-other`, { 1: TWO }).record()).toEqual([])
  })

  it('are not to be found in Redis, and are forgotten minutes after their instance is gone', async () => {
    const prefix = `sigwatch:${uniqueName('keys')}`
    await keysOf(prefix, { 1: ONE }).record()
    const key = `${prefix}:1`
    const held = (await link.command('HGETALL', key)) as string[]
    expect(held[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(await link.command('TTL', key)).toBeGreaterThan(120)
    await link.command('HSET', key, held[0]!, Number(held[1]) - 181)
    await sleep(10)
    expect(await keysOf(prefix, { 1: TWO }).record()).toEqual([])
    expect(await link.command('HKEYS', key)).toHaveLength(1)
  })
})
