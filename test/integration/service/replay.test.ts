import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import type { Report } from '../../../src/offline/replay/report.ts'
import { readJsonl, useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { checkedAlert } from '../../helpers/schema.ts'
import { type Service, startService, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics, produceKeyed, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'
import { simulateTraffic } from '../../helpers/traffic.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const RECORDS = 30_000
const PARTITIONS = 6
const ACTIONS = ['pass', 'observe', 'review', 'throttle', 'block']

/** Policies with one threshold changed, and what that changes: of a code on counts, and of one on messages. */
const POLICIES = {
  burst: 'codes:\n  MARKETING_BURST: {thresholds: {floor1m: 20}}\n',
  fraud: 'codes:\n  TEXT_FRAUD: {thresholds: {minScore: 0.999}}\n',
}

/** An hour of planted traffic that a service has judged from a topic of six partitions, looked back over. */
describeWith(['kafka', 'redis'], 'replay of a planted hour', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let env: Record<string, string>
  let service: Service
  let written: readonly Verdict[]

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: PARTITIONS })
    const traffic = await simulateTraffic(folder.path, RECORDS)
    await produceKeyed(client, at.topics.messages, traffic.records)
    env = {
      ...at.env,
      SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
      SIGWATCH_REGISTRY: traffic.registry,
      SIGWATCH_ALERTS_MAX_AGE: '0',
      SIGWATCH_REDIS_BUDGET: '10s',
    }
    service = await startService({ ...env, REDIS_URL: redis.url })
    await service.ready(180_000)
    await until(
      async () => {
        const committed = await client.committed(at.groupId, at.topics.messages)
        return committed.reduce((sum, n) => sum + Math.max(0, n), 0) >= RECORDS
      },
      200_000,
      () => service.stderr.slice(-2_000),
    )
    expect(await service.stop()).toBe(0)
    written = (await client.readAll(at.topics.verdicts)).map(
      ({ value }) => JSON.parse(value!.toString()) as Verdict,
    )
  }, 300_000)
  afterAll(async () => {
    await service?.kill()
    await redis?.stop()
  })

  /** Without Redis: what it cannot reach, it cannot touch. */
  async function replayed(...args: readonly string[]): Promise<Report> {
    const { code, stdout, stderr } = await warmSigwatch(['replay', '--source', 'kafka', '--json', ...args], {
      env,
      cwd: folder.path,
    })
    if (code !== 0) throw new Error(`replay ended with ${code}:\n${stderr}`)
    return JSON.parse(stdout) as Report
  }
  const policyFile = (name: keyof typeof POLICIES) => {
    writeFileSync(folder.file(`${name}.yaml`), POLICIES[name])
    return folder.file(`${name}.yaml`)
  }
  /** The report with the verdicts that it counted, which must be what a recount of both lists of verdicts gives. */
  async function recounted(name: keyof typeof POLICIES): Promise<Report> {
    const verdicts = folder.file(`${name}.jsonl`)
    const against = ['--against', 'kafka', '--policy', policyFile(name), '--verdicts', verdicts]
    const report = await replayed(...against)
    const expected = recount(written, readJsonl<Verdict>(verdicts))
    const { compared, changed, newly, released, states } = report
    expect({ compared, changed, newly, released, states }).toEqual({ ...expected, byCode: undefined })
    // The codes of states are in no reason: the recount knows only the others.
    const { MARKETING_BURST: _, ...byCode } = report.byCode
    expect(byCode).toEqual(expected.byCode)
    return report
  }

  it('differs in nothing under the same versions', async () => {
    const report = await replayed('--against', 'kafka')
    expect(report.changed, JSON.stringify(report.examples)).toBe(0)
    expect(report.records).toBe(RECORDS)
    expect(report.compared).toBe(written.length)
    expect(report.compared + report.deadLetters).toBe(RECORDS)
    expect(report.states).toEqual({ raised: [], released: [] })
    // There was something to differ in.
    expect(written.filter(({ states }) => states.length > 0).length).toBeGreaterThan(300)
  }, 200_000)

  it('differs under another threshold of a burst in exactly what a recount gives', async () => {
    const report = await recounted('burst')
    expect(report.changed).toBeGreaterThan(0)
    expect(report.newly.review + report.newly.throttle + report.newly.block).toBeGreaterThan(0)
    expect(report.byCode.MARKETING_BURST).toBeDefined()
  }, 200_000)

  it('differs under another threshold of the text model in exactly what a recount gives', async () => {
    const report = await recounted('fraud')
    expect(report.byCode.TEXT_FRAUD?.released).toBeGreaterThan(0)
    expect(report.byCode.TEXT_FRAUD?.raised).toBe(0)
  }, 200_000)

  it('judges a range with a warm-up that is not compared', async () => {
    const [end] = (await client.readAll(at.topics.messages))
      .filter(({ partition }) => partition === 2)
      .slice(-1)
    const last = end!.offset
    const report = await replayed('--against', 'kafka', '--offsets', `2:${last - 499}-${last}`)
    expect(report.records).toBe(500)
    expect(report.changed, JSON.stringify(report.examples)).toBe(0)
  }, 200_000)

  it('publishes only to the given topic, under its own source, and commits nothing', async () => {
    const topic = await client.createTopic({}, uniqueName('replayed'))
    const before = await client.readAll(at.topics.alerts)
    await replayed('--policy', policyFile('burst'), '--publish', topic)
    const alerts = (await client.readAll(topic)).map(({ value }) =>
      checkedAlert(JSON.parse(value!.toString()) as Alert),
    )
    expect(alerts.length).toBeGreaterThan(100)
    expect(new Set(alerts.map(({ source }) => source))).toEqual(new Set([`/sigwatch/${at.groupId}/replay`]))
    expect(await client.readAll(at.topics.alerts)).toHaveLength(before.length)
    expect((await client.committed(at.groupId, at.topics.messages)).reduce((a, b) => a + b, 0)).toBe(RECORDS)

    const refused = await warmSigwatch(['replay', '--source', 'kafka', '--publish', at.topics.alerts], {
      env,
    })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('is the topic alerts of the configuration')
  }, 200_000)
})

/** Small topics that a service reads in one go: its watermark says of a time what it said before the first batch. */
describeWith('kafka', 'replay of states that end and come back', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const AT = Date.UTC(2026, 10, 11, 2)
  const MINUTE = 60_000
  const record = (id: string, ts: number, over: object) => ({
    key: 'one',
    value: JSON.stringify({ id, ts, from: '10690000001', to: '13900000001', ...over }),
  })
  const otp = (id: string, ts: number) =>
    record(id, ts, { to: '13800005678', text: '【京东】您的验证码是384920，5分钟内有效，请勿泄露。' })
  const between = (minute: number, n: number) =>
    Array.from({ length: n }, (_, i) =>
      record(`n${minute}-${i}`, AT + minute * MINUTE + i * 1_000, { text: `【京东】您的订单${i}已发货。` }),
    )
  const flood = (minute: number) =>
    Array.from({ length: 12 }, (_, i) => otp(`f${minute}-${i}`, AT + minute * MINUTE + i * 500))

  it('judges what comes late, of the time between, as the service did', async () => {
    const client = plainClient(kafka.brokers)
    const at = await createServiceTopics(client, kafka.brokers)
    // A flood, silence for longer than it is held, a flood again, and late records of the silence.
    const records = [
      ...flood(0),
      ...between(1, 20),
      ...between(14, 20),
      ...flood(16),
      ...Array.from({ length: 4 }, (_, i) => otp(`late-${i}`, AT + 13 * MINUTE + i)),
      ...between(17, 20),
    ]
    await produceKeyed(client, at.topics.messages, records)
    const env = { ...at.env, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY, SIGWATCH_ALERTS_MAX_AGE: '0' }
    const service = await startService(env)
    await service.ready()
    await until(
      async () => (await client.committed(at.groupId, at.topics.messages))[0] === records.length,
      60_000,
    )
    expect(await service.stop()).toBe(0)
    const verdicts = (await client.readAll(at.topics.verdicts)).map(
      ({ value }) => JSON.parse(value!.toString()) as Verdict,
    )
    const withStates = (prefix: string) =>
      verdicts.filter(({ id, states }) => id.startsWith(prefix) && states.length > 0).length
    // After its end a state holds for nothing until it is raised again.
    expect(['f0-', 'f16-'].map((prefix) => withStates(prefix) > 0)).toEqual([true, true])
    expect(['late-', 'n'].map(withStates)).toEqual([0, 0])

    const { code, stdout, stderr } = await warmSigwatch(
      ['replay', '--source', 'kafka', '--against', 'kafka', '--json'],
      { env, cwd: folder.path },
    )
    expect(code, stderr).toBe(0)
    const { compared, changed, examples } = JSON.parse(stdout) as Report
    expect([compared, changed], JSON.stringify(examples)).toEqual([records.length, 0])

    const later = ['--from', new Date(Date.now() + MINUTE).toISOString(), '--fail-on', 'newly.block > 0']
    for (const against of [['--against', 'kafka'], []]) {
      const args = ['replay', '--source', 'kafka', '--json', ...against, ...later]
      const empty = await warmSigwatch(args, { env, cwd: folder.path })
      expect(empty.code, empty.stderr).toBe(0)
      expect(empty.stderr).toContain('nothing was compared: the range has no records')
      expect(JSON.parse(empty.stdout)).toMatchObject({ records: 0, compared: 0 })
    }
    const beyond = ['replay', '--source', 'kafka', '--offsets', '0:100000-100001']
    expect(await warmSigwatch(beyond, { env, cwd: folder.path })).toMatchObject({ code: 2 })
  }, 180_000)
})

/** Counts the differences with nothing but the two lists of verdicts. */
function recount(was: readonly Verdict[], is: readonly Verdict[]) {
  const before = new Map(was.map((verdict) => [verdict.id, verdict]))
  const none = () => ({ block: 0, throttle: 0, review: 0, observe: 0 })
  const newly: Record<string, number> = none()
  const released: Record<string, number> = none()
  const byCode: Record<string, { raised: number; released: number }> = {}
  let changed = 0
  for (const now of is) {
    const then = before.get(now.id)!
    const step = ACTIONS.indexOf(now.action) - ACTIONS.indexOf(then.action)
    if (step > 0) newly[now.action]!++
    if (step < 0) released[then.action]!++
    for (const code of new Set([...now.reasons, ...then.reasons])) {
      const [has, had] = [now.reasons.includes(code), then.reasons.includes(code)]
      if (has === had) continue
      byCode[code] ??= { raised: 0, released: 0 }
      byCode[code][has ? 'raised' : 'released']++
    }
    if (said(now) !== said(then)) changed++
  }
  const statesOf = (verdicts: readonly Verdict[]) => new Set(verdicts.flatMap(({ states }) => states))
  const only = (a: Set<string>, b: Set<string>) => [...a].filter((id) => !b.has(id)).sort()
  const states = { raised: only(statesOf(is), statesOf(was)), released: only(statesOf(was), statesOf(is)) }
  return { compared: is.length, changed, newly, released, byCode, states }
}

function said({ action, label, reasons, states }: Verdict): string {
  return JSON.stringify([action, label, [...reasons].sort(), [...states].sort()])
}
