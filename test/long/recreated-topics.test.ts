import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Alert, Block, Verdict } from '../../src/domain/alert.ts'
import { type Answer, DECIDE_TOKENS, post } from '../helpers/blocking-play.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startCommand, startService } from '../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

describeWith(['kafka', 'redis'], 'topics that are deleted and made again under a running service', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let service: Service
  let blocker: Service
  let address = ''

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { side: ['feedback', 'feedbackResults'] })
    const env = { ...at.env, REDIS_URL: redis.url }
    const more = { SIGWATCH_HTTP_TOKENS: DECIDE_TOKENS, SIGWATCH_BLOCKER_LISTEN: '127.0.0.1:0' }
    service = await startService(env)
    blocker = await startCommand(['blocker'], { ...env, ...more })
    await Promise.all([service.ready(120_000), blocker.ready()])
    address = /decisions are made at (\S+)/.exec(blocker.stderr)![1]!
  }, 180_000)
  afterAll(async () => {
    await blocker?.kill()
    await service?.kill()
    await redis?.stop()
  })

  const order = async (command: 'block' | 'unblock', domain: string) => {
    const args = [command, `domain:${domain}`, '--by', 'ann', '--wait', '30s']
    const more = command === 'block' ? ['--until', '2h', '--why', 'x'] : []
    const { code, stderr } = await warmSigwatch([...args, ...more], {
      env: { ...at.env, REDIS_URL: redis.url },
    })
    expect(code, `${command} ${domain}: ${stderr}\n${service.stderr.slice(-2_000)}`).toBe(0)
  }
  const values = async <T>(topic: string) =>
    (await client.readAll(topic)).flatMap(({ value }) => (value ? [JSON.parse(String(value)) as T] : []))
  const becomes = (domain: string, action: string) =>
    until(
      async () => {
        await sleep(100)
        const sms = { id: 'm', from: '1', to: '13800005678', text: `请登录 ${domain} 核实` }
        return ((await post(address, sms)).body as unknown as Answer).action === action
      },
      20_000,
      () => `${domain} does not become ${action}\n${blocker.stderr.slice(-2_000)}`,
    )
  let sent = 0
  /** A message gets its verdict. */
  const judged = async () => {
    const id = `m${++sent}`
    const sms = { id, ts: Date.now(), from: '10690007', to: '13900000001', text: '您好' }
    await client.produce(at.topics.messages, [JSON.stringify(sms)])
    await until(
      async () => (await values<Verdict>(at.topics.verdicts)).some((verdict) => verdict.id === id),
      30_000,
      () => `no verdict on ${id}\n${service.stderr.slice(-3_000)}`,
    )
  }

  it('outputs: new events go to the new topics, and orders of before end', async () => {
    await order('block', 'before.top')
    await becomes('before.top', 'block')
    await judged()
    for (const name of ['alerts', 'blocks', 'verdicts', 'deadLetters'] as const)
      await client.recreateTopic(at.topics[name])
    await judged()
    await order('block', 'after.top')
    await becomes('after.top', 'block')
    await becomes('before.top', 'block')
    await order('unblock', 'before.top')
    await becomes('before.top', 'pass')
    const alerts = await values<Alert>(at.topics.alerts)
    expect(alerts.map(({ type, subject }) => `${type} ${subject}`)).toEqual([
      'sigwatch.alert.raised domain:after.top',
      'sigwatch.alert.cleared domain:before.top',
    ])
    expect((await values<Block>(at.topics.blocks)).map(({ match }) => match)).toEqual([
      { domains: ['after.top'] },
    ])
    await client.produce(at.topics.messages, ['{"no": "record"}'])
    await until(async () => (await client.readAll(at.topics.deadLetters)).length === 1, 20_000)
    expect((await service.get('/readyz')).status).toBe(200)
  }, 120_000)

  it('inputs: the new topics are read from their start', async () => {
    for (const name of ['messages', 'feedback', 'feedbackResults'] as const)
      await client.recreateTopic(at.topics[name])
    await judged()
    await order('block', 'inputs.top')
    await becomes('inputs.top', 'block')
    await order('unblock', 'inputs.top')
    await becomes('inputs.top', 'pass')
    expect((await service.get('/readyz')).status).toBe(200)
    expect(await service.stop()).toBe(0)
  }, 120_000)
})

describeWith(['kafka', 'redis'], 'outputs that are made again under delivery exactly once', () => {
  const kafka = useKafka()

  it('have each record that came since then once', async () => {
    const client = plainClient(kafka.brokers)
    const redis = await startOwnRedis()
    const at = await createServiceTopics(client, kafka.brokers, { partitions: 2, verdictPartitions: 3 })
    const service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_DELIVERY: 'exactly-once',
    })
    onTestFinished(async () => {
      await service.kill()
      await redis.stop()
    })
    await service.ready(120_000)
    let sent = 0
    let isSending = true
    const feeding = (async () => {
      for (; isSending; await sleep(20)) {
        const sms = Array.from({ length: 10 }, () => ({
          ...{ id: `m${sent}`, ts: Date.now(), from: '10690007', to: '13900000001' },
          // Some become dead letters.
          text: sent++ % 10 === 3 ? '' : '您好',
        }))
        await client.produce(
          at.topics.messages,
          sms.map((one) => JSON.stringify(one)),
        )
      }
    })()
    const committed = async () =>
      (await client.committed(at.groupId, at.topics.messages)).reduce((sum, n) => sum + Math.max(0, n), 0)
    await until(async () => (await committed()) > 100, 30_000)
    for (const name of ['verdicts', 'deadLetters', 'alerts'] as const)
      await client.recreateTopic(at.topics[name])
    const since = sent
    const [verdicts, letters] = await Promise.all(
      [at.topics.verdicts, at.topics.deadLetters].map((topic) => follow(client, topic)),
    )
    await until(() => sent > since + 300, 30_000)
    isSending = false
    await feeding
    const ids = () =>
      [verdicts!, letters!].flatMap((topic) => topic.values<{ readonly id: string }>()).map(({ id }) => id)
    const expected = Array.from({ length: sent - since }, (_, n) => `m${since + n}`)
    await until(
      () => {
        const seen = new Set(ids())
        return expected.every((id) => seen.has(id))
      },
      30_000,
      () => `${ids().length} of ${expected.length}\n${service.stderr.slice(-2_000)}`,
    )
    await until(async () => (await committed()) === sent, 30_000)
    expect(ids()).toHaveLength(new Set(ids()).size)
    expect((await service.get('/readyz')).status).toBe(200)
    expect(await service.stop()).toBe(0)
    await Promise.all([verdicts!.stop(), letters!.stop()])
  }, 180_000)
})
