import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { afterEach, beforeAll, expect, it } from 'vitest'
import type { Alert, Block } from '../../src/domain/alert.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, follow } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'

const MINUTE = 60_000
const FAST = 20 * 60
const SLOW = -6 * 60
const STAMPED = { 'message.timestamp.type': 'LogAppendTime' }

describeWith(['kafka', 'redis', 'shiftedClock'], 'a clock that is wrong', () => {
  const kafka = useKafka()
  const cleanUps: (() => unknown)[] = []
  let client: ReturnType<typeof plainClient>

  beforeAll(() => {
    client = plainClient(kafka.brokers)
  })
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  const clock = (seconds: number) => {
    const wrong = new ShiftedClock(seconds * 1000)
    cleanUps.push(() => wrong.remove())
    return wrong
  }

  async function deployment({
    stamped = false,
    redis,
    partitions = 1,
  }: {
    stamped?: boolean
    redis?: number
    partitions?: number
  }) {
    const server = await startOwnRedis(undefined, redis === undefined ? {} : clock(redis).env)
    cleanUps.push(() => server.stop())
    const config = stamped ? { config: STAMPED } : {}
    const at = await createServiceTopics(client, kafka.brokers, { partitions, ...config })
    const env = { ...at.env, REDIS_URL: server.url }
    const [blocks, alerts, shadows] = await Promise.all([
      follow(client, at.topics.blocks),
      follow(client, at.topics.alerts),
      follow(client, at.topics.shadowAlerts),
    ])
    for (const one of [blocks, alerts, shadows]) cleanUps.push(() => one.stop())
    const start = async (wrong?: ShiftedClock) => {
      const service = await startService({ ...env, ...wrong?.env })
      cleanUps.push(() => service.kill())
      await until(
        async () => (await service.metric('sigwatch_assigned_partitions').catch(() => 0)) > 0,
        60_000,
        () => service.stderr,
      )
      return service
    }
    let sent = 0
    /** Three forgeries of one domain, `behind` ms before now; the state that follows from them. */
    const forge = async (domain: string, behind = 0, timestamp?: number) => {
      const text = `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${domain}/a 填写收款信息，逾期作废。`
      const messages = [0, 1, 2].map(() => {
        const record = { id: `m-${sent}`, from: '10681166601', to: `1390000${1000 + sent++}`, text }
        const value = JSON.stringify({ ...record, ts: Date.now() - behind })
        return { key: null, value, ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }) }
      })
      const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
      await producer.connect()
      await producer.send({ topic: at.topics.messages, messages })
      await producer.disconnect()
    }
    const events = (domain: string, of = alerts) =>
      of.values<Alert>().filter(({ subject }) => subject === `domain:${domain}`)
    const row = (domain: string): Block | undefined => {
      const state = events(domain)[0]?.data.state?.id
      const value = blocks.records.findLast(({ key }) => key === state)?.value
      return value ? (JSON.parse(value.toString()) as Block) : undefined
    }
    /** Its state is in the block table and holds for its readers. */
    const enforced = async (domain: string, service: Service) => {
      await until(
        () => row(domain) !== undefined,
        30_000,
        () => `${service.stderr.slice(-3_000)}\n${JSON.stringify(shadows.values())}`,
      )
      const remains = Date.parse(row(domain)!.expiresAt) - Date.now()
      expect(remains).toBeGreaterThan(10 * MINUTE)
      expect(remains).toBeLessThan(17 * MINUTE)
      expect(events(domain)[0]!.data).toMatchObject({ mode: 'enforce' })
      expect(events(domain)[0]!.data.late).toBeUndefined()
      expect(events(domain, shadows)).toEqual([])
    }
    const deadLetters = () => client.readAll(at.topics.deadLetters)
    return { at, start, forge, enforced, events, row, deadLetters }
  }

  const outvoted = (service: Service, isOdd = true) =>
    until(
      async () => {
        const { status, body } = await service.get('/readyz')
        return isOdd ? status === 503 && body.includes('CLOCK_SKEW') : status === 200
      },
      30_000,
      () => service.stderr.slice(-2_000),
    )

  it('20 minutes fast with Redis alone: states are enforced, also next to an instance with the right time', async () => {
    const { start, forge, enforced, events, row } = await deployment({ partitions: 2 })
    const fast = await start(clock(FAST))
    await forge('lipei-aa11.icu')
    await enforced('lipei-aa11.icu', fast)
    await fast.ready()
    expect(fast.log.find(({ event }) => event === 'clock_skewed')).toMatchObject({ odd: 'unknown' })
    const right = await start()
    await forge('lipei-aa12.icu')
    await enforced('lipei-aa12.icu', right)
    await sleep(6_000)
    for (const domain of ['lipei-aa11.icu', 'lipei-aa12.icu']) {
      expect(events(domain).filter(({ type }) => type.endsWith('cleared'))).toEqual([])
      expect(row(domain)).toBeDefined()
    }
    expect(fast.log.filter(({ event }) => event === 'clock_skewed')).toHaveLength(1)
  })

  it('6 minutes slow with Redis alone: nothing is a dead letter', async () => {
    const { start, forge, enforced, deadLetters } = await deployment({})
    const slow = await start(clock(SLOW))
    await forge('lipei-bb11.icu')
    await enforced('lipei-bb11.icu', slow)
    expect(await deadLetters()).toEqual([])
    await slow.ready()
  })

  it.each([FAST, SLOW])(
    '%d s wrong where brokers stamp records: outvoted, and results are still right',
    async (off) => {
      const { start, forge, enforced, events, deadLetters } = await deployment({ stamped: true })
      const wrong = await start(clock(off))
      await forge('lipei-cc11.icu')
      await enforced('lipei-cc11.icu', wrong)
      await outvoted(wrong)
      await forge('lipei-cc12.icu')
      await enforced('lipei-cc12.icu', wrong)
      expect(await deadLetters()).toEqual([])
      expect(events('lipei-cc11.icu').filter(({ type }) => type.endsWith('cleared'))).toEqual([])
      // Clocks are compared each three seconds.
      const isOdd = async () =>
        (await wrong.get('/metrics')).body.includes('sigwatch_clock_odd{clock="host"} 1')
      await until(isOdd, 10_000)
    },
  )

  it('jumps while the service runs, forward and back', async () => {
    const { start, forge, enforced, events, deadLetters } = await deployment({ stamped: true })
    const jumping = clock(0)
    const service = await start(jumping)
    await forge('lipei-dd11.icu')
    await enforced('lipei-dd11.icu', service)
    await service.ready()
    for (const [n, off] of [FAST, SLOW, 0].entries()) {
      jumping.set(off * 1000)
      const domain = `lipei-dd2${n}.icu`
      await forge(domain)
      await enforced(domain, service)
      await outvoted(service, off !== 0)
      expect(events('lipei-dd11.icu').filter(({ type }) => type.endsWith('cleared'))).toEqual([])
    }
    expect(await deadLetters()).toEqual([])
  })

  it.each([3_600, -3_600])(
    'Redis is %d s wrong, and the brokers are right: nothing changes',
    async (redis) => {
      const { start, forge, enforced, deadLetters } = await deployment({ stamped: true, redis })
      const service = await start()
      await forge('lipei-ee11.icu')
      await enforced('lipei-ee11.icu', service)
      await until(async () =>
        (await service.get('/metrics')).body.includes('sigwatch_clock_odd{clock="redis"} 1'),
      )
      await service.ready()
      expect(await deadLetters()).toEqual([])
      expect(service.log.filter(({ event }) => event === 'clock_skewed')).toHaveLength(1)
    },
  )

  it.each([3_600, -3_600])(
    'Redis is %d s wrong, and nothing else is known: nothing ends, and it is said',
    async (redis) => {
      const { start, forge, enforced, events, deadLetters } = await deployment({ redis })
      const service = await start()
      await forge('lipei-ff11.icu')
      await enforced('lipei-ff11.icu', service)
      await sleep(5_000)
      await service.ready()
      expect(events('lipei-ff11.icu').filter(({ type }) => type.endsWith('cleared'))).toEqual([])
      expect(await deadLetters()).toEqual([])
      expect(service.log.find(({ event }) => event === 'clock_skewed')).toMatchObject({ odd: 'unknown' })
    },
  )

  it('a gateway is 20 minutes slow: its states are enforced; a backlog is late', async () => {
    const { start, forge, enforced, events, row } = await deployment({})
    const service = await start()
    await forge('lipei-gg11.icu', 20 * MINUTE)
    await enforced('lipei-gg11.icu', service)
    await until(async () => (await service.metric('sigwatch_input_lag_seconds')) > 1_190)
    await sleep(4_000)
    expect(events('lipei-gg11.icu').filter(({ type }) => type.endsWith('cleared'))).toEqual([])
    expect(await service.metric('sigwatch_lagging_records_total')).toBe(3)
    // As records of a replay have it: what they tell was written then.
    await forge('lipei-gg12.icu', 40 * MINUTE, Date.now() - 40 * MINUTE)
    await sleep(4_000)
    expect(row('lipei-gg12.icu')).toBeUndefined()
  })
})
