import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../src/adapters/redis/link.ts'
import type { PassBook, PassRequest } from '../../src/domain/pass-book.ts'
import { MemoryPassBook } from '../../src/stores/passes/memory.ts'
import { RedisPassBook } from '../../src/stores/passes/redis.ts'
import { type RedisServer, startRedis, startRedisCluster } from '../helpers/redis-server.ts'
import { describeWith } from '../helpers/services.ts'
import { uniqueName } from '../helpers/unique-name.ts'

const throttle = (perMinute: number, state = 's') => ({ state, perMinute })
const under = (...throttles: PassRequest['throttles']): PassRequest => ({ throttles })
const part = (id: string, sms = 'sms'): PassRequest => ({ throttles: [], part: { sms, id } })
const many = (n: number, request: PassRequest) => Array.from({ length: n }, () => request)

/** What every pass book does. */
function conforms(open: () => PassBook): void {
  const outcomes = async (book: PassBook, requests: readonly PassRequest[]) =>
    (await book.settle(requests)).map(({ outcome }) => outcome)
  const passed = async (book: PassBook, requests: readonly PassRequest[]) =>
    (await outcomes(book, requests)).filter((outcome) => outcome === 'passes').length

  it('lets as many through as a throttle allows', async () => {
    const book = open()
    expect(await passed(book, many(20, under(throttle(7))))).toBe(7)
    expect(await book.settle([under(throttle(7))])).toEqual([{ outcome: 'full', full: 0 }])
    // What is allowed now counts, whatever it was before.
    expect(await passed(book, many(20, under(throttle(9))))).toBe(2)
    expect(await passed(book, many(3, under(throttle(0, 'none'))))).toBe(0)
    expect(await passed(book, many(3, under()))).toBe(3)
  })

  it('counts a message under each of its throttles only if all have room', async () => {
    const book = open()
    const both = under(throttle(4, 'wide'), throttle(2, 'narrow'))
    expect(await passed(book, many(9, both))).toBe(2)
    expect(await book.settle([both])).toEqual([{ outcome: 'full', full: 1 }])
    expect(await passed(book, many(9, under(throttle(4, 'wide'))))).toBe(2)
  })

  it('keeps the parts of an SMS together', async () => {
    const book = open()
    expect(await outcomes(book, [part('p1'), part('p1', 'other')])).toEqual(['passes', 'passes'])
    const by = { state: 's', why: ['FORGED_BRAND'] }
    await book.stop('sms', by)
    expect(await book.settle([part('p2'), part('p2', 'third')])).toEqual([
      { outcome: 'stopped', by },
      { outcome: 'passes' },
    ])
    await book.stop('bare', { why: [] })
    expect(await book.settle([part('p3', 'bare')])).toEqual([{ outcome: 'stopped', by: { why: [] } }])
  })

  it('does not count a part that is stopped, nor notes one that has no room', async () => {
    const book = open()
    await book.stop('sms', { why: [] })
    const both = (sms: string, id: string): PassRequest => ({ throttles: [throttle(1)], part: { sms, id } })
    expect(await outcomes(book, [both('sms', 'a'), both('b', 'b'), both('c', 'c')])).toEqual([
      'stopped',
      'passes',
      'full',
    ])
    expect(await book.takeGone(['a', 'b', 'c'])).toEqual(['b'])
  })

  it('tells of each part that was let through once', async () => {
    const book = open()
    await book.settle([part('p1'), part('p2')])
    expect(await book.takeGone(['p1', 'p3', 'p2'])).toEqual(['p1', 'p2'])
    expect(await book.takeGone(['p1', 'p2'])).toEqual([])
    expect(await book.takeGone([])).toEqual([])
  })
}

describe('in memory', () => {
  let now = 0
  conforms(() => new MemoryPassBook(() => now))

  it('makes room after 60 to 61 seconds, and in no 60 seconds lets more through', async () => {
    const book = new MemoryPassBook(() => now)
    const times: number[] = []
    for (now = 500; now < 200_000; now += 100)
      if ((await book.settle([under(throttle(5))]))[0]!.outcome === 'passes') times.push(now)
    for (const [i, at] of times.entries())
      if (i >= 5) expect(at - times[i - 5]!).toBeGreaterThanOrEqual(60_000)
    expect(times.length).toBeGreaterThanOrEqual(20)
  })

  it('forgets what is over', async () => {
    now = 0
    const book = new MemoryPassBook(() => now)
    await book.settle([{ throttles: [throttle(1)], part: { sms: 'sms', id: 'p1' } }])
    await book.stop('other', { why: [] })
    now = 899_999
    book.sweep()
    expect((await book.settle([part('p2', 'other')]))[0]!.outcome).toBe('stopped')
    now = 900_000
    book.sweep()
    expect((await book.settle([part('p2', 'other')]))[0]!.outcome).toBe('passes')
    expect(await book.takeGone(['p1'])).toEqual([])
  })
})

describeWith('redis', 'on Redis', () => {
  let server: RedisServer
  let link: RedisLink
  beforeAll(async () => {
    server = await startRedis()
    link = connectRedis({ url: server.url, commandTimeout: 2_000 })
  })
  afterAll(async () => {
    await link.close()
    await server.stop()
  })
  conforms(() => new RedisPassBook({ link, prefix: uniqueName('passes') }))

  it('is one book for all instances, and its keys end', async () => {
    const prefix = uniqueName('passes')
    const books = [1, 2].map(() => new RedisPassBook({ link, prefix }))
    const request: PassRequest = { throttles: [throttle(30)], part: { sms: 'x', id: 'p' } }
    const all = await Promise.all(books.map((book) => book.settle(many(50, request))))
    expect(all.flat().filter(({ outcome }) => outcome === 'passes')).toHaveLength(30)
    await books[0]!.stop('y', { why: [] })
    const keys: string[] = []
    for await (const some of link.scan(`*${prefix}*`)) keys.push(...some)
    expect(keys).toHaveLength(3)
    for (const key of keys) expect(await link.command('TTL', key), key).toBeGreaterThan(0)
    const [gone, again] = await Promise.all(books.map((book) => book.takeGone(['p'])))
    expect([...gone!, ...again!]).toEqual(['p'])
  })
})

describeWith('redis', 'on a Redis Cluster', () => {
  it('counts a message under throttles whose names lie apart', async () => {
    const servers = await startRedisCluster()
    const link = connectRedis({ nodes: servers.nodes, commandTimeout: 5_000 })
    try {
      expect(await link.ready(10_000)).toBe(true)
      const book = new RedisPassBook({ link, prefix: 'passes' })
      const request = under(...Array.from({ length: 9 }, (_, i) => throttle(3, `state-${i}`)))
      const all = await book.settle(many(5, request))
      expect(all.filter(({ outcome }) => outcome === 'passes')).toHaveLength(3)
    } finally {
      await link.close()
      await servers.stop()
    }
  })
})
