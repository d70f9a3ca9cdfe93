import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { checkedAlert, checkedVerdict } from '../helpers/schema.ts'
import { sigwatch, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'

/** Records of the traffic that goes both ways, and the seed that makes them. */
const RECORDS = 30_000
const SEED = 5
/** How far apart in event time the two may raise a state, ms. */
const SKEW = 180_000

describeWith(['kafka', 'redis'], 'the service on Kafka and Redis', () => {
  const kafka = useKafka()
  let redis: RedisServer
  let folder: string
  beforeAll(async () => {
    redis = await startOwnRedis()
    folder = await mkdtemp(join(tmpdir(), 'sigwatch-service-'))
  })
  afterAll(async () => {
    await redis?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('turns one forged message into an alert, a verdict and no dead letter, and garbage into a dead letter', async () => {
    const client = plainClient(kafka.brokers)
    const { topics, env } = await createServiceTopics(client, kafka.brokers)
    const service = await (
      await startService({ ...env, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s' })
    ).ready()
    const alerts = await follow(client, topics.alerts)
    const verdicts = await follow(client, topics.verdicts)
    const letters = await follow(client, topics.deadLetters)
    const text = '【京东】您的订单支付异常已被冻结，请登录 jd-tuikuan8.top 填写银行卡办理退款'
    const record = {
      id: 'one.1',
      ts: Date.now(),
      from: '10681234567890',
      to: '13912345678',
      text,
      ext: { route: 'a' },
    }
    const garbage = Buffer.from([0xff, 0xfe, 0x00, 0x01])
    await produceKeyed(client, topics.messages, [
      { key: 'a', value: JSON.stringify(record) },
      { key: 'a', value: garbage },
    ])
    await Promise.all([alerts.count(1), verdicts.count(1), letters.count(1)])

    const [sent] = alerts.records
    const alert = checkedAlert(JSON.parse(sent!.value!.toString()))
    expect(alert.data).toMatchObject({
      action: 'block',
      mode: 'enforce',
      target: { kind: 'message', id: 'one.1' },
    })
    expect(alert.data.reasons.map((r) => r.code)).toContain('FORGED_BRAND')
    expect(alert.data.message).toMatchObject({ to: '139****5678', ext: { route: 'a' } })
    expect(sent!.key).toBe('message:one.1')
    expect(sent!.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      ce_id: alert.id,
      ce_type: 'sigwatch.alert.raised',
      ce_source: alert.source,
      'sigwatch-action': 'block',
    })
    expect(checkedVerdict(verdicts.values()[0])).toMatchObject({
      id: 'one.1',
      action: 'block',
      ext: { route: 'a' },
    })
    const [letter] = letters.records
    expect(letter!.value).toEqual(garbage)
    expect(letter!.headers).toMatchObject({
      'sigwatch-error': 'RECORD_NOT_UTF8',
      'sigwatch-stage': 'decode',
      'sigwatch-topic': topics.messages,
      'sigwatch-partition': '0',
      'sigwatch-offset': '1',
    })
    expect(service.stderr).not.toContain('13912345678')
    expect(await service.stop()).toBe(0)
    await Promise.all([alerts.stop(), verdicts.stop(), letters.stop()])
  })

  it('says the same as the embedded mode, with two instances of which one is killed half-way', async () => {
    const simulation = simulate({ scenario: 'double-eleven-hour', seed: SEED, minutes: 45, rate: 8 })
    const records = [...simulation.minutes()].flat().slice(0, RECORDS)
    const file = join(folder, 'messages.jsonl')
    const output = (name: string) => join(folder, `${name}.jsonl`)
    await writeFile(
      file,
      Buffer.concat(records.flatMap((r) => [Buffer.from(r.value as string), Buffer.from('\n')])),
    )
    const client = plainClient(kafka.brokers)
    const { topics, env: own } = await createServiceTopics(client, kafka.brokers, { partitions: 6 })
    const ran = await sigwatch(
      [
        ...[
          'run',
          '--source',
          file,
          '--now',
          new Date(simulation.end).toISOString(),
          '--alerts',
          output('alerts'),
        ],
        ...['--verdicts', output('verdicts'), '--dead-letters', output('letters')],
      ],
      { env: { SIGWATCH_DEPLOYMENT: own.SIGWATCH_DEPLOYMENT!, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY } },
    )
    expect(ran.code).toBe(0)
    const lines = async <T>(name: string) =>
      (await readFile(output(name), 'utf8'))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T)
    const expected = { alerts: await lines<Alert>('alerts'), verdicts: await lines<Verdict>('verdicts') }

    const env = { ...own, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s', SIGWATCH_ALERTS_MAX_AGE: '0' }
    const alerts = await follow(client, topics.alerts)
    const verdicts = await follow(client, topics.verdicts)
    const letters = await follow(client, topics.deadLetters)
    await produceKeyed(client, topics.messages, records)
    const survivor = await startService(env)
    const victim = await startService(env)
    await until(
      () => verdicts.records.length > RECORDS / 5,
      120_000,
      () => `${verdicts.records.length} verdicts before the kill\n${survivor.stderr.slice(-2_000)}`,
    )
    await victim.kill()
    const replacement = await startService(env)
    const ids = <T extends { id: string }>(values: readonly T[]) => new Set(values.map((v) => v.id))
    const answered = () => {
      // Each look reads everything: only when there may be enough.
      if (verdicts.records.length + letters.records.length < records.length) return 0
      const places = letters.records.map(
        ({ headers: h }) => `${h['sigwatch-partition']}/${h['sigwatch-offset']}`,
      )
      return ids(verdicts.values<Verdict>()).size + new Set(places).size
    }
    await until(
      () => answered() >= records.length,
      180_000,
      () => `${answered()} of ${records.length} answered\n${survivor.stderr.slice(-2_000)}`,
    )

    expect([...ids(verdicts.values<Verdict>())].sort()).toEqual([...ids(expected.verdicts)].sort())
    const messageAlerts = (all: readonly Alert[]) =>
      [...ids(all.filter((a) => a.data.target.kind === 'message'))].sort()
    const seen = alerts.values<Alert>().map(checkedAlert)
    expect(messageAlerts(seen)).toEqual(messageAlerts(expected.alerts))

    const raised = (all: readonly Alert[]) =>
      all.filter((a) => a.type === 'sigwatch.alert.raised' && a.data.target.kind !== 'message')
    const name = (a: Alert) =>
      `${a.data.reasons[0]!.code} ${a.data.target.kind} ${a.data.target.kind === 'campaign' ? '' : a.data.target.id}`
    const first = (all: readonly Alert[]) => {
      const times = new Map<string, number>()
      for (const a of raised(all))
        times.set(name(a), Math.min(times.get(name(a)) ?? Number.POSITIVE_INFINITY, Date.parse(a.time)))
      return times
    }
    const [here, there] = [first(expected.alerts), first(seen)]
    expect([...there.keys()].sort()).toEqual([...here.keys()].sort())
    // Two instances read a backlog at their own speeds, and one of them died: a count may cross its limit a little later.
    for (const [state, time] of here) {
      expect(Math.abs(there.get(state)! - time), state).toBeLessThanOrEqual(SKEW)
    }
    expect(await survivor.stop()).toBe(0)
    expect(await replacement.stop()).toBe(0)
    await Promise.all([alerts.stop(), verdicts.stop(), letters.stop()])
  })
})
