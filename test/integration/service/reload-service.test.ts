import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert } from '../../../src/domain/alert.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { ensureBuilt, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

describeWith('kafka', 'reloading a running service', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const POLICY = folder.file('policy.yaml')
  const REGISTRY = folder.file('registry.yaml')
  let client: ReturnType<typeof plainClient>
  let service: Service
  let topics: Awaited<ReturnType<typeof createServiceTopics>>['topics']
  let alerts: Awaited<ReturnType<typeof follow>>
  let verdicts: Awaited<ReturnType<typeof follow>>
  let sent = 0

  beforeAll(async () => {
    ensureBuilt()
    client = plainClient(kafka.brokers)
    const made = await createServiceTopics(client, kafka.brokers)
    topics = made.topics
    writeFileSync(POLICY, 'mode: enforce\n')
    writeFileSync(REGISTRY, 'signatures:\n  - {name: 星河商城, ports: ["10690001*"], scope: [marketing]}\n')
    service = await startService({
      ...made.env,
      SIGWATCH_POLICY: POLICY,
      SIGWATCH_REGISTRY: REGISTRY,
    })
    await service.ready()
    alerts = await follow(client, topics.alerts)
    verdicts = await follow(client, topics.verdicts)
  })
  afterAll(async () => {
    await alerts?.stop()
    await verdicts?.stop()
    await service?.kill()
  })

  /** Forged messages to `count` people: three raise a state on the domain of their link. */
  async function forge(host: string, count = 5): Promise<void> {
    const records = Array.from({ length: count }, () => {
      const n = sent++
      return {
        key: 'k',
        value: JSON.stringify({
          id: `m${n}`,
          ts: Date.now(),
          from: '106911112222',
          to: `1380000${String(n).padStart(4, '0')}`,
          text: `【京东】您的订单异常，请立即登录 http://${host}/a 核实，否则账户将被冻结`,
        }),
      }
    })
    await produceKeyed(client, topics.messages, records)
  }

  const states = (host: string) =>
    alerts
      .values<Alert>()
      .filter(({ data }) => data.state && data.target.id === host && data.reasons[0]!.code === 'FORGED_BRAND')
  const logged = (event: string) => service.log.filter((line) => line.event === event)

  it('ends by a changed policy what it does not bear, with the cause, and without a restart', async () => {
    await forge('jd-verify.top')
    await until(() => states('jd-verify.top').length > 0)
    const before = states('jd-verify.top')[0]!
    expect(before.type).toBe('sigwatch.alert.raised')

    const loads = logged('policy_loaded').length
    writeFileSync(POLICY, 'codes:\n  FORGED_BRAND: {action: none}\n')
    await until(() => states('jd-verify.top').some(({ type }) => type === 'sigwatch.alert.cleared'))
    const cleared = states('jd-verify.top').at(-1)!
    expect(cleared.data.state).toMatchObject({ id: before.data.state!.id, cause: 'policy' })
    expect(logged('policy_loaded')).toHaveLength(loads + 1)

    await forge('jd-second.top')
    await verdicts.count(sent)
    writeFileSync(POLICY, 'mode: enforce\n')
    process.kill(service.child.pid!, 'SIGHUP')
    await until(() => logged('policy_loaded').length === loads + 2)
    await forge('jd-third.top')
    await until(() => states('jd-third.top').length > 0)
    expect(states('jd-second.top')).toEqual([])
    expect(states('jd-third.top')[0]!.data.provenance.policy).toBe(before.data.provenance.policy)
  })

  it('keeps the old policy when the new one is wrong, and goes on', async () => {
    writeFileSync(POLICY, 'mode: enforced\n')
    await until(() => logged('reload_refused').length > 0)
    expect(JSON.stringify(logged('reload_refused')[0])).toContain('policy.yaml:1')
    expect(await service.metric('sigwatch_loads_total{what="policy",outcome="refused"}')).toBe(1)
    const { status, body } = await service.get('/readyz')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ ready: true, reasons: [] })
    expect(JSON.parse(body).notes).toEqual([
      expect.stringMatching(/^policy: a new version is refused.*policy.yaml:1/),
    ])
    await forge('jd-fourth.top')
    await until(() => states('jd-fourth.top').length > 0)
    writeFileSync(POLICY, 'mode: enforce\n')
    await until(async () => (await service.get('/readyz')).body.includes('"notes":[]'))
  })

  it('takes a changed registry, and ends states that it explains', async () => {
    await until(() => states('jd-fourth.top').length > 0)
    const registry = readFileSync(REGISTRY, 'utf8')
    writeFileSync(
      REGISTRY,
      `brands:\n  - {id: other, names: [第四公司], domains: [jd-fourth.top]}\n${registry}`,
    )
    await until(() => states('jd-fourth.top').some(({ type }) => type === 'sigwatch.alert.cleared'))
    expect(states('jd-fourth.top').at(-1)!.data.state!.cause).toBe('registry')
    expect(states('jd-third.top').some(({ type }) => type === 'sigwatch.alert.cleared')).toBe(false)
  })

  it('still stops cleanly', async () => {
    expect(await service.stop()).toBe(0)
  })
})
