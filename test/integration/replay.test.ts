import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Report } from '../../src/replay/report.ts'
import { readJsonl, useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { checkedAlert } from '../helpers/schema.ts'
import { type Service, sigwatch, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics, produceKeyed, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../helpers/services.ts'
import { simulateTraffic } from '../helpers/traffic.ts'

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
    const { code, stdout, stderr } = await sigwatch(['replay', '--source', 'kafka', '--json', ...args], {
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

  it('publishes only where it is told to, under a source of its own, and commits nothing', async () => {
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

    const refused = await sigwatch(['replay', '--source', 'kafka', '--publish', at.topics.alerts], { env })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('is the topic alerts of the configuration')
  }, 200_000)
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
