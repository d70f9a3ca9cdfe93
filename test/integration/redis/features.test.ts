import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../../src/adapters/redis/link.ts'
import type { FeatureStore, LostCounts, Observations, Readings } from '../../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../../src/domain/labels.ts'
import { exactClock, type PartitionId } from '../../../src/domain/ports.ts'
import { BacklogWait, waitingCounts } from '../../../src/pipeline/backlog-wait.ts'
import { FeatureKeys, SHARDS, shardOf, tallyEntity } from '../../../src/stores/rates/layout.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import type { RedisFeatureOptions } from '../../../src/stores/rates/redis-options.ts'
import {
  asLive,
  type Backend,
  clusterBackend,
  freshScope,
  joined,
  PATIENT_MS,
  rated,
  singleBackend,
  sorted,
  T0,
  TOPIC,
} from '../../helpers/feature-fixtures.ts'
import { type RedisProxy, startRedisProxy } from '../../helpers/redis-proxy.ts'
import { type RedisServer, redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** A machine under load does fewer runs, and shrinks a failure no longer than it may. */
const runs = (numRuns: number) => ({ numRuns, interruptAfterTimeLimit: 40_000 })

// ------------------------------------------------------------------ random traffic

interface Shape {
  readonly entity: number
  readonly group: TrafficGroup
  readonly wait: number
  readonly late: number
  readonly member: number
  readonly partition: 0 | 1
  readonly once: boolean
}

const shape: fc.Arbitrary<Shape> = fc.record({
  entity: fc.integer({ min: 0, max: 5 }),
  group: fc.constantFrom<TrafficGroup>('commercial', 'notice', 'fraud'),
  // Mostly seconds, at times a pause of minutes or hours.
  wait: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 30 * SECOND }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 20 * MINUTE }) },
    { weight: 1, arbitrary: fc.integer({ min: HOUR, max: 60 * HOUR }) },
  ),
  late: fc.oneof(
    { weight: 10, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 * MINUTE }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 65 * MINUTE }) },
  ),
  member: fc.integer({ min: 0, max: 45 }),
  partition: fc.constantFrom(0, 1),
  once: fc.boolean(),
})

/** Messages in the order of their offsets. Everything is reported, so that everything is compared. */
function traffic(shapes: readonly Shape[]): Observations[] {
  let now = T0
  const offsets = [0, 0]
  return shapes.map((s, i) => {
    now += s.wait
    const ts = now - s.late
    const signature = `signature:s${s.entity}`
    return {
      position: { topic: TOPIC, partition: s.partition, offset: offsets[s.partition]!++ },
      ts,
      ...(s.once && i % 7 === 0 ? { once: `once-${i}` } : {}),
      rates: [
        { entity: signature, group: s.group, baseline: true, reportFrom: 0 },
        { entity: `port:p${s.entity % 2}`, group: s.group, baseline: false, reportFrom: 3 },
        {
          entity: `sender:x${s.entity}`,
          group: s.group,
          baseline: false,
          reportFrom: Number.POSITIVE_INFINITY,
        },
      ],
      members: [
        {
          entity: `few:${s.entity % 2}`,
          member: `m${s.member % 20}`,
          window: HOUR,
          reportFrom: 1,
          minCount: 1,
        },
        { entity: 'often', member: `m${s.member % 6}`, window: 10 * MINUTE, reportFrom: 1, minCount: 2 },
        { entity: 'many', member: `m${s.member}`, window: 2 * HOUR, reportFrom: 30, minCount: 1 },
      ],
      // Memory forgets them by event time, Redis by its clock: not when both are about to.
      tallies:
        s.late > 5 * MINUTE ? [] : [{ kind: 'otp', id: `r${s.entity}`, window: 10 * MINUTE, reportFrom: 1 }],
      sent: [signature],
    }
  })
}

function batches<T>(all: readonly T[], cuts: readonly number[]): T[][] {
  const at = [...new Set([0, ...cuts.map((c) => c % (all.length + 1)), all.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => all.slice(at[i]!, end))
}

async function countAll(store: FeatureStore, parts: readonly Observations[][]): Promise<Readings[]> {
  const all: Readings[] = []
  for (const part of parts) all.push(await store.count(part))
  return all
}

/** Entities with something in the last two hours: what is silent for longer, memory forgets by event time. */
function active(messages: readonly Observations[]): string[] {
  const end = Math.max(...messages.map((m) => m.ts))
  const recent = messages.filter((m) => m.ts > end - 2 * HOUR)
  return [...new Set(recent.flatMap((m) => m.rates.map((r) => r.entity)))].sort()
}

async function totalsOf(store: FeatureStore, messages: readonly Observations[]): Promise<unknown> {
  const days = Array.from({ length: 60 }, (_, d) => new Date(T0 + d * 24 * HOUR).toISOString().slice(0, 10))
  return {
    rates: await Promise.all(active(messages).map((entity) => store.totals(entity))),
    sent: await Promise.all([0, 1, 2, 3, 4, 5].map((i) => store.sent(`signature:s${i}`, days))),
  }
}

/** The number beyond the cap is an estimate on Redis: within a few of the true one. */
function comparable(readings: Readings) {
  const { members, ...rest } = sorted(readings)
  return { ...rest, members: members.map((m) => (m.count > 32 ? { ...m, count: 'beyond the cap' } : m)) }
}

describe.skipIf(!redisServerInstalled())('features in Redis and in memory', () => {
  const backends: Backend[] = []
  beforeAll(async () => {
    backends.push(...(await Promise.all([singleBackend(), clusterBackend()])))
  }, 60_000)
  afterAll(() => Promise.all(backends.map((b) => b.stop())))

  const shapes = fc.array(shape, { minLength: 1, maxLength: 150 })
  const cuts = fc.array(fc.nat(200), { maxLength: 6 })

  it('give the same readings for the same batches', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, cuts, fc.nat(1), async (made, cut, which) => {
        const parts = batches(traffic(made), cut)
        const memory = memoryFeatureStore()
        const redis = backends[which]!.open(freshScope())
        const [a, b] = [await countAll(memory, parts), await countAll(redis, parts)]
        expect(b.map(comparable)).toEqual(a.map(comparable))
        for (const [i, readings] of b.entries()) {
          const exact = sorted(a[i]!).members
          for (const [k, { count }] of sorted(readings).members.entries()) {
            expect(Math.abs(count - exact[k]!.count)).toBeLessThanOrEqual(2)
          }
        }
        const all = parts.flat()
        expect(await totalsOf(redis, all)).toEqual(await totalsOf(memory, all))
      }),
      runs(60),
    )
  }, 60_000)

  it('count the same however the messages are cut into batches, and nothing twice', async () => {
    const inOrder = fc
      .tuple(shapes, fc.boolean())
      .map(([made, once]) => traffic(made.map((s) => ({ ...s, late: 0, once: once && s.once }))))
    await fc.assert(
      fc.asyncProperty(inOrder, cuts, cuts, fc.nat(1), async (messages, one, other, which) => {
        const a = backends[which]!.open(freshScope())
        const b = backends[which]!.open(freshScope())
        const readingsA = (await countAll(a, batches(messages, one))).flatMap((r) => r.rates)
        // The second store sees every batch again, and everything once more at the end.
        const parts = batches(messages, other)
        for (const [i, part] of parts.entries())
          await countAll(b, [part, part, ...parts.slice(Math.max(i - 1, 0), i + 1)])
        const readingsB = (await countAll(b, parts)).flatMap((r) => r.rates)
        expect(await totalsOf(b, messages)).toEqual(await totalsOf(a, messages))
        // The last reading of a bucket that both report is the same, whatever came between: as long as the minutes
        // that its window looks back on are within the hour that is kept.
        // What has a key of its own is counted before the rest of its batch, and is left out here.
        if (messages.some((m) => m.once !== undefined)) return
        const last = new Map(readingsA.map((r) => [`${r.entity} ${r.bucketEnd}`, r.windows]))
        const newest = new Map(readingsB.map((r) => [r.entity, r.bucketEnd]))
        for (const r of readingsB) {
          const same = last.get(`${r.entity} ${r.bucketEnd}`)
          if (same && r.bucketEnd > newest.get(r.entity)! - 48 * MINUTE)
            expect(r.windows.m10).toEqual(same.m10)
        }
      }),
      runs(30),
    )
  }, 60_000)

  it('are not disturbed by a stale owner, in whatever order they count', async () => {
    const turns = fc.array(fc.record({ who: fc.nat(1), n: fc.integer({ min: 1, max: 8 }) }), {
      minLength: 2,
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(turns, async (turn) => {
        const scope = freshScope()
        const owners = [backends[0]!.open(scope), backends[0]!.open(scope)]
        const next = [0, 0]
        for (const { who, n } of turn) {
          const from = next[who]!
          next[who] = from + n
          await owners[who]!.count(
            Array.from({ length: n }, (_, i) => rated(from + i, T0, `port:${(from + i) % 3}`)),
          )
        }
        // Each owner read the log from 0 on, so what was counted is what the faster one read.
        const read = Math.max(...next)
        const totals = await Promise.all([0, 1, 2].map((i) => owners[0]!.totals(`port:${i}`)))
        expect(totals.reduce((sum, [commercial]) => sum + commercial, 0)).toBe(read)
      }),
      runs(30),
    )
  }, 60_000)

  it('stay in the compact encoding of Redis', async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, commandTimeout: PATIENT_MS })
    const store = redisFeatureStore(link, {
      deployment: 'd',
      clusterId: 'c',
      topic: TOPIC,
      budgetMs: PATIENT_MS,
    })
    const groups: TrafficGroup[] = ['commercial', 'notice', 'fraud']
    for (let i = 0; i < 3000; i++) {
      if (i % 100) continue
      const batch = Array.from({ length: 100 }, (_, k) => {
        const ts = T0 + (i + k) * 5 * SECOND
        return {
          ...rated(i + k, ts, 'signature:s', groups[k % 3]!, { baseline: true }),
          ...{ members: joined(0, 0, 'port-signatures:1', `m${k % 40}`).members },
        }
      })
      await store.count(batch)
    }
    const client = new Redis(server.url)
    const keys = await client.keys('*')
    expect(keys.length).toBeGreaterThan(3)
    for (const key of keys) {
      const encoding = await client.object('ENCODING', key)
      if ((await client.type(key)) === 'hash') expect([key, encoding]).toEqual([key, 'listpack'])
      if (!/:(offsets|since)$/.test(key)) expect(await client.ttl(key)).toBeGreaterThan(0)
    }
    const rate = keys.find((key) => key.endsWith(':r:signature:s'))!
    expect(await client.hlen(rate)).toBeLessThanOrEqual(61)
    client.disconnect()
    await link.close()
    await server.stop()
  }, 30_000)
})

// ------------------------------------------------------------------ tallies

describe.skipIf(!redisServerInstalled())('tallies in Redis', () => {
  const WINDOW = 10 * MINUTE

  /** Names that lie in one shard, so that its cells are many times fewer than what is counted. */
  function names(count: number): string[] {
    const found: string[] = []
    for (let i = 0; found.length < count; i++)
      if (shardOf(tallyEntity('otp', `1.${i}`), SHARDS) === 0) found.push(`1.${i}`)
    return found
  }

  async function open() {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, commandTimeout: PATIENT_MS })
    const scope = { deployment: 'd', clusterId: 'c', topic: TOPIC, budgetMs: PATIENT_MS }
    const admin = new Redis(server.url)
    onTestFinished(async () => {
      admin.disconnect()
      await link.close()
      await server.stop()
    })
    return { stores: [memoryFeatureStore(), redisFeatureStore(link, scope)] as const, admin }
  }

  it('are those of a count in memory, however many share a cell', async () => {
    const { stores, admin } = await open()
    const ids = names(9_000)
    let offset = 0
    const tallied = (id: string, ts: number): Observations => ({
      position: { topic: TOPIC, partition: 0, offset: offset++ },
      ts,
      rates: [],
      members: [],
      tallies: [{ kind: 'otp', id, window: WINDOW, reportFrom: 4 }],
      sent: [],
    })
    let reported = 0
    // A half window in which most come once; one in which few come often, and some of the former late; and one after it.
    const batches = [
      ids.map((id) => tallied(id, T0)),
      ids.slice(0, 400).flatMap((id, i) => Array.from({ length: i % 7 }, () => tallied(id, T0 + WINDOW / 2))),
      ids.slice(100, 300).map((id) => tallied(id, T0 + 1)),
      ids.slice(0, 400).map((id) => tallied(id, T0 + WINDOW / 2 + 1)),
      ids.slice(0, 2_000).map((id) => tallied(id, T0 + WINDOW)),
      ids.slice(0, 400).map((id) => tallied(id, T0 + WINDOW / 2 + 2)),
    ]
    for (const batch of batches) {
      for (let from = 0; from < batch.length; from += 1_500) {
        const part = batch.slice(from, from + 1_500)
        const [memory, redis] = await Promise.all(stores.map((store) => store.count(part)))
        expect(sorted(redis!).tallies).toEqual(sorted(memory!).tallies)
        reported += memory!.tallies.length
      }
    }
    expect(reported).toBeGreaterThan(400)
    const root = (await admin.keys('*:u:otp:*:f')).toSorted()
    expect(root).toHaveLength(3)
    // 9,000 names in a half window: more cells than it began with, and so does the next.
    expect(Number(await admin.hget(root[0]!, 'cells'))).toBe(65_536)
    expect(Number(await admin.hget(root[1]!, 'cells'))).toBe(65_536)
    for (const key of await admin.keys('*:u:*')) expect(await admin.ttl(key)).toBeGreaterThan(0)
  }, 60_000)

  it('count new records next to repeated ones in one call', async () => {
    const { stores } = await open()
    const [known, other] = names(2)
    const tallied = (id: string, offset: number): Observations => ({
      position: { topic: TOPIC, partition: 0, offset },
      ts: T0,
      rates: [],
      members: [],
      tallies: [{ kind: 'otp', id, window: WINDOW, reportFrom: 1 }],
      sent: [],
    })
    // The first record comes again, as after a crash, with two of another sender: as many as there are names.
    const batches = [
      [tallied(known!, 0)],
      [tallied(known!, 0), tallied(other!, 1), tallied(other!, 2)],
      [tallied(known!, 3), tallied(other!, 4)],
    ]
    for (const batch of batches) {
      const [memory, redis] = await Promise.all(stores.map((store) => store.count(batch)))
      expect(sorted(redis!).tallies).toEqual(sorted(memory!).tallies)
    }
  })

  it('count beyond what a cell holds, for one half window and the next', async () => {
    const { stores } = await open()
    const [id] = names(1)
    let offset = 0
    const tallied = (ts: number): Observations => ({
      position: { topic: TOPIC, partition: 0, offset: offset++ },
      ts,
      rates: [],
      members: [],
      tallies: [{ kind: 'otp', id: id!, window: WINDOW, reportFrom: 300 }],
      sent: [],
    })
    for (const [n, ts] of [
      [290, T0],
      [20, T0],
      [5, T0 + WINDOW / 2],
    ] as const) {
      const batch = Array.from({ length: n }, () => tallied(ts))
      const [memory, redis] = await Promise.all(stores.map((store) => store.count(batch)))
      expect(redis!.tallies).toEqual(memory!.tallies)
      expect(redis!.tallies).toHaveLength(n === 290 ? 0 : 1)
    }
  })
})

// ------------------------------------------------------------------ outages

describe.skipIf(!redisServerInstalled())('features while Redis is away', () => {
  const BUDGET = 150
  let server: RedisServer & { process: import('node:child_process').ChildProcess }
  let link: RedisLink | undefined
  let proxy: RedisProxy

  /** A store on a server of its own, which ends with the test. */
  async function open(over: Partial<RedisFeatureOptions> = {}) {
    server = await startOwnRedis()
    proxy = await startRedisProxy(Number(new URL(server.url).port))
    onTestFinished(end)
    link = connectRedis({
      url: proxy.url,
      commandTimeout: BUDGET,
      breaker: { failures: 3, coolDownMs: 100 },
    })
    expect(await link.ready(5000)).toBe(true)
    return redisFeatureStore(link, {
      deployment: 'd',
      clusterId: 'c',
      topic: TOPIC,
      budgetMs: BUDGET,
      ...over,
    })
  }
  async function end(): Promise<void> {
    await link?.close()
    await proxy.stop()
    await server.stop()
  }
  /** Ends the connection, and takes no other until `back`: what is sent meanwhile never arrives. */
  function away(): void {
    proxy.refusing = true
    proxy.cut()
  }
  const timed = async (work: Promise<Readings>): Promise<[Readings, number]> => {
    const started = performance.now()
    const readings = await work
    return [readings, performance.now() - started]
  }
  async function back(): Promise<void> {
    server.process.kill('SIGCONT')
    proxy.refusing = false
    await expect.poll(() => link!.command('PING').catch(() => 'away'), { timeout: 10_000 }).toBe('PONG')
  }

  it('answers within its budget, counts nothing twice, and goes on by itself', async () => {
    const store = await open()
    await store.count([rated(0, T0, 'port:1')])
    server.process.kill('SIGSTOP')
    for (let i = 1; i <= 5; i++) {
      const [readings, ms] = await timed(store.count([rated(i, T0, 'port:1')]))
      expect(readings).toEqual({
        rates: [],
        members: [],
        tallies: [],
        fanouts: [],
        counted: false,
        uncounted: new Set([0]),
      })
      expect(ms).toBeLessThan(BUDGET + 100)
    }
    expect(store.unready()[0]).toMatch(/^redis: /)
    await expect(store.totals('port:1')).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await back()
    await expect.poll(() => store.unready(), { timeout: 15_000 }).toEqual([])
    // Some of the five may have run late, each once at most.
    const [before] = await store.totals('port:1')
    expect(before).toBeGreaterThanOrEqual(1)
    expect(before).toBeLessThanOrEqual(4)
    await store.count([rated(5, T0, 'port:1'), rated(6, T0, 'port:1')])
    const [after] = await store.totals('port:1')
    expect(after - before).toBeGreaterThanOrEqual(1)
    expect(after - before).toBeLessThanOrEqual(2)
  }, 30_000)

  it('says that a window is incomplete when a fifth of it was not counted', async () => {
    const store = asLive(await open())
    let offset = 0
    const one = (ts: number): Observations => rated(offset++, ts, 'port:1')
    await store.count([one(T0)])
    away()
    // Eleven buckets are missed.
    for (let i = 0; i < 11; i++)
      expect((await store.count([one(T0 + MINUTE + i * 10 * SECOND)])).counted).toBe(false)
    await back()
    const at = T0 + 5 * MINUTE
    expect((await store.count([one(at)])).rates.at(-1)!.incomplete).toBe(false)
    away()
    expect((await store.count([one(T0 + 4 * MINUTE)])).counted).toBe(false)
    await back()
    const readings = await store.count([
      one(at),
      one(T0 + 8 * MINUTE),
      one(T0 + 13 * MINUTE),
      one(T0 + 15 * MINUTE),
    ])
    expect(readings.rates.map((r) => [(r.bucketEnd - T0) / MINUTE, r.incomplete])).toEqual([
      [5 + 1 / 6, true],
      [8 + 1 / 6, true],
      [13 + 1 / 6, false],
      [15 + 1 / 6, false],
    ])
  }, 30_000)

  it('trains no baseline with an hour of which a fifth was not counted', async () => {
    const store = asLive(await open())
    let offset = 0
    const one = (ts: number): Observations =>
      rated(offset++, ts, 'signature:s', 'commercial', { baseline: true })
    const hour = (h: number) => Array.from({ length: 120 }, (_, i) => one(T0 + h * HOUR + i * 30 * SECOND))
    expect((await store.count([...hour(0), ...hour(1)])).counted).toBe(true)
    away()
    await store.count(Array.from({ length: 72 }, (_, i) => one(T0 + 2 * HOUR + i * 10 * SECOND)))
    await back()
    const third = await store.count([one(T0 + 2 * HOUR + 30 * MINUTE)])
    expect(third.rates.at(-1)!.baseline!.recent).toEqual({ mean: 2, sd: 0, hours: 2 })
    expect(third.rates.at(-1)!.incomplete).toBe(true)
    const fourth = await store.count([one(T0 + 3 * HOUR)])
    expect(fourth.rates.at(-1)!.baseline!.recent).toEqual({ mean: 2, sd: 0, hours: 2 })
    const fifth = await store.count([one(T0 + 4 * HOUR)])
    expect(fifth.rates.at(-1)!.baseline!.recent!.hours).toBe(3)
  }, 30_000)

  it('assigns partitions that it cannot read, and finds out later that a log was recreated', async () => {
    const resets: PartitionId[] = []
    const store = await open({ onReset: (partitions) => resets.push(...partitions) })
    await store.count([rated(50, T0, 'port:1')])
    server.process.kill('SIGSTOP')
    const id = { topic: TOPIC, partition: 0 }
    expect(await store.assign([id], async () => [{ ...id, endOffset: 10 }])).toEqual([])
    await back()
    await store.count([rated(0, T0, 'port:1')])
    expect(resets).toEqual([{ topic: TOPIC, partition: 0 }])
    expect(await store.totals('port:1')).toEqual([2, 0, 0])
  }, 30_000)

  it('stores the id of a topic again if Redis lost it, while counting', async () => {
    const store = await open()
    const id = { topic: TOPIC, partition: 0 }
    await store.assign([id], async () => {
      await sleep(50)
      return [{ ...id, endOffset: 1_000_000, topicId: 'a' }]
    })
    let offset = 0
    const one = (): Observations => rated(offset++, T0, 'port:1')
    await store.count([one()])
    await link!.command('FLUSHALL')
    await expect
      .poll(
        async () => {
          await store.count([one()])
          return link!.command('HGET', await keyEnding(':offsets'), `#${TOPIC}/0`)
        },
        { timeout: 10_000, interval: 5 },
      )
      .toBe('a')
    expect(await store.totals('port:1')).toEqual([offset - 1, 0, 0])
  }, 30_000)

  it('counts what is late once, and marks no bucket for it', async () => {
    const store = asLive(await open())
    await store.count([rated(0, T0, 'port:1')])
    server.process.kill('SIGSTOP')
    for (let i = 1; i <= 12; i++) await store.count([rated(i, T0 + i * 10 * SECOND, 'port:1')])
    const away = await store.count([rated(13, T0 + 3 * MINUTE, 'port:1')])
    expect(away.counted).toBe(false)
    await back()
    const { rates } = await store.count([rated(14, T0 + 4 * MINUTE, 'port:1')])
    // Calls that were sent before the circuit opened have run meanwhile.
    const [total] = await store.totals('port:1')
    expect(total).toBeGreaterThan(2)
    expect(rates.at(-1)!.windows.m10[0]).toBe(total)
    const missing = (await link!.command('HLEN', await keyEnding(':missing'))) as number
    expect(total + missing).toBeGreaterThan(2)
  }, 30_000)

  it('counts or marks every bucket, also of a call that is refused when it runs late', async () => {
    const store = asLive(await open())
    await store.count([rated(0, T0, 'port:1')])
    server.process.kill('SIGSTOP')
    for (let i = 1; i <= 12; i++) await store.count([rated(i, T0 + i * 10 * SECOND, 'port:1')])
    await back()
    const marked = async () => {
      const masks = (await link!.command('HVALS', await keyEnding(':missing'))) as string[]
      return masks.reduce((sum, mask) => sum + Number(mask).toString(2).replaceAll('0', '').length, 0)
    }
    await expect
      .poll(async () => (await store.totals('port:1'))[0] + (await marked()), { timeout: 5_000 })
      .toBeGreaterThanOrEqual(13)
  }, 30_000)

  describe('a backlog that waits for Redis', () => {
    const wait = new BacklogWait({
      clock: exactClock(Date.now),
      most: MINUTE,
      signal: new AbortController().signal,
      began: () => {},
    })
    /** A message in each of 24 buckets: two fifths of what the ten minutes look at. */
    const batch = (from: number) =>
      Array.from({ length: 24 }, (_, i) => rated(from + i, T0 + i * 10 * SECOND, 'signature:s'))

    it.each([
      ['answers several attempts too late', () => void server.process.kill('SIGSTOP')],
      ['is away for a while', away],
    ])(
      'is judged as if nothing had been when it %s',
      async (_what, hinder) => {
        const store = await open()
        const counts = waitingCounts(store, wait)
        await counts.count([rated(0, T0, 'signature:s')])
        hinder()
        const counting = counts.count(batch(1))
        await sleep(4 * BUDGET)
        await back()
        const { counted, rates } = await counting
        expect(counted).toBe(true)
        expect(rates.at(-1)).toMatchObject({ windows: { m10: [25, 0, 0] }, incomplete: false })
        // What is said late of the first attempts changes nothing.
        await sleep(1_500)
        expect(await link!.command('KEYS', '*:missing')).toEqual([])
        const { rates: later } = await counts.count([rated(25, T0 + 4 * MINUTE, 'signature:s')])
        expect(later.at(-1)).toMatchObject({ windows: { m10: [26, 0, 0] }, incomplete: false })
      },
      30_000,
    )
  })

  /** The only key of the server that ends so. */
  async function keyEnding(end: string): Promise<string> {
    const keys = (await link!.command('KEYS', `*${end}`)) as string[]
    expect(keys).toHaveLength(1)
    return keys[0]!
  }

  it('judges nothing by what Redis lost, and says so, until the windows have filled again', async () => {
    const lost: LostCounts[] = []
    const store = await open({ onLost: (what) => lost.push(what) })
    let offset = 0
    const one = (ts: number): Observations => rated(offset++, ts, 'port:1')
    await store.count([one(T0), one(T0)])
    await link!.command('FLUSHALL')
    await link!.command('SCRIPT', 'FLUSH')
    const after = await store.count([one(T0 + 10 * SECOND)])
    expect(after.counted).toBe(true)
    expect(after.rates[0]).toMatchObject({ windows: { m1: [1, 0, 0] }, incomplete: true })
    await expect.poll(() => lost).toEqual([{ how: 'emptied', from: T0 + 10 * SECOND - HOUR, share: 1 / 64 }])
    expect(store.unready()).toEqual([expect.stringContaining('counts were lost')])
    const later = await store.count([one(T0 + 7 * MINUTE), one(T0 + 9 * MINUTE)])
    expect(later.rates.map((r) => r.incomplete)).toEqual([true, false])
    // Another entity of another shard is found to be lost when it is next counted.
    const other = await store.count([rated(offset++, T0 + 9 * MINUTE, 'port:2')])
    expect(other.rates[0]!.incomplete).toBe(true)
  }, 30_000)

  it('notices that it counts in an older Redis than before, as after a promotion', async () => {
    const lost: LostCounts[] = []
    const store = await open({ onLost: (what) => lost.push(what) })
    const replica = await startOwnRedis()
    onTestFinished(() => replica.stop())
    const admin = new Redis(replica.url)
    let offset = 0
    const batch = (ts: number, n: number) => Array.from({ length: n }, () => rated(offset++, ts, 'port:1'))
    await admin.call('REPLICAOF', '127.0.0.1', new URL(server.url).port)
    await store.count(batch(T0, 99))
    await store.count([rated(offset++, T0, 'port:2')])
    await store.count(batch(T0 + MINUTE, 2))
    await expect.poll(async () => (await admin.keys('*')).length, { timeout: 10_000 }).toBeGreaterThan(2)
    await expect
      .poll(async () => {
        const keys = await admin.keys('*:offsets')
        return String(await Promise.all(keys.map((key) => admin.hvals(key))))
      })
      .toContain('101')
    await admin.call('REPLICAOF', 'NO', 'ONE')
    await store.count(batch(T0 + 5 * MINUTE, 400))
    // Of another shard, which nothing is counted in afterwards.
    await store.count([rated(offset++, T0 + 5 * MINUTE, 'port:2')])
    proxy.pointTo(Number(new URL(replica.url).port))
    proxy.cut()
    await back()
    const { rates, counted } = await store.count(batch(T0 + 5 * MINUTE + 10 * SECOND, 1))
    expect(counted).toBe(true)
    // 400 messages are gone from the one shard; the other had counted nothing since the first minute.
    expect(rates.at(-1)!.windows.h1).toEqual([102, 0, 0])
    await expect.poll(() => lost).toEqual([{ how: 'older', from: T0 + MINUTE, share: 2 / 64 }])
    const keys = new FeatureKeys({ deployment: 'd', clusterId: 'c', topic: TOPIC })
    await expect
      .poll(() => admin.hget(keys.missing(shardOf('port:2', SHARDS)), String(T0 / MINUTE + 5)), {
        timeout: 5_000,
      })
      .toBe('3')
    admin.disconnect()
    const later = await store.count(batch(T0 + 6 * MINUTE, 1))
    expect(later.rates.at(-1)!.incomplete).toBe(false)
  }, 60_000)
})
