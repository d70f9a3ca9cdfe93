import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { startOwnRedis, startRedisCluster } from '../../helpers/redis-server.ts'
import { checkedAlert, checkedVerdict } from '../../helpers/schema.ts'
import { type Environment, type Service, startService, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'

/** The service on other ground than one Kafka and one Redis with every topic there. */
describeWith(['kafka', 'redis'], 'the service with', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const services: Service[] = []
  const stops: (() => Promise<void>)[] = []
  let client: ReturnType<typeof plainClient>
  let sent = 0

  beforeAll(() => {
    client = plainClient(kafka.brokers)
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    await Promise.all(stops.map((stop) => stop()))
  })

  const start = async (env: Environment) => {
    const service = await startService(env)
    services.push(service)
    return service
  }
  const wave = (prefix: string, count = 3) =>
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        id: `${prefix}-${i}`,
        ts: Date.now(),
        from: '1068110001',
        to: recipient(20_000 + sent++),
        text: FORGED,
      }),
    )
  const read = async <T>(topic: string) =>
    (await client.readAll(topic)).map(({ value }) => JSON.parse(value!.toString()) as T)
  const verdicts = async (topic: string) => (await read<Verdict>(topic)).map(checkedVerdict)
  const alerts = async (topic: string) => (await read<Alert>(topic)).map(checkedAlert)

  it('a Redis Cluster of three masters', async () => {
    const cluster = await startRedisCluster()
    stops.push(cluster.stop)
    const at = await createServiceTopics(client, kafka.brokers, { partitions: 3 })
    const service = await start({
      ...at.env,
      SIGWATCH_REDIS_NODES: cluster.nodes.join(','),
      SIGWATCH_REDIS_BUDGET: '5s',
    })
    await service.ready()
    await client.produce(at.topics.messages, wave('cluster'), { keys: ['a', 'b', 'c'] })
    await until(async () => (await verdicts(at.topics.verdicts)).length === 3)
    expect((await verdicts(at.topics.verdicts)).some((v) => v.degraded)).toBe(false)
    await until(async () =>
      (await alerts(at.topics.alerts)).some((alert) => alert.subject === 'domain:tuikuan-kf88.top'),
    )
    expect(await service.stop()).toBe(0)
  })

  it('no Redis: it says so, and works', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await start(at.env)
    await service.ready()
    await client.produce(at.topics.messages, wave('memory'))
    await until(async () =>
      (await alerts(at.topics.alerts)).some((alert) => alert.subject === 'domain:tuikuan-kf88.top'),
    )
    expect(
      service.log.some((line) => line.level === 'warn' && /no Redis/.test(String(line.message ?? line.msg))),
    ).toBe(true)
    expect(await service.stop()).toBe(0)
  })

  it('no side topics: each is warned about once, and off; a missing output topic is an end', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const { SIGWATCH_KAFKA_TOPICS_REGISTRY: _, ...env } = { ...at.env }
    const named = { ...env, SIGWATCH_KAFKA_TOPICS_REGISTRY: uniqueName('not-there') }
    const service = await start(named)
    await service.ready()
    expect(
      service.log.filter((line) => line.level === 'warn' && /not-there/.test(JSON.stringify(line))),
    ).toHaveLength(1)
    await client.produce(at.topics.messages, wave('sides', 1))
    await until(async () => (await verdicts(at.topics.verdicts)).length === 1)
    expect(await service.stop()).toBe(0)

    const missing = uniqueName('no-alerts')
    const refused = await warmSigwatch(['run'], {
      env: {
        ...at.env,
        SIGWATCH_KAFKA_TOPICS_ALERTS: missing,
        SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
        SIGWATCH_HTTP_PORT: '0',
      },
    })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain(missing)
    expect(refused.stderr).toMatch(/createTopics/)
  })

  it('topics that it makes itself, and records of `simulate --out kafka`', async () => {
    const redis = await startOwnRedis()
    stops.push(redis.stop)
    const prefix = uniqueName('made')
    const uses = ['messages', 'alerts', 'deadLetters', 'verdicts']
    const variable = (use: string) => `SIGWATCH_KAFKA_TOPICS_${use.replace(/[A-Z]/g, '_$&').toUpperCase()}`
    const env = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      REDIS_URL: redis.url,
      SIGWATCH_REDIS_BUDGET: '5s',
      SIGWATCH_DEPLOYMENT: prefix,
      SIGWATCH_KAFKA_GROUP_ID: prefix,
      SIGWATCH_KAFKA_CREATE_TOPICS: 'true',
      ...Object.fromEntries(uses.map((use) => [variable(use), `${prefix}.${use}`])),
      ...Object.fromEntries(
        ['registry', 'consents', 'replies', 'complaints', 'feedback'].map((use) => [variable(use), 'null']),
      ),
    }
    const service = await start(env)
    await service.ready()
    const args = [
      'simulate',
      '--minutes',
      '2',
      '--rate',
      '20',
      '--start',
      String(Date.now() - 600_000),
      '--out',
      'kafka',
    ]
    const { code, stderr } = await warmSigwatch(args, { env, cwd: folder.path })
    expect(code, stderr).toBe(0)
    const records = Number(/^(\d+) records/m.exec(stderr)![1])
    const topic = (use: string) => `${prefix}.${use}`
    await until(
      async () => {
        const [judged, letters] = [
          await verdicts(topic('verdicts')),
          await client.readAll(topic('deadLetters')),
        ]
        return judged.length + letters.length >= records
      },
      60_000,
      () => `not all ${records} are settled`,
    )
    expect(await service.stop()).toBe(0)
  })

  it('records of `simulate --live`: alerts come at once, enforced and not late', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await start(at.env)
    await service.ready()
    const live = ['simulate', '--live', '--minutes', '0.5', '--rate', '5', '--out', 'kafka']
    const { code, stderr } = await warmSigwatch(live, { env: at.env, cwd: folder.path })
    expect(code, stderr).toBe(0)
    await until(async () => (await alerts(at.topics.alerts)).length > 0)
    const raised = await alerts(at.topics.alerts)
    const forged = raised.filter(({ data }) => data.reasons.some((reason) => reason.code === 'FORGED_BRAND'))
    expect(forged.length).toBeGreaterThan(0)
    for (const { data } of raised) {
      expect(data.mode).toBe('enforce')
      expect(data.late).toBeUndefined()
    }
    expect(await service.stop()).toBe(0)
  })

  it('side topics that are made later: read from then on, without a restart', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const named = (use: string) => uniqueName(`later-${use}`)
    const [registry, consents] = [named('registry'), named('consents')]
    const service = await start({
      ...at.env,
      SIGWATCH_KAFKA_TOPICS_REGISTRY: registry,
      SIGWATCH_KAFKA_TOPICS_CONSENTS: consents,
    })
    await service.ready()
    const row = { kind: 'signature', name: '后来超市', ports: ['1069777*'] }
    const to = recipient(30_000)
    const refusal = { signature: '后来超市', to, state: 'out', ts: Date.now() - 60_000 }
    for (const [topic, key, value] of [
      [registry, 'signature:后来超市', row],
      [consents, `后来超市|${to}`, refusal],
    ] as const) {
      await client.createTopic({ config: { 'cleanup.policy': 'compact' } }, topic)
      await client.produce(topic, [JSON.stringify(value)], { keys: [key] })
    }
    const found = () =>
      service.log.filter(({ event }) => event === 'topic_found').map(({ topic }) => String(topic))
    await until(
      () => found().length === 2,
      60_000,
      () => `found: ${found()}`,
    )
    expect(found().toSorted()).toEqual([consents, registry].toSorted())
    let n = 0
    const codesOf = (verdict: Verdict) => verdict.reasons
    await until(
      async () => {
        const sms = { id: `late-${n++}`, ts: Date.now(), from: '1068110001', to }
        const text = '【后来超市】全场5折起，满300减50，速抢！退订回T'
        await client.produce(at.topics.messages, [JSON.stringify({ ...sms, text })])
        await sleep(500)
        const codes = (await verdicts(at.topics.verdicts)).flatMap(codesOf)
        return codes.includes('AFTER_OPT_OUT') && codes.includes('SIGNATURE_WRONG_PORT')
      },
      60_000,
      () => service.stderr.slice(-2_000),
    )
    expect(await service.stop()).toBe(0)
  })

  it('startFrom latest: what was there before is left alone', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    await client.produce(at.topics.messages, wave('past'))
    const service = await start({ ...at.env, SIGWATCH_KAFKA_START_FROM: 'latest' })
    await service.ready()
    await client.produce(at.topics.messages, wave('present', 1))
    await until(async () => (await verdicts(at.topics.verdicts)).length > 0)
    expect((await verdicts(at.topics.verdicts)).map((v) => v.id)).toEqual(['present-0'])
    expect(await service.stop()).toBe(0)
  })

  it('a SIGTERM before it is ready: it ends at once', async () => {
    const at = await createServiceTopics(client, kafka.brokers, { side: ['registry', 'consents'] })
    const service = await start(at.env)
    await until(() => service.log.some((line) => line.event === 'registry_loaded'))
    const began = Date.now()
    await service.stop()
    expect(Date.now() - began).toBeLessThan(20_000)
    expect(service.stderr).not.toMatch(/not drained|INTERNAL/)
  })
})
