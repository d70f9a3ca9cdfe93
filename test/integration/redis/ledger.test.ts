import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { loadScript } from '../../../src/adapters/redis/script.ts'
import { keyedPlaces, plainField } from '../../../src/stores/ledgers/places.ts'
import { type RedisLedgerOptions, redisLedger } from '../../../src/stores/ledgers/redis.ts'
import { LAST_LEVEL, logEntry, logName, logPlace } from '../../../src/stores/ledgers/sent-log.ts'
import { startRedisProxy } from '../../helpers/redis-proxy.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const T = Date.now() - 86_400_000
const KEY = 'a key of the test that is long enough'

async function open(over: Partial<RedisLedgerOptions> = {}) {
  const server = await startOwnRedis()
  const proxy = await startRedisProxy(Number(new URL(server.url).port))
  const link = connectRedis({ url: proxy.url, commandTimeout: 5000 })
  const admin = new Redis(server.url)
  onTestFinished(async () => {
    await link.close()
    admin.disconnect()
    await proxy.stop()
    await server.stop()
  })
  let lost = 0
  const options = { link, prefix: 'sigwatch:d', key: KEY, onLost: () => lost++, ...over }
  return { server, proxy, link, admin, options, ledger: redisLedger(options), lost: () => lost }
}

const NUMBERS = Array.from({ length: 50 }, (_, i) => `138${String(10_000_000 + 7919 * i)}`)
const SIGNATURES = ['京东', '招商银行']
const PORT = '1069012345'
const LOG_SENT = loadScript(new URL('../../../src/stores/ledgers/redis.ts', import.meta.url).href, 'log-sent')

/** Everything that Redis holds, as text. */
async function dump(admin: Redis): Promise<string> {
  const parts: string[] = []
  for (const key of await admin.keys('*')) {
    parts.push(key)
    const type = await admin.type(key)
    if (type === 'hash') parts.push(JSON.stringify(await admin.hgetall(key)))
    else if (type === 'string') parts.push(String(await admin.get(key)))
  }
  return parts.join('\n')
}

/** The place of a pair as it was before pairs were keyed. */
function plainPlace(a: string, b: string) {
  const digest = createHash('sha256').update(`${a.length}:${a}${b}`).digest()
  const bits = digest.readUInt32BE(12)
  const at = (kind: string) => `{sigwatch:d:ledger:${bits % 64}}:${kind}:${(bits % (1 << 19)).toString(36)}`
  return { at, field: digest.toString('base64', 0, 12) }
}

/** Hashes that an attacker with a list of numbers and names, but without the key, would look for. */
function* dictionary(): Generator<string> {
  for (const to of NUMBERS) {
    for (const other of [...SIGNATURES, PORT, '']) {
      for (const text of [
        `${other.length}:${other}${to}`,
        `${other}${to}`,
        `${other}|${to}`,
        `${to}${other}`,
        to,
      ]) {
        for (const algorithm of ['sha256', 'sha1', 'md5']) {
          const digest = createHash(algorithm).update(text).digest()
          for (const form of ['base64', 'base64url', 'hex'] as const)
            yield digest.toString(form, 0, 8).slice(0, 10)
        }
      }
    }
  }
}

describe.skipIf(!redisServerInstalled())('the ledger in Redis', () => {
  it('holds nothing that a list of numbers leads to', async () => {
    const { ledger, admin } = await open()
    const pairs = NUMBERS.flatMap((to) => SIGNATURES.map((signature) => ({ signature, to })))
    await ledger.apply(pairs.map((pair) => ({ ...pair, state: 'out', ts: T })))
    await ledger.remember(pairs.map((pair) => ({ ...pair, port: PORT, ts: T })))
    await ledger.asked(pairs.map((pair) => ({ ...pair, ts: T })))
    const held = await dump(admin)
    expect(held.length).toBeGreaterThan(10_000)
    for (const to of NUMBERS) expect(held).not.toContain(to)
    for (const hash of dictionary()) expect(held).not.toContain(hash)
  })

  it('lets what was sent in a month expire as a whole, four months after it began', async () => {
    const { ledger, admin } = await open()
    for (const ts of [T, T + 1_000])
      await ledger.remember([{ signature: '京东', port: PORT, to: NUMBERS[0]!, ts }])
    const logs = (await admin.keys('*')).filter((key) => /:l:\d+:/.test(key))
    expect(logs).toHaveLength(1)
    const days = (await admin.ttl(logs[0]!)) / 86_400
    expect(days).toBeGreaterThan(119.9)
    expect(days).toBeLessThanOrEqual(120)
  })

  it('puts together what repeats in a log that has grown, and forgets nothing that counts', async () => {
    const { ledger, admin } = await open()
    const to = NUMBERS[0]!
    const names = ['甲', '乙', '丙', '100%\n', '戊']
    const sent = (signature: string, ts: number) => ({ signature, port: PORT, to, ts })
    const logs = async () => (await admin.keys('*')).filter((key) => /:l:\d+:/.test(key))
    // 64 kB and more: five signatures in turns.
    for (let i = 0; i < 2500; i += 500)
      await ledger.remember(Array.from({ length: 500 }, (_, n) => sent(names[(i + n) % 5]!, T + i + n)))
    const [log] = await logs()
    expect(await logs()).toHaveLength(1)
    expect(await admin.strlen(log!)).toBeLessThan(65_536)
    expect(await admin.ttl(log!)).toBeGreaterThan(119 * 86_400)
    expect(await ledger.sentBy(PORT, to, T + 9_999)).toEqual(names.toReversed().slice(0, 4))
    expect(await ledger.sentBy(PORT, to, T + 1)).toEqual(['乙'])
    expect(await ledger.sentBy(PORT, to, T + 4)).toEqual(['戊', '100%\n', '丙', '乙'])
  })

  it('spreads what does not repeat over more logs, and still finds it', async () => {
    const { ledger, admin, options } = await open()
    // Tokens of one log of the first level.
    const tokens: string[] = []
    for (let i = 0; tokens.length < 3000; i++) {
      const { shard, bits } = logPlace(PORT, `token ${i}`)
      if (shard === 5 && bits % 4 === 1) tokens.push(`token ${i}`)
    }
    const sent = (token: string, n: number) => ({ signature: '甲', port: PORT, to: 'x', token, ts: T + n })
    const part = async (ledger_: typeof ledger, from: number) =>
      ledger_.remember(tokens.slice(from, from + 500).map((token, n) => sent(token, from + n)))
    for (let from = 0; from < 2500; from += 500) await part(ledger, from)
    const month = Math.floor(T / (30 * 86_400_000))
    const root = `{sigwatch:d:ledger:5}:`
    expect(await admin.hget(`${root}meta`, `l${month}`)).toBe('4')
    // Another instance has not heard of it yet.
    await part(redisLedger(options), 2500)
    await ledger.remember([sent(tokens[2900]!, 9_000)])
    const held = await Promise.all(
      (await admin.keys(`${root}l:*`)).map(async (key) => [key, (await admin.get(key))!] as const),
    )
    expect(held.map(([key]) => key.split(':').at(-2)).toSorted()).toEqual(['2', '4'])
    for (const token of [tokens[0]!, tokens[1700]!, tokens[2900]!]) {
      const { name } = logPlace(PORT, token)
      expect(held.some(([, log]) => log.includes(name))).toBe(true)
    }
    for (const [key] of held) expect(await admin.ttl(key)).toBeGreaterThan(119 * 86_400)
  })

  it('looks at a full log of the last level again when it has doubled', async () => {
    const { link, admin } = await open()
    const call = async (entries: string) =>
      link.run([
        {
          script: LOG_SENT,
          keys: ['{sigwatch:d:ledger:5}:meta'],
          args: ['epoch', '1000', LAST_LEVEL, JSON.stringify([7, LAST_LEVEL, [3, entries]])],
        },
      ])
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => logEntry(`p${String(from + i).padStart(14, '0')}`, '乙', T))
    const key = `{sigwatch:d:ledger:5}:${logName(7, LAST_LEVEL, 3)}`
    const [one] = lines(0, 1)
    const many = Math.ceil(65_536 / Buffer.byteLength(one!))
    await call(lines(0, many - 40).join('') + lines(0, 39).join(''))
    expect(await admin.strlen(key)).toBeLessThan(65_536)
    await call(lines(0, 5).join(''))
    expect(await admin.strlen(key)).toBe(65_536)
    expect(await admin.ttl(key)).toBeGreaterThan(900)
    const held = (await admin.get(key))!.split('\n').filter(Boolean)
    expect(held).toHaveLength(many - 40)
    await call(one!)
    expect(await admin.strlen(key)).toBe(65_536 + Buffer.byteLength(one!))
  })

  it('reads what was sent before there were logs, and under a former key', async () => {
    const { ledger, admin, options } = await open()
    const [a, b] = NUMBERS as [string, string]
    const { shard, slot, field } = keyedPlaces(KEY, 1 << 19)(plainField(PORT, a))
    const key = `{sigwatch:d:ledger:${shard}}:s:${Math.floor(T / (30 * 86_400_000))}:${slot.toString(36)}`
    await admin.hset(key, field, JSON.stringify([['乙', (T + 9).toString(36), T.toString(36)]]))
    await ledger.remember([
      { signature: '甲', port: PORT, to: a, ts: T + 5 },
      { signature: '丙', port: PORT, to: b, ts: T },
    ])
    expect(await ledger.sentBy(PORT, a, T + 10)).toEqual(['乙', '甲'])
    expect(await ledger.sentBy(PORT, a, T + 1)).toEqual(['乙'])
    const other = redisLedger({
      ...options,
      key: 'another key that is long enough as well',
      previousKeys: [KEY],
    })
    await other.remember([{ signature: '丁', port: PORT, to: b, ts: T + 1 }])
    expect(await other.sentBy(PORT, b, T + 10)).toEqual(['丁', '丙'])
    expect(await other.sentBy(PORT, a, T + 10)).toEqual(['乙', '甲'])
  })

  it('finds in a ledger of an earlier version what a list of numbers leads to', async () => {
    const { admin } = await open()
    const { at, field } = plainPlace(SIGNATURES[0]!, NUMBERS[0]!)
    await admin.hset(at('consent'), field, `${T.toString(36)}O`)
    const held = await dump(admin)
    expect([...dictionary()].some((hash) => held.includes(hash))).toBe(true)
  })

  it('moves what an earlier version wrote, and leaves nothing behind', async () => {
    const { ledger, admin } = await open()
    const month = Math.floor(T / (30 * 86_400_000))
    const [a, b] = NUMBERS as [string, string]
    const refusal = plainPlace('京东', a)
    await admin.hset(refusal.at('consent'), refusal.field, `${T.toString(36)}O,${(T - 5).toString(36)}D`)
    const sent = plainPlace(PORT, b)
    const entry = (signature: string, first: number, last: number) => [
      signature,
      last.toString(36),
      first.toString(36),
    ]
    await admin.hset(
      sent.at(`sent:${month}`),
      sent.field,
      JSON.stringify([entry('乙', T, T + 9), entry('甲', T - 4, T - 2)]),
    )
    const asked = plainPlace('京东', b)
    await admin.hset(asked.at(`asked:${month}`), asked.field, T.toString(36))
    expect(await ledger.migrate()).toBe(3)
    expect(await ledger.lookup([{ signature: '京东', to: a }])).toEqual([
      [
        { state: 'out', ts: T },
        { state: 'in', ts: T - 5, proof: 'default' },
      ],
    ])
    expect(await ledger.sentBy(PORT, b, T + 10)).toEqual(['乙', '甲'])
    expect(await ledger.sentBy(PORT, b, T - 3)).toEqual(['甲'])
    expect(await ledger.asked([{ signature: '京东', to: b, ts: T + 1000 }])).toEqual([T])
    const held = await dump(admin)
    for (const hash of dictionary()) expect(held).not.toContain(hash)
    expect(await ledger.migrate()).toBe(0)
    // Nothing was found: it is not searched again at each start.
    await admin.hset(refusal.at('consent'), refusal.field, `${T.toString(36)}O`)
    expect(await ledger.migrate()).toBe(0)
  })

  it('reads what was written under a former key', async () => {
    const { ledger, options } = await open()
    await ledger.apply([{ signature: '京东', to: NUMBERS[0]!, state: 'out', ts: T }])
    const other = redisLedger({
      ...options,
      key: 'another key that is long enough as well',
      previousKeys: [KEY],
    })
    expect(await other.lookup([{ signature: '京东', to: NUMBERS[0]! }])).toEqual([[{ state: 'out', ts: T }]])
    await other.apply([{ signature: '京东', to: NUMBERS[0]!, state: 'in', ts: T + 1 }])
    expect(await other.lookup([{ signature: '京东', to: NUMBERS[0]! }])).toEqual([
      [
        { state: 'in', ts: T + 1 },
        { state: 'out', ts: T },
      ],
    ])
    await other.erase([{ signature: '京东', to: NUMBERS[0]! }])
    expect(await other.lookup([{ signature: '京东', to: NUMBERS[0]! }])).toEqual([[]])
  })

  it('says that it was emptied, once, until it has been filled again', async () => {
    const { ledger, admin, lost } = await open()
    const pair = { signature: '京东', to: NUMBERS[0]! }
    expect(await ledger.check()).toBe(64)
    expect(await ledger.check()).toBe(0)
    await ledger.apply([{ ...pair, state: 'out', ts: T }])
    expect(lost()).toBe(0)
    await admin.flushall()
    expect(await ledger.lookup([pair])).toEqual([[]])
    await expect.poll(lost).toBe(1)
    expect(ledger.unready()).toEqual([expect.stringContaining('being read again')])
    await ledger.apply([{ ...pair, state: 'out', ts: T }])
    ledger.restored()
    expect(ledger.unready()).toEqual([])
    // All shards were lost together: that is one loss.
    await ledger.check()
    expect(ledger.unready()).toEqual([])
    // What is lost while it is being read again is another.
    await admin.flushall()
    await ledger.check()
    await expect.poll(lost).toBe(2)
    await admin.flushall()
    await ledger.check()
    ledger.restored()
    await expect.poll(lost).toBe(3)
    ledger.restored()
    expect(ledger.unready()).toEqual([])
  })

  it('notices an older copy of itself, as after a promotion', async () => {
    const { ledger, proxy, server, lost } = await open()
    const replica = await startOwnRedis()
    const other = new Redis(replica.url)
    onTestFinished(async () => {
      other.disconnect()
      await replica.stop()
    })
    const row = (to: string) => ({ signature: '京东', to, state: 'out' as const, ts: T })
    await ledger.check()
    await other.call('REPLICAOF', '127.0.0.1', new URL(server.url).port)
    await ledger.apply(NUMBERS.slice(0, 40).map(row))
    await expect.poll(() => other.info('replication'), { timeout: 10_000 }).toContain('master_link_status:up')
    await expect.poll(async () => (await other.keys('*:c:*')).length, { timeout: 10_000 }).toBe(40)
    await other.call('REPLICAOF', 'NO', 'ONE')
    await ledger.apply(NUMBERS.slice(40).map(row))
    proxy.pointTo(Number(new URL(replica.url).port))
    proxy.cut()
    await expect.poll(() => ledger.check().catch(() => -1), { timeout: 10_000 }).toBe(0)
    await expect.poll(lost).toBe(1)
  }, 30_000)
})
