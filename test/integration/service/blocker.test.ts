import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, type PlayedState, post } from '../../helpers/blocking-play.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Service, startCommand } from '../../helpers/service.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

interface Blocker {
  readonly service: Service
  readonly address: string
}

describeWith(['kafka', 'redis'], 'sigwatch blocker', () => {
  const kafka = useKafka()
  let play: BlockingPlay
  let redis: RedisServer
  const running: Service[] = []
  const episode = Date.now() - 60_000
  const state = (name: string, over: Partial<PlayedState> = {}): PlayedState => {
    const match = { ports: [`1069${name}`] }
    return { state: name, episode, revision: 1, action: 'block', match, ...over }
  }

  beforeAll(async () => {
    redis = await startOwnRedis()
    play = new BlockingPlay(plainClient(kafka.brokers))
    await play.create()
    await play.state('raised', state('b'))
    await play.state('raised', state('gone', { match: { ports: ['106999'] } }))
    await play.state('cleared', state('gone', { revision: 2 }))
    await play.state('raised', state('past'), -60_000)
    await play.state('raised', state('label', { match: { ports: ['1069label'], labels: ['marketing'] } }))
    await play.message(['old'])
  })
  afterAll(async () => {
    for (const service of running) await service.kill()
    await redis.stop()
  })

  async function start(): Promise<Blocker> {
    const env = play.environment(kafka.brokers, { REDIS_URL: redis.url })
    const service = await startCommand(['blocker'], env)
    running.push(service)
    await service.ready()
    return { service, address: /decisions are made at (\S+)/.exec(service.stderr)![1]! }
  }
  const sms = (id: string, from: string, more = {}) => ({
    ...{ id, from, to: '13800005678', text: '【京东】您好' },
    ...more,
  })
  const ask = async ({ address }: Blocker, message: object): Promise<Answer> =>
    (await post(address, message)).body
  const becomes = (blocker: Blocker, message: object, action: string) =>
    until(
      async () => {
        if ((await ask(blocker, message)).action === action) return true
        await sleep(50)
        return false
      },
      10_000,
      () => `${JSON.stringify(message)} does not become ${action}\n${blocker.service.stderr}`,
    )

  it('decides by table, alerts and verdicts, and writes back what it kept', async () => {
    const blocker = await start()
    expect(await ask(blocker, sms('m1', '1069b'))).toEqual({
      ...{ id: 'm1', action: 'block', states: ['b'], why: ['FORGED_BRAND'] },
    })
    expect(await ask(blocker, sms('old', '1'))).toMatchObject({ action: 'block', why: ['FORGED_BRAND'] })
    for (const from of ['106999', '1069past', '1']) {
      const { action } = await ask(blocker, sms('m2', from))
      expect(action, from).toBe('pass')
    }
    // A label is the verdict's to tell.
    expect(await ask(blocker, sms('m3', '1069label'))).toMatchObject({ action: 'review', states: ['label'] })
    await play.verdict('m3', 'block', ['label'])
    await play.verdict('m4', 'pass', [])
    await becomes(blocker, sms('m3', '1069label'), 'block')
    await becomes(blocker, sms('m4', '1069label'), 'pass')

    await play.state('updated', state('b', { revision: 2, action: 'review' }))
    await becomes(blocker, sms('m5', '1069b'), 'review')
    await play.state('cleared', state('b', { revision: 3 }))
    await becomes(blocker, sms('m5', '1069b'), 'pass')

    await until(async () => (await play.enforcements()).length >= 3, 20_000)
    const [first] = await play.enforcements()
    expect(first).toMatchObject({ messageId: 'm1', stateId: 'b', action: 'block' })
    expect(first!.by).toMatch(/^blocker@/)
    expect(Math.abs(first!.ts - Date.now())).toBeLessThan(60_000)
    expect(await blocker.service.metric('sigwatch_blocker_decisions_total')).toBeGreaterThan(8)
    expect(await blocker.service.stop()).toBe(0)
  })

  it('counts a throttle over all blockers, and by itself while Redis is away', async () => {
    const [one, two] = [await start(), await start()]
    const throttle = { action: 'throttle', limit: { perMinute: 30 }, code: 'MARKETING_BURST' }
    await play.state('raised', state('t', throttle))
    for (const blocker of [one, two])
      await until(async () => (await blocker.service.metric('sigwatch_blocker_states')) >= 2, 10_000)
    const sendMany = async (n: number, name: string, blockers = [one, two]) => {
      const batches = Array.from({ length: n / 10 }, (_, b) =>
        Array.from({ length: 10 }, (_, i) => sms(`${name}-${b}-${i}`, '1069t')),
      )
      const all = await Promise.all(
        batches.map(
          async (batch, b) => (await post(blockers[b % blockers.length]!.address, batch)).body as Answer[],
        ),
      )
      return all.flat().filter(({ action }) => action !== 'throttle')
    }
    const passed = await sendMany(100, 'shared')
    expect(passed).toHaveLength(30)
    expect(passed[0]).toMatchObject({ action: 'pass', limit: { perMinute: 30 }, states: ['t'] })
    expect(await ask(one, sms('one-more', '1069t'))).toEqual({
      ...{ id: 'one-more', action: 'throttle', limit: { perMinute: 30 } },
      ...{ states: ['t'], why: ['MARKETING_BURST'] },
    })
    for (const { service } of [one, two])
      expect(await service.metric('sigwatch_blocker_throttles_apart')).toBe(0)

    await redis.stop()
    const alone = await sendMany(100, 'alone', [one])
    // What it let through itself in this minute counts.
    expect(alone.length).toBe(30 - passed.filter(({ id }) => Number(id.split('-')[1]) % 2 === 0).length)
    await until(async () => (await one.service.metric('sigwatch_blocker_throttles_apart')) === 1, 10_000)
    const ready = await one.service.get('/readyz')
    expect([ready.status, ready.body]).toMatchObject([
      200,
      expect.stringContaining('counted by each instance'),
    ])
    expect(one.service.log.map(({ event }) => event)).toContain('throttles_apart')

    redis = await startOwnRedis(Number(new URL(redis.url).port))
    // No message asks Redis meanwhile.
    await until(async () => {
      await sleep(200)
      return (await one.service.metric('sigwatch_blocker_throttles_apart')) === 0
    }, 20_000)
    expect(await sendMany(100, 'back')).not.toHaveLength(100)
    for (const { service } of [one, two]) expect(await service.stop()).toBe(0)
  })

  it('keeps the parts of one SMS together over all blockers, and reports what had gone once', async () => {
    const [one, two] = [await start(), await start()]
    const part = (index: number, ref = 7) => ({ part: { ref, index, count: 2 } })
    await play.state('raised', state('d', { match: { domains: ['evil.example'] } }))
    for (const blocker of [one, two])
      await becomes(blocker, sms(`d-${blocker.address}`, '2', { text: '请登录 evil.example' }), 'block')
    const first = sms('p1', '10690', { text: '请登录 evil.example', ...part(1) })
    expect(await ask(one, first)).toMatchObject({ action: 'block', states: ['d'] })
    const second = sms('p2', '10690', { text: '核实', ...part(2) })
    expect(await ask(two, second)).toMatchObject({ action: 'block', states: ['d'], why: ['FORGED_BRAND'] })
    expect((await ask(two, { ...second, id: 'p3', ...part(2, 8) })).action).not.toBe('block')

    expect((await ask(one, sms('q1', '3', part(1, 9)))).action).not.toBe('block')
    const ids = ['q1', 'q2', 'probe']
    await play.message(ids)
    for (const blocker of [one, two]) await becomes(blocker, sms('probe', '3'), 'block')
    expect((await ask(two, sms('q2', '3', part(2, 9)))).action).toBe('block')
    await until(async () => (await play.enforcements()).some(({ action }) => action === 'missed'), 10_000)
    await play.message(ids)
    await sleep(500)
    const missed = (await play.enforcements()).filter(({ action }) => action === 'missed')
    expect(missed.map(({ messageId }) => messageId)).toEqual(['q1'])
    // A kill forgets nothing of what is shared.
    await two.service.kill()
    expect(await ask(await start(), second)).toMatchObject({ action: 'block', states: ['d'] })
  })

  it('stops the parts that follow a blocked one, in whatever order gateways send them', async () => {
    const blockers = [await start(), await start()]
    await play.state('raised', state('parts', { match: { domains: ['parts.example'] } }))
    for (const blocker of blockers)
      await becomes(blocker, sms('parts', '2', { text: '请登录 parts.example' }), 'block')
    const texts = ['【京东】您好', '请登录 parts.example', '核实']
    const part = (ref: number, index: number, id = `r${ref}-${index}`) =>
      sms(id, '10691', { text: texts[index - 1]!, part: { ref, index, count: 3 } })
    const orders = [
      [1, 2, 3],
      [1, 3, 2],
      [2, 1, 3],
      [2, 3, 1],
      [3, 1, 2],
      [3, 2, 1],
    ]
    const stops = (actions: readonly string[]) => actions.map((action) => action === 'block')
    for (const [i, order] of orders.entries()) {
      const expected = order.map((_, n) => n >= order.indexOf(2))
      // From one gateway to two blockers, one part at a time; the second part is repeated.
      const one: string[] = []
      for (const [n, index] of order.entries())
        one.push((await ask(blockers[n % 2]!, part(100 + i, index))).action)
      expect(stops(one), order.join()).toEqual(expected)
      for (const blocker of blockers)
        for (const index of [2, 1]) expect((await ask(blocker, part(100 + i, index))).action).toBe('block')
      // All at once.
      const { body } = await post(
        blockers[i % 2]!.address,
        order.map((index) => part(200 + i, index)),
      )
      expect(stops((body as Answer[]).map(({ action }) => action)), order.join()).toEqual(expected)
    }
    // A part that is missing holds up nothing; two gateways with the same ref and another recipient are apart.
    expect((await ask(blockers[0]!, part(300, 1))).action).not.toBe('block')
    expect((await ask(blockers[1]!, part(300, 3))).action).not.toBe('block')
    const other = { ...part(100, 1, 'other'), to: '13900005678' }
    expect((await ask(blockers[1]!, other)).action).not.toBe('block')
    for (const { service } of blockers) expect(await service.stop()).toBe(0)
  })

  it('follows topics that were deleted and made again', async () => {
    const client = plainClient(kafka.brokers)
    const blocker = await start()
    const expires = Date.now() + 12_000
    await play.state('raised', state('kept'), 12_000)
    await becomes(blocker, sms('k', '1069kept'), 'block')
    for (const topic of Object.values(play.topics)) await client.recreateTopic(topic)
    // Orders of before hold until they expire.
    const { action } = await ask(blocker, sms('k', '1069kept'))
    expect(action).toBe(Date.now() < expires ? 'block' : 'pass')
    await play.state('raised', state('fresh'))
    await play.state('raised', state('brief'))
    await play.message(['told'])
    await play.verdict('v', 'block', [])
    for (const message of [sms('f', '1069fresh'), sms('told', '1'), sms('v', '1')])
      await becomes(blocker, message, 'block')
    await play.state('cleared', state('brief', { revision: 2 }))
    await becomes(blocker, sms('b', '1069brief'), 'pass')
    await until(async () => {
      await sleep(200)
      return (await ask(blocker, sms('k', '1069kept'))).action === 'pass'
    }, 30_000)
    await until(async () => (await play.enforcements()).some(({ messageId }) => messageId === 'f'), 20_000)
    // A blocker that starts now knows the same.
    const second = await start()
    expect((await ask(second, sms('f2', '1069fresh'))).action).toBe('block')
    expect((await ask(second, sms('b2', '1069brief'))).action).toBe('pass')
    for (const { service } of [blocker, second]) expect(await service.stop()).toBe(0)
  }, 120_000)

  it('answers what has begun when it ends', async () => {
    const blocker = await start()
    const asking = ask(blocker, sms('last', '1069d'))
    const closed = once(blocker.service.child, 'close')
    await asking
    blocker.service.child.kill('SIGTERM')
    expect((await closed)[0]).toBe(0)
  })
})
