import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { marketingBurst } from '../../src/detection/detectors/marketing-burst/marketing-burst.ts'
import type { FeatureStore, LogsOf, Observations, RateReading } from '../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../src/domain/labels.ts'
import {
  type Backend,
  clusterBackend,
  fannedOut,
  freshScope,
  joined,
  memoryBackend,
  observation,
  rated,
  singleBackend,
  T0,
  TOPIC,
} from '../helpers/feature-fixtures.ts'
import { redisAvailable, redisServerInstalled } from '../helpers/redis-server.ts'
import { signalContext } from '../helpers/signal-context.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const backends = [
  { name: 'memory', start: memoryBackend, available: true },
  { name: 'Redis', start: singleBackend, available: redisAvailable() },
  { name: 'Redis Cluster of three masters', start: clusterBackend, available: redisServerInstalled() },
]

describe.each(backends)('feature store: $name', ({ start, available }) => {
  if (!available) {
    it.skip('needs a Redis server')
    return
  }
  let backend: Backend
  beforeAll(async () => {
    backend = await start()
  }, 60_000)
  afterAll(() => backend?.stop())

  const fresh = (): FeatureStore => backend.open(freshScope())
  const assign = (store: FeatureStore, logs: Awaited<ReturnType<LogsOf>>) =>
    store.assign(
      logs.map(({ topic, partition }) => ({ topic, partition })),
      async () => logs,
    )
  const many = (n: number, from: number, make: (offset: number, i: number) => Observations) =>
    Array.from({ length: n }, (_, i) => make(from + i, i))

  describe('rates', () => {
    it('counts by group in windows that end with the bucket', async () => {
      const store = fresh()
      const groups: TrafficGroup[] = ['commercial', 'notice', 'fraud']
      const batch = groups.flatMap((group, g) =>
        many(g + 1, 10 * g, (o) => rated(o, T0 + 1, 'port:1', group)),
      )
      const { rates, counted } = await store.count(batch)
      expect(counted).toBe(true)
      expect(rates).toEqual([
        {
          entity: 'port:1',
          bucketEnd: T0 + 10 * SECOND,
          windows: { m1: [1, 2, 3], m10: [1, 2, 3], h1: [1, 2, 3] },
          incomplete: false,
        },
      ])
      expect(await store.totals('port:1')).toEqual([1, 2, 3])
      expect(await store.totals('port:2')).toEqual([0, 0, 0])
    })

    it('lets messages leave the windows after 1, 10 and 60 minutes', async () => {
      const store = fresh()
      const at = async (offset: number, ts: number): Promise<number[]> => {
        const { rates } = await store.count([rated(offset, ts, 'port:1')])
        const { windows, bucketEnd } = rates.at(-1)!
        expect(bucketEnd).toBe(ts + 10 * SECOND)
        return [windows.m1[0], windows.m10[0], windows.h1[0]]
      }
      expect(await at(0, T0)).toEqual([1, 1, 1])
      expect(await at(1, T0 + 50 * SECOND)).toEqual([2, 2, 2])
      expect(await at(2, T0 + 60 * SECOND)).toEqual([2, 3, 3])
      expect(await at(3, T0 + 590 * SECOND)).toEqual([1, 4, 4])
      expect(await at(4, T0 + 600 * SECOND)).toEqual([2, 4, 5])
      expect(await at(5, T0 + 59 * MINUTE)).toEqual([1, 1, 6])
      expect(await at(6, T0 + 60 * MINUTE)).toEqual([1, 2, 5])
      expect(await store.totals('port:1')).toEqual([5, 0, 0])
    })

    it('reports every touched bucket in order, and only from the count that was asked for', async () => {
      const store = fresh()
      const batch = many(6, 0, (o, i) =>
        rated(o, T0 + i * 10 * SECOND, 'port:1', 'commercial', { reportFrom: 3 }),
      )
      const { rates } = await store.count(batch)
      expect(rates.map((r) => [r.bucketEnd, r.windows.m10[0]])).toEqual(
        [3, 4, 5, 6].map((n) => [T0 + n * 10 * SECOND, n]),
      )
      const never = await store.count([
        rated(9, T0, 'port:2', 'fraud', { reportFrom: Number.POSITIVE_INFINITY }),
      ])
      expect(never.rates).toEqual([])
      expect(await store.totals('port:2')).toEqual([0, 0, 1])
    })

    it('judges by commercial and fraud: notices alone report nothing', async () => {
      const store = fresh()
      const notices = many(5, 0, (o) => rated(o, T0, 'port:1', 'notice', { reportFrom: 2 }))
      expect((await store.count(notices)).rates).toEqual([])
      const mixed = [
        rated(5, T0, 'port:1', 'fraud', { reportFrom: 2 }),
        rated(6, T0, 'port:1', 'commercial', { reportFrom: 2 }),
      ]
      expect((await store.count(mixed)).rates.map((r) => r.windows.m1)).toEqual([[1, 5, 1]])
    })

    it('counts what is late in its own bucket, and reads the newest again', async () => {
      const store = fresh()
      await store.count([rated(0, T0 + 5 * MINUTE, 'port:1')])
      const { rates } = await store.count([rated(1, T0, 'port:1')])
      expect(rates.map((r) => [r.bucketEnd - T0, r.windows.m1[0], r.windows.m10[0]])).toEqual([
        [10 * SECOND, 1, 1],
        [5 * MINUTE + 10 * SECOND, 1, 2],
      ])
      const next = await store.count([rated(2, T0 + 5 * MINUTE, 'port:1')])
      expect(next.rates.map((r) => r.windows.m10[0])).toEqual([3])
    })

    it('does not count what is older than the hour of the entity, and lets its newest bucket move', async () => {
      const store = fresh()
      await store.count([rated(0, T0 + HOUR, 'port:1')])
      const old = await store.count([rated(1, T0 + MINUTE - 1, 'port:1')])
      expect(old.rates).toEqual([])
      await store.count([rated(2, T0 + MINUTE, 'port:1')])
      expect(await store.totals('port:1')).toEqual([2, 0, 0])
      await store.count([rated(3, T0 + 5 * HOUR, 'port:1')])
      expect(await store.totals('port:1')).toEqual([1, 0, 0])
    })

    it('keeps entities apart', async () => {
      const store = fresh()
      const batch = many(300, 0, (o, i) => rated(o, T0, `port:${i % 150}`, i < 150 ? 'commercial' : 'notice'))
      const { rates } = await store.count(batch)
      expect(rates).toHaveLength(150)
      for (const { windows } of rates) expect(windows.h1).toEqual([1, 1, 0])
    })
  })

  describe('counting once', () => {
    it('counts an offset once, and judges it again when it comes back', async () => {
      const store = fresh()
      const all = (offset: number): Observations => ({
        ...joined(offset, T0, 'set', 'a'),
        rates: [{ entity: 'port:1', group: 'commercial', baseline: true, reportFrom: 1 }],
        tallies: [{ kind: 'otp', id: 'r1', window: 600_000, reportFrom: 1 }],
        sent: ['port:1'],
      })
      const first = await store.count([all(0), all(1)])
      const again = await store.count([all(0), all(1)])
      expect(again).toEqual(first)
      const third = await store.count([all(1), all(2)])
      expect(third.rates[0]!.windows.m1).toEqual([3, 0, 0])
      expect(third.members[0]).toMatchObject({ members: ['a'], count: 1, total: 3 })
      expect(third.tallies).toEqual([{ kind: 'otp', id: 'r1', count: 3 }])
      expect(await store.sent('port:1', ['2026-11-11'])).toEqual([3])
    })

    it('reads nothing for what came back after everything of it was forgotten', async () => {
      const store = fresh()
      await store.count([rated(5, T0, 'port:1')])
      const { rates, counted } = await store.count([rated(4, T0, 'port:2')])
      // Offset 4 of an entity in another shard is news there, in the same shard it was counted before.
      expect(counted).toBe(true)
      for (const { windows } of rates) expect(windows.m1).toEqual([1, 0, 0])
    })

    it('keeps the offsets of partitions apart', async () => {
      const store = fresh()
      const of = (partition: number, offset: number): Observations => ({
        ...rated(offset, T0, 'port:1'),
        position: { topic: TOPIC, partition, offset },
      })
      await store.count([of(0, 7), of(1, 2)])
      await store.count([of(0, 7), of(1, 3), of(2, 0)])
      expect(await store.totals('port:1')).toEqual([4, 0, 0])
    })

    it('counts by a key of its own what no offset completed', async () => {
      const store = fresh()
      await store.count([rated(10, T0, 'port:1')])
      const late = { ...rated(3, T0, 'port:1'), once: 'port:1/id-3' }
      const first = await store.count([late])
      expect(first.rates[0]!.windows.m1).toEqual([2, 0, 0])
      const again = await store.count([late, { ...rated(3, T0, 'port:1'), once: 'port:1/id-4' }])
      expect(again.rates.map((r) => r.windows.m1[0])).toEqual([2, 3])
      expect(await store.totals('port:1')).toEqual([3, 0, 0])
      await store.count([rated(11, T0, 'port:1')])
      expect(await store.totals('port:1')).toEqual([4, 0, 0])
    })

    it('starts over, and says so, when the log is shorter than what was counted', async () => {
      const scope = freshScope()
      const store = backend.open(scope)
      await store.count([
        rated(41, T0, 'port:1'),
        { ...rated(3, T0, 'port:1'), position: { topic: TOPIC, partition: 1, offset: 3 } },
      ])
      const reset = await assign(store, [
        { topic: TOPIC, partition: 0, endOffset: 41 },
        { topic: TOPIC, partition: 1, endOffset: 4 },
        { topic: TOPIC, partition: 2, endOffset: 0 },
      ])
      expect(reset).toEqual([{ topic: TOPIC, partition: 0 }])
      await store.count([rated(0, T0, 'port:1')])
      expect(await store.totals('port:1')).toEqual([3, 0, 0])
      await store.count([{ ...rated(3, T0, 'port:1'), position: { topic: TOPIC, partition: 1, offset: 3 } }])
      expect(await store.totals('port:1')).toEqual([3, 0, 0])
    })

    it('counts a topic that was recreated, though it is longer than the one before', async () => {
      const store = backend.open(freshScope())
      const of = (endOffset: number, topicId: string) => [{ topic: TOPIC, partition: 0, endOffset, topicId }]
      expect(await assign(store, of(0, 'a'))).toEqual([])
      await store.count(many(10, 0, (o) => rated(o, T0, 'port:1')))
      expect(await assign(store, of(10, 'a'))).toEqual([])
      await store.count(many(10, 0, (o) => rated(o, T0, 'port:1')))
      expect(await store.totals('port:1')).toEqual([10, 0, 0])
      expect(await assign(store, of(15, 'b'))).toEqual([{ topic: TOPIC, partition: 0 }])
      await store.count(many(15, 0, (o) => rated(o, T0, 'port:1')))
      expect(await store.totals('port:1')).toEqual([25, 0, 0])
      expect(await assign(store, of(15, 'b'))).toEqual([])
    })

    it('counts on from the new end of a log of the same topic that lost its end', async () => {
      const store = backend.open(freshScope())
      const of = (endOffset: number) => [{ topic: TOPIC, partition: 0, endOffset, topicId: 'a' }]
      await assign(store, of(0))
      await store.count(many(10, 0, (o) => rated(o, T0, 'port:1')))
      expect(await assign(store, of(7))).toEqual([])
      // Read again from the start: what was there before is not counted twice, what is new is counted.
      await store.count(many(9, 0, (o) => rated(o, T0, 'port:1')))
      expect(await store.totals('port:1')).toEqual([12, 0, 0])
    })

    it('takes up a partition where its last owner stopped, and fences that owner', async () => {
      if (!backend.shared) return
      const scope = freshScope()
      const [old, heir] = [backend.open(scope), backend.open(scope)]
      await assign(old, [{ topic: TOPIC, partition: 0, endOffset: 100 }])
      await old.count(many(10, 0, (o) => rated(o, T0, 'port:1')))
      expect(await assign(heir, [{ topic: TOPIC, partition: 0, endOffset: 100 }])).toEqual([])
      // The heir reads from the last checkpoint; the old owner does not know yet that it lost the partition.
      await heir.count(many(10, 5, (o) => rated(o, T0, 'port:1')))
      const stale = await old.count(many(10, 8, (o) => rated(o, T0, 'port:1')))
      expect(stale.counted).toBe(true)
      expect(stale.rates[0]!.windows.m1).toEqual([18, 0, 0])
      await heir.count(many(5, 15, (o) => rated(o, T0, 'port:1')))
      expect(await old.totals('port:1')).toEqual([20, 0, 0])
      old.revoke([{ topic: TOPIC, partition: 0 }])
      await old.count(many(20, 0, (o) => rated(o, T0, 'port:1')))
      expect(await heir.totals('port:1')).toEqual([20, 0, 0])
    })

    /** Counts and is assigned by others between the answer of the brokers and what it leads to. */
    describe('of an owner that is stopped while it is assigned a partition', () => {
      const id = { topic: TOPIC, partition: 0 }
      const next = (n: number, from: number) => many(n, from, (o) => rated(o, T0, 'port:1'))
      /** A store that has counted ten records of topic `a`, and another, which is late where they share what is counted. */
      const owners = async () => {
        const scope = freshScope()
        const owner = backend.open(scope)
        const late = backend.shared ? backend.open(scope) : owner
        await assign(owner, [{ ...id, endOffset: 10, topicId: 'a' }])
        await owner.count(next(10, 0))
        return { owner, late }
      }

      it('are not set back to an end that others have passed', async () => {
        const { owner, late } = await owners()
        const logs = [{ ...id, endOffset: 7, topicId: 'a' }]
        const reset = await late.assign([id], async () => {
          if (logs[0]!.endOffset < 10) await owner.count(next(10, 10))
          return logs.splice(0, 1, { ...id, endOffset: 20, topicId: 'a' })
        })
        expect(reset).toEqual([])
        for (const store of [late, owner]) await store.count(next(12, 10))
        expect(await late.totals('port:1')).toEqual([22, 0, 0])
        expect(owner.unready()).toEqual([])
      })

      it('are not set back for a topic that has gone', async () => {
        const { owner, late } = await owners()
        const logs = [
          { ...id, endOffset: 10, topicId: 'a' },
          { ...id, endOffset: 5, topicId: 'b' },
        ]
        const reset = await late.assign([id], async () => {
          if (logs.length > 1) {
            expect(await assign(owner, [logs[1]!])).toEqual([id])
            await owner.count(next(5, 0))
          }
          return [logs.length > 1 ? logs.shift()! : logs[0]!]
        })
        expect(reset).toEqual([])
        for (const store of [late, owner]) await store.count(next(6, 0))
        expect(await late.totals('port:1')).toEqual([16, 0, 0])
        expect(owner.unready()).toEqual([])
      })

      it('are not set back twice for an end that was lost once', async () => {
        const { owner, late } = await owners()
        const lost = { ...id, endOffset: 7, topicId: 'a' }
        let asked = 0
        await late.assign([id], async () => {
          if (asked++ > 0) return [{ ...lost, endOffset: 10 }]
          await assign(owner, [lost])
          await owner.count(next(3, 7))
          return [lost]
        })
        for (const store of [late, owner]) await store.count(next(10, 0))
        expect(await late.totals('port:1')).toEqual([13, 0, 0])
      })
    })

    it('counts overlapping calls one after the other', async () => {
      const store = fresh()
      const calls = many(20, 0, (o) => rated(o, T0, 'port:1'))
      const readings = await Promise.all(calls.map((o) => store.count([o])))
      expect(readings.map((r) => r.rates[0]!.windows.m1[0])).toEqual(calls.map((_, i) => i + 1))
    })
  })

  describe('baseline', () => {
    const ENTITY = 'signature:京东'
    const last = async (store: FeatureStore, batch: readonly Observations[]): Promise<RateReading> =>
      (await store.count(batch)).rates.at(-1)!
    const b = (offset: number, ts: number, group: TrafficGroup = 'commercial'): Observations =>
      rated(offset, ts, ENTITY, group, { baseline: true })
    /** What others send while the feed runs: a message every ten minutes. */
    const feed = (from: number, to: number): Observations[] =>
      many(Math.ceil((to - from) / (10 * MINUTE)), 0, (_, i) =>
        observation(0, from + i * 10 * MINUTE, { sent: ['port:1'] }),
      )

    it('is young at first: no hour, the trailing minutes that there were', async () => {
      const store = fresh()
      const reading = await last(store, [b(0, T0 + 3_456)])
      expect(reading.baseline).toEqual({
        trailing: { mean: 0, minutes: 0 },
        earlier: [0, 0, 0, 0, 0],
        firstSeen: T0,
        storeSince: T0,
      })
      const batch = many(30, 1, (o, i) => b(o, T0 + (i + 1) * MINUTE))
      expect((await last(store, batch)).baseline).toEqual({
        trailing: { mean: 1, minutes: 21 },
        earlier: [10, 10, 1, 0, 0],
        firstSeen: T0,
        storeSince: T0,
      })
    })

    it('is reported where it is asked for only', async () => {
      const store = fresh()
      expect((await last(store, [rated(0, T0, ENTITY)])).baseline).toBeUndefined()
    })

    it('learns an hour when it closes, by hour of the day and over the last hours', async () => {
      const store = fresh()
      let taken = 0
      const offset = (): number => {
        taken += 1000
        return taken
      }
      // 120 commercial an hour (2 a minute) from 08:00 on, and notices, which do not matter.
      const hour = (h: number, n: number) => [
        ...many(n, offset(), (o, i) => b(o, T0 + h * HOUR + Math.floor((i * HOUR) / n))),
        ...many(9, offset(), (o) => b(o, T0 + h * HOUR + 59 * MINUTE, 'notice')),
      ]
      await store.count(hour(0, 120))
      const second = await last(store, hour(1, 240))
      expect(second.baseline!.hour).toBeUndefined()
      expect(second.baseline!.recent).toEqual({ mean: 2, sd: 0, hours: 1 })
      const third = await last(store, [b(offset(), T0 + 2 * HOUR)])
      const variance = 0.6 * 0.4 * 4
      expect(third.baseline!.recent!.mean).toBeCloseTo(2 + 0.4 * 2, 12)
      expect(third.baseline!.recent!.sd).toBeCloseTo(Math.sqrt(variance), 12)
      // A day later: the hour of the day is known, and the hours of silence between count as zeros.
      await store.count(feed(T0 + 2 * HOUR, T0 + 25 * HOUR))
      const day = await last(store, [b(offset(), T0 + 25 * HOUR)])
      expect(day.baseline!.hour).toMatchObject({ mean: 4, sd: 0, days: 1 })
      expect(day.baseline!.recent!.hours).toBe(25)
      expect(day.baseline!.recent!.mean).toBeLessThan(0.01)
      expect(day.baseline!.firstSeen).toBe(T0)
      const usual = await store.baselines([ENTITY, 'signature:nobody'], T0 + 25 * HOUR)
      expect(usual).toEqual([{ mean: expect.closeTo(4, 10), sd: 0 }, undefined])
      // One message in the hour from 02:00 on, the day before.
      const [early] = await store.baselines([ENTITY], T0 + 26 * HOUR + 30 * MINUTE)
      expect(early).toEqual({ mean: expect.closeTo(1 / 60, 10), sd: 0 })
    })

    it('takes an hour that others have closed already for no earlier day', async () => {
      const store = fresh()
      await store.count(many(60, 0, (o, i) => b(o, T0 + i * MINUTE)))
      await store.count([b(1000, T0 + HOUR)])
      const late = await last(store, [b(1001, T0 + 59 * MINUTE)])
      expect(late.baseline!.hour).toBeUndefined()
      await store.count(feed(T0 + HOUR, T0 + 24 * HOUR))
      await store.count([b(2000, T0 + 24 * HOUR), b(2001, T0 + 25 * HOUR)])
      const dayAfter = await last(store, [b(2002, T0 + 24 * HOUR + 59 * MINUTE)])
      expect(dayAfter.baseline!.hour).toMatchObject({ days: 1 })
    })

    it('is not trained by a burst', async () => {
      const store = fresh()
      await store.count(many(60, 0, (o, i) => b(o, T0 + i * MINUTE)))
      await store.count(many(6000, 100, (o, i) => b(o, T0 + HOUR + i * 500)))
      const reading = await last(store, [b(10_000, T0 + 2 * HOUR)])
      // 100 a minute were sent; 3 times the expected 1, plus the floor of 10, were learnt.
      expect(reading.baseline!.recent!.mean).toBeCloseTo(1 + 0.4 * (13 - 1), 12)
    })

    it('leaves out the hour in which the store began, and remembers no more than two days of silence', async () => {
      const store = fresh()
      await store.count(many(60, 0, (o, i) => b(o, T0 + 30 * MINUTE + i * SECOND)))
      const next = await last(store, [b(100, T0 + HOUR)])
      expect(next.baseline!.recent).toBeUndefined()
      await store.count(feed(T0 + HOUR, T0 + 7 * 24 * HOUR))
      const week = await last(store, [b(101, T0 + 7 * 24 * HOUR)])
      expect(week.baseline!.recent!.hours).toBe(48)
    })

    it('gives the hour in stretches of ten minutes, with what came late', async () => {
      const store = fresh()
      // One in the first minute, two in the second, and so on.
      const rising = Array.from({ length: 60 }, (_, minute) =>
        many(minute + 1, 10_000 + 100 * minute, (o) => b(o, T0 + minute * MINUTE)),
      ).flat()
      const tens = [455, 355, 255, 155, 55]
      expect((await last(store, rising)).baseline!.earlier).toEqual(tens)
      // Another bucket of the same minute, then what was late for the stretches.
      const next = await last(store, [b(20_000, T0 + 59 * MINUTE + 10 * SECOND)])
      expect(next.baseline!.earlier).toEqual(tens)
      const late = [49, 49, 40, 39, 30, 29, 20, 19, 10, 9, 0].map((minute, i) =>
        b(20_001 + i, T0 + minute * MINUTE + 5 * SECOND),
      )
      expect((await last(store, late)).baseline!.earlier).toEqual([458, 357, 257, 157, 57])
      // The same from the sums that were kept.
      const again = await last(store, [b(20_100, T0 + 59 * MINUTE + 12 * SECOND)])
      expect(again.baseline!.earlier).toEqual([458, 357, 257, 157, 57])
    })

    it('has what a slow climb is seen by, in the same bucket everywhere', async () => {
      const store = fresh()
      const raised: string[] = []
      let offset = 0
      // 30 a minute, from 09:00 on climbing to 120 within 40 minutes, in two partitions that are not in step.
      for (let minute = 0; minute < 110; minute++) {
        const perMinute = Math.round(30 + 90 * Math.min(1, Math.max(0, (minute - 60) / 40)))
        const batch = many(perMinute, offset, (o, i) => {
          const at = T0 + minute * MINUTE + Math.floor((i * MINUTE) / perMinute)
          const message = b(o, at)
          return { ...message, position: { ...message.position, partition: i % 2 } }
        })
        offset += perMinute
        const order = [...batch.filter((_, i) => i % 2 === 1), ...batch.filter((_, i) => i % 2 === 0)]
        for (const reading of (await store.count(order)).rates) {
          const signal = marketingBurst.onRate!(reading, signalContext)
          if (signal?.over) raised.push(new Date(signal.at).toISOString())
        }
      }
      expect(raised[0]).toBe('2026-11-11T09:38:10.000Z')
    })

    it('gives the trailing hour without its last ten minutes', async () => {
      const store = fresh()
      const steady = many(90, 0, (o, i) => b(o, T0 + i * MINUTE))
      const { baseline, windows } = await last(store, [
        ...steady,
        ...many(500, 100, (o) => b(o, T0 + 90 * MINUTE)),
      ])
      expect(baseline!.trailing).toEqual({ mean: 1, minutes: 50 })
      expect(windows).toEqual({ m1: [500, 0, 0], m10: [509, 0, 0], h1: [559, 0, 0] })
    })
  })

  describe('absences of the feed', () => {
    const ENTITY = 'signature:京东'
    const OTHER = 'signature:顺丰'
    /** A message a minute from one minute after `T0` to another, of an entity on a partition. */
    const steady = (from: number, to: number, entity = ENTITY, partition = 0): Observations[] =>
      many(to - from, from, (offset, i) => {
        const message = rated(offset, T0 + (from + i) * MINUTE, entity, 'commercial', { baseline: true })
        return { ...message, position: { topic: TOPIC, partition, offset } }
      })
    const lastOf = async (
      store: FeatureStore,
      ...spans: (readonly Observations[])[]
    ): Promise<RateReading> => {
      const all = spans.flat().sort((a, other) => a.ts - other.ts)
      let found: RateReading | undefined
      for (let from = 0; from < all.length; from += 40) {
        const { rates } = await store.count(all.slice(from, from + 40))
        found = rates.findLast(({ entity }) => entity === ENTITY) ?? found
      }
      return found!
    }

    it('are missing hours, which train nothing', async () => {
      // From 08:00 to 10:00, and again from 15:00 on: the hours between are unknown, and 10:00 is not a quiet hour.
      const { baseline } = await lastOf(fresh(), steady(0, 120), steady(420, 481))
      expect(baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 3 })
    })

    it('of days are, too', async () => {
      const store = fresh()
      await lastOf(store, steady(0, 121))
      const days = 5 * 1440
      const { baseline } = await lastOf(store, steady(days, days + 61))
      expect(baseline).toMatchObject({
        recent: { mean: 1, sd: 0, hours: 3 },
        hour: { mean: 1, days: 1 },
        firstSeen: T0,
      })
    })

    it('leave out an hour that lost more than a fifth, and scale one that lost less', async () => {
      const half = await lastOf(fresh(), steady(0, 20), steady(50, 61))
      expect(half.baseline!.recent).toBeUndefined()
      const little = await lastOf(fresh(), steady(0, 20), steady(30, 61))
      expect(little.baseline!.recent).toEqual({ mean: expect.closeTo(50 / 60, 12), sd: 0, hours: 1 })
    })

    it('are not where others go on: silence is silence', async () => {
      const { baseline } = await lastOf(fresh(), steady(0, 120), steady(420, 481), steady(0, 481, OTHER))
      expect(baseline!.recent!.hours).toBe(8)
      expect(baseline!.recent!.mean).toBeLessThan(0.6)
    })

    it('are not where the feed is thin and goes on as thin', async () => {
      // Four messages an hour of all senders together.
      const quarters = (from: number, to: number) =>
        steady(from, to, OTHER).filter(({ ts }) => ((ts - T0) / MINUTE) % 15 === 0)
      const store = fresh()
      await lastOf(store, steady(0, 1))
      const { baseline } = await lastOf(store, quarters(0, 600), steady(600, 601))
      expect(baseline!.recent!.hours).toBe(10)
    })

    it('of one partition are those of the senders that come from it alone', async () => {
      const [own, others] = [1, 2]
      const stopped = await lastOf(
        fresh(),
        steady(0, 120, ENTITY, own),
        steady(420, 481, ENTITY, own),
        steady(0, 481, OTHER, others),
      )
      expect(stopped.baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 3 })
      const silent = await lastOf(
        fresh(),
        steady(0, 120, ENTITY, others),
        steady(420, 481, ENTITY, others),
        steady(0, 481, OTHER, others),
        steady(0, 120, 'signature:三', own),
        steady(420, 481, 'signature:三', own),
      )
      expect(silent.baseline!.recent!.hours).toBe(8)
    })

    it('of one partition in two leave out the hours of a sender that comes from both', async () => {
      const { baseline } = await lastOf(
        fresh(),
        steady(0, 120, ENTITY, 1),
        steady(420, 481, ENTITY, 1),
        steady(0, 481, ENTITY, 2),
      )
      // Two a minute where both are there; one of 300 minutes counted nothing.
      expect(baseline!.recent).toEqual({ mean: 2, sd: 0, hours: 3 })
    })

    it('are no minutes of the trailing hour', async () => {
      const { baseline } = await lastOf(fresh(), steady(0, 20), steady(50, 70))
      expect(baseline!.trailing).toEqual({ mean: expect.closeTo(1, 12), minutes: 20 })
    })

    it('are as much of a span as they last', async () => {
      const store = fresh()
      expect(store.feedShare(T0, T0 + HOUR)).toBe(1)
      await lastOf(store, steady(0, 60), steady(180, 240))
      expect(store.feedShare(T0, T0 + 4 * HOUR)).toBe(0.5)
      expect(store.feedShare(T0 - 24 * HOUR, T0)).toBe(1)
    })

    it('are the same when the same is counted again, by whom and in whatever batches', async () => {
      const scope = freshScope()
      const store = backend.open(scope)
      const sent = [...steady(0, 120), ...steady(420, 481)]
      const { baseline } = await lastOf(store, sent)
      const again = backend.shared ? backend.open(scope) : store
      const reading = (await again.count(sent)).rates.at(-1)!
      expect(reading.baseline).toEqual(baseline)
      const next = await lastOf(again, steady(481, 541))
      expect(next.baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 4 })
    })

    it('are moved by no time that is far from the others', async () => {
      const wild = rated(159, T0 + 30 * 24 * HOUR, OTHER)
      const { baseline } = await lastOf(fresh(), steady(0, 119))
      const store = fresh()
      await lastOf(store, steady(0, 119))
      await store.count([...steady(119, 159), wild])
      const reading = await lastOf(store, steady(159, 301))
      expect(baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 1 })
      expect(reading.baseline!.recent!.hours).toBe(5)
    })

    it('are known to an instance that was not there', async () => {
      if (!backend.shared) return
      const scope = freshScope()
      const [a, other] = [backend.open(scope), backend.open(scope)]
      // Partition 1 is read by one instance, 2 by another, which then takes over both.
      await lastOf(a, steady(0, 240, ENTITY, 1))
      await lastOf(other, steady(0, 120, OTHER, 2), steady(225, 241, OTHER, 2))
      const { baseline } = await lastOf(other, steady(240, 301, ENTITY, 1), steady(241, 301, OTHER, 2))
      expect(baseline!.recent).toEqual({ mean: 1, sd: 0, hours: 5 })
      expect(other.feedShare(T0 + 2 * HOUR, T0 + 4 * HOUR)).toBeCloseTo(0.55, 1)
    })
  })

  describe('members', () => {
    it('reports distinct members from the number that was asked for', async () => {
      const store = fresh()
      const add = async (offset: number, name: string, ts = T0 + offset) =>
        (await store.count([joined(offset, ts, 'port-signatures:1', name, { reportFrom: 2 })])).members
      expect(await add(0, '京东')).toEqual([])
      expect(await add(1, '京东')).toEqual([])
      expect(await add(2, '顺丰')).toEqual([
        { entity: 'port-signatures:1', members: ['京东', '顺丰'], count: 2, total: 3 },
      ])
      const other = await store.count([joined(3, T0, 'port-signatures:2', '京东')])
      expect(other.members).toEqual([{ entity: 'port-signatures:2', members: ['京东'], count: 1, total: 1 }])
    })

    it('takes any name', async () => {
      const store = fresh()
      const names = ['', 'n', ':', 'a\u0000b', '【】', '\\ud800 "x"', '\u{1F4B0}']
      await store.count(names.map((name, i) => joined(i, T0 + i, 's', name)))
      const { members } = await store.count([joined(99, T0 + 99, 's', 'z\ud800')])
      expect(members[0]!.members.slice(0, -1)).toEqual(names)
      expect(members[0]!.count).toBe(names.length + 1)
    })

    it('wants each member seen often enough', async () => {
      const store = fresh()
      const over = { reportFrom: 1, minCount: 3 }
      const a = await store.count(many(2, 0, (o) => joined(o, T0, 's', 'a', over)))
      expect(a.members).toEqual([])
      await store.count([joined(2, T0, 's', 'b', over)])
      const { members } = await store.count([joined(3, T0 + 1, 's', 'a', over)])
      expect(members).toEqual([{ entity: 's', members: ['a'], count: 1, total: 4 }])
    })

    it('forgets a member that was not seen within the window', async () => {
      const store = fresh()
      const over = { window: 10 * MINUTE }
      await store.count([joined(0, T0, 's', 'a', over), joined(1, T0 + MINUTE, 's', 'b', over)])
      const kept = await store.count([joined(2, T0 + 10 * MINUTE, 's', 'c', over)])
      expect(kept.members[0]).toMatchObject({ members: ['a', 'b', 'c'], count: 3, total: 3 })
      const gone = await store.count([joined(3, T0 + 10 * MINUTE + 1, 's', 'c', over)])
      expect(gone.members[0]).toMatchObject({ members: ['b', 'c'], count: 2, total: 3 })
      const back = await store.count([joined(4, T0 + 11 * MINUTE + 2, 's', 'b', over)])
      expect(back.members[0]).toMatchObject({ members: ['c', 'b'], count: 2, total: 3 })
      const late = await store.count([joined(5, T0, 's', 'x', over)])
      expect(late.members[0]).toMatchObject({ members: ['c', 'b'], count: 2 })
    })

    it('counts in the total what was sent by names that were dropped beyond the cap', async () => {
      const store = fresh()
      const by = (offset: number, ts: number, member: string): Observations => ({
        position: { topic: TOPIC, partition: 0, offset },
        ts,
        rates: [],
        members: [{ entity: 'set', member, window: HOUR, reportFrom: 4, minCount: 1 }],
        tallies: [],
        sent: [],
      })
      const total = async (batch: Observations[]) => (await store.count(batch)).members.at(-1)?.total
      expect(await total(many(200, 0, (o, i) => by(o, T0 + i * SECOND, `m${i % 50}`)))).toBe(200)
      expect(await total(many(50, 200, (o, i) => by(o, T0 + 10 * MINUTE + i, `m${i}`)))).toBe(250)
      expect(await total(many(4, 250, (o, i) => by(o, T0 + 5 * HOUR + i, `n${i}`)))).toBe(4)
    })

    it('keeps the 32 newest names and estimates how many there are', async () => {
      const store = fresh()
      await store.count(many(32, 0, (o, i) => joined(o, T0 + i, 's', `m${i}`)))
      const { members } = await store.count([joined(100, T0 + 100, 's', 'm0')])
      expect(members[0]).toMatchObject({ count: 32, total: 33 })
      await store.count(many(468, 200, (o, i) => joined(o, T0 + 200 + i, 's', `m${32 + i}`)))
      const more = await store.count([joined(1000, T0 + 1000, 's', 'm499')])
      expect(more.members[0]!.members).toEqual(Array.from({ length: 32 }, (_, i) => `m${468 + i}`))
      expect(more.members[0]!.count).toBeGreaterThan(475)
      expect(more.members[0]!.count).toBeLessThan(525)
      // An hour later the names beyond the cap are forgotten like the others.
      const later = await store.count([joined(1001, T0 + HOUR, 's', 'new')])
      expect(later.members[0]).toMatchObject({ members: ['new'], count: 1, total: 1 })
    })
  })

  describe('tallies', () => {
    const tally = (offset: number, ts: number, id: string, reportFrom = 1, window = 10 * MINUTE) =>
      observation(offset, ts, { tallies: [{ kind: 'otp', id, window, reportFrom }] })

    it('leaves out what is older than it is kept, by the newest of its partition', async () => {
      const store = fresh()
      const read = async (one: Observations) => (await store.count([one])).tallies.map(({ count }) => count)
      expect(await read(tally(0, T0, 'r1'))).toEqual([1])
      // Half a window of ten minutes and twenty of grace: a bucket is kept until both have gone by.
      expect(await read(tally(1, T0 - 19 * MINUTE, 'r2'))).toEqual([1])
      expect(await read(tally(2, T0 - 30 * MINUTE, 'r2'))).toEqual([])
      expect(await read(tally(3, Date.UTC(2003, 1, 1), 'r3', 0))).toEqual([])
      // Another partition is as new as its own messages.
      const other = {
        ...tally(0, T0 - 30 * MINUTE, 'r4'),
        position: { topic: TOPIC, partition: 1, offset: 0 },
      }
      expect(await read(other)).toEqual([1])
    })

    it('counts all of a backlog that spans more time than they are kept, also where it is counted again', async () => {
      const store = fresh()
      const read = async (batch: Observations[]) =>
        (await store.count(batch)).tallies.map(({ id, count }) => `${id} ${count}`).sort()
      // Twelve minutes apart, five times over: an hour of one partition.
      const hour = many(5, 0, (offset) => tally(offset, T0 + offset * 12 * MINUTE, `r${offset}`))
      expect(await read(hour)).toEqual(['r0 1', 'r1 1', 'r2 1', 'r3 1', 'r4 1'])
      expect(await read(hour.slice(1))).toEqual(['r1 1', 'r2 1', 'r3 1', 'r4 1'])
      expect(await read([tally(5, T0, 'r0')])).toEqual([])
    })

    it('counts the same again of a backlog that is longer than what a store sends at once', async () => {
      const store = fresh()
      const batch = many(5_000, 0, (offset) =>
        tally(offset, offset < 3_000 ? T0 : T0 + 30 * MINUTE, `r${offset}`, offset === 0 ? 1 : Infinity),
      )
      for (let times = 0; times < 2; times++) {
        const { tallies } = await store.count(batch)
        expect(tallies).toEqual([{ kind: 'otp', id: 'r0', count: 1 }])
      }
    })

    it('adds the current half window and the one before', async () => {
      const store = fresh()
      const at = async (offset: number, ts: number) =>
        (await store.count([tally(offset, ts, 'r1')])).tallies[0]!.count
      expect(await at(0, T0)).toBe(1)
      expect(await at(1, T0 + 5 * MINUTE - 1)).toBe(2)
      expect(await at(2, T0 + 5 * MINUTE)).toBe(3)
      expect(await at(3, T0 + 10 * MINUTE)).toBe(2)
      expect(await at(4, T0 + 30 * MINUTE)).toBe(1)
    })

    it('reports from the count that was asked for, each id and window by itself', async () => {
      const store = fresh()
      const batch = [
        ...many(3, 0, (o) => tally(o, T0, 'r1', 3)),
        ...many(2, 10, (o) => tally(o, T0, 'r2', 3)),
        ...many(3, 20, (o) => tally(o, T0, 'r1', 3, HOUR)),
      ]
      expect((await store.count(batch)).tallies).toEqual([
        { kind: 'otp', id: 'r1', count: 3 },
        { kind: 'otp', id: 'r1', count: 3 },
      ])
      const silent = await store.count([tally(30, T0, 'r3', Number.POSITIVE_INFINITY)])
      expect(silent.tallies).toEqual([])
    })
  })

  describe('fan-outs', () => {
    const SIGNS = [0x0f0f0f0f, 0x12345678] as const
    /** Another text, and the first with eight signs turned. */
    const OTHER = [0xf0f0f0f0, 0x87654321] as const
    const NEAR = [0x0f0f0f00, 0x1234567f] as const
    const DAYS = 24 * HOUR

    it('count strangers who are sent alike texts within an hour', async () => {
      const store = fresh()
      const at = async (offset: number, ts: number, to: string, signs: readonly [number, number] = SIGNS) => {
        const one = fannedOut(offset, ts, '13800130001', to, { signs, reportFrom: 1 })
        return (await store.count([one])).fanouts.map(({ strangers }) => strangers)
      }
      expect(await at(0, T0, '1.a')).toEqual([1])
      expect(await at(1, T0 + MINUTE, '1.b', NEAR)).toEqual([2])
      expect(await at(2, T0 + 2 * MINUTE, '1.c', OTHER)).toEqual([1])
      expect(await at(3, T0 + 59 * MINUTE, '1.d')).toEqual([3])
      expect(await at(4, T0 + 80 * MINUTE, '1.e')).toEqual([2])
      expect(await at(5, T0 + 5 * HOUR, '1.f')).toEqual([1])
    })

    it('leave out whom the number has written to in seven days, whatever it said', async () => {
      const store = fresh()
      const to = (offset: number, ts: number, recipient: string, number = '13800130001') =>
        fannedOut(offset, ts, number, recipient, { signs: offset % 2 === 0 ? SIGNS : OTHER, reportFrom: 1 })
      await store.count([to(0, T0, '1.a'), to(1, T0, '1.b')])
      expect((await store.count([to(2, T0 + MINUTE, '1.a'), to(3, T0 + MINUTE, '1.b')])).fanouts).toEqual([])
      // To another number they are strangers.
      expect((await store.count([to(4, T0 + MINUTE, '1.a', '13800130002')])).fanouts).toHaveLength(1)
      expect((await store.count([to(5, T0 + 7 * DAYS - HOUR, '1.a')])).fanouts).toEqual([])
      expect((await store.count([to(6, T0 + 22 * DAYS, '1.a')])).fanouts).toMatchObject([{ strangers: 1 }])
    })

    it('count the numbers of a series that write alike to two strangers or more', async () => {
      const store = fresh()
      let offset = 0
      const round = async (i: number, recipients: number, signs: readonly [number, number] = SIGNS) => {
        const batch = many(recipients, offset, (o) =>
          fannedOut(o, T0 + i * MINUTE, `1380013${String(i).padStart(4, '0')}`, `1.r${o}`, {
            signs,
            reportFrom: 1,
            reportSeriesFrom: 3,
          }),
        )
        offset += recipients
        return (await store.count(batch)).fanouts.map(({ numbers }) => numbers)
      }
      expect(await round(0, 3)).toEqual([1])
      expect(await round(1, 1)).toEqual([0])
      expect(await round(2, 2)).toEqual([2])
      expect(await round(3, 2, OTHER)).toEqual([1])
      expect(await round(4, 4)).toEqual([3])
      // A number counts once in the hour.
      expect(await round(4, 2)).toEqual([3])
    })

    it('count nothing twice that is delivered again, and are judged again', async () => {
      const store = fresh()
      const batch = [
        ...many(4, 0, (o) => fannedOut(o, T0, '13800130001', `1.r${o}`)),
        fannedOut(4, T0, '13800130001', '1.once', { once: '13800130001/m4' }),
      ]
      const strangers = async () => (await store.count(batch)).fanouts.map((one) => one.strangers)
      expect(await strangers()).toEqual([5])
      expect(await strangers()).toEqual([5, 5])
      const next = fannedOut(5, T0, '13800130001', '1.next')
      expect((await store.count([next])).fanouts).toMatchObject([{ strangers: 6, position: { offset: 5 } }])
    })

    it('say since when recipients are remembered, and begin over after a gap of more than a day', async () => {
      const store = fresh()
      const since = async (offset: number, ts: number) => {
        const one = fannedOut(offset, ts, '13800130001', `1.r${offset}`, { reportFrom: 1 })
        return (await store.count([one])).fanouts[0]!.since
      }
      expect(await since(0, T0)).toBe(T0 + HOUR)
      expect(await since(1, T0 + 20 * HOUR)).toBe(T0 + HOUR)
      expect(await since(2, T0 + 40 * HOUR)).toBe(T0 + HOUR)
      // Two records have to show a time.
      await since(3, T0 + 70 * HOUR)
      expect(await since(4, T0 + 70 * HOUR + MINUTE)).toBe(T0 + 71 * HOUR)
    })

    it('grow with the pairs that they hold', async () => {
      const store = fresh()
      const batch = (from: number) =>
        many(4000, from, (o) =>
          fannedOut(o, T0, `13800130${String(o % 400).padStart(3, '0')}`, `1.r${o}`, {
            signs: [o, Math.imul(o, 0x9e3779b1) >>> 0],
            reportFrom: 1,
            reportSeriesFrom: Number.POSITIVE_INFINITY,
          }),
        )
      const numbers = async (from: number) => (await store.count(batch(from))).fanouts.length
      expect(await numbers(0)).toBe(400)
      expect(await numbers(4000)).toBe(400)
      await store.count(batch(8000))
      // All of them are known by now: the filters still have the pairs of before they grew.
      const again = batch(0).map((one, i) => ({ ...one, position: { ...one.position, offset: 12_000 + i } }))
      expect((await store.count(again)).fanouts).toEqual([])
      // Few strangers are taken for known.
      const others = batch(20_000).map((one) => ({ ...one, fanout: { ...one.fanout!, signs: SIGNS } }))
      const { fanouts } = await store.count(others)
      expect(fanouts.reduce((sum, { strangers }) => sum + strangers, 0)).toBeGreaterThan(0.93 * 4000)
    })
  })

  it('counts what was sent by UTC day', async () => {
    const store = fresh()
    const sent = (offset: number, ts: number, ...entities: string[]) =>
      observation(offset, ts, { sent: entities })
    const midnight = Date.UTC(2026, 10, 12)
    await store.count([
      sent(0, midnight - 1, 'signature:京东', 'port:1'),
      sent(1, midnight, 'signature:京东'),
      sent(2, midnight, 'signature:京东'),
    ])
    const days = ['2026-11-11', '2026-11-12', '2026-11-13']
    expect(await store.sent('signature:京东', days)).toEqual([1, 2, 0])
    expect(await store.sent('port:1', days)).toEqual([1, 0, 0])
    expect(await store.sent('port:1', [])).toEqual([])
    const days180 = 180 * 24 * HOUR
    await store.count([
      sent(3, midnight - days180 + HOUR, 'port:1'),
      sent(4, midnight - days180 - 48 * HOUR, 'port:1'),
    ])
    const of = (ts: number) => new Date(ts).toISOString().slice(0, 10)
    const old = [of(midnight - days180 + HOUR), of(midnight - days180 - 48 * HOUR)]
    expect(await store.sent('port:1', old)).toEqual([1, 0])
  })

  it('refuses what no message can have, and counts nothing of it', async () => {
    const store = fresh()
    const bad = rated(1, Number.NaN, 'port:1')
    await expect(store.count([rated(0, T0, 'port:1'), bad])).rejects.toThrow('ts of an observation')
    expect(await store.totals('port:1')).toEqual([0, 0, 0])
    expect((await store.count([rated(0, T0, 'port:1')])).rates).toHaveLength(1)
    expect(await store.count([])).toEqual({
      ...{ rates: [], members: [], tallies: [], fanouts: [] },
      counted: true,
    })
  })

  it('is ready, and closes', async () => {
    const store = fresh()
    await store.count([rated(0, T0, 'port:1')])
    expect(store.unready()).toEqual([])
    await store.close()
  })
})
