import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { REGISTRY, recipient } from '../behaviour/fixtures/registry.ts'
import { useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { checkedAlert, checkedVerdict } from '../helpers/schema.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith } from '../helpers/services.ts'

const NOTICE = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'

/** Servers that go away under a running service, and come back. */
describeWith(['kafka', 'redis'], 'outages', () => {
  const folder = useFolder()
  let kafka: OwnKafkaBroker
  let redis: RedisServer & { readonly process: { kill(signal: NodeJS.Signals): boolean } }
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let service: Service
  let sent = 0

  const sms = (id: string, more: object = {}) => ({
    id,
    ts: Date.now(),
    from: '10690200001',
    to: recipient(9_000 + sent++),
    text: NOTICE,
    ...more,
  })
  const send = (...records: readonly object[]) =>
    client.produce(
      at.topics.messages,
      records.map((record) => JSON.stringify(record)),
    )
  const verdicts = async () =>
    (await client.readAll(at.topics.verdicts)).map(({ value }) =>
      checkedVerdict(JSON.parse(value!.toString())),
    )
  const verdict = async (id: string, within = 60_000): Promise<Verdict> => {
    let found: Verdict | undefined
    await until(
      async () => {
        found = (await verdicts()).find((v) => v.id === id)
        return found !== undefined
      },
      within,
      () => `no verdict on ${id}\n${service.stderr.slice(-2_000)}`,
    )
    return found!
  }
  /** It goes to another topic than the verdict, and may be there later. */
  const alert = async (subject: string): Promise<Alert> => {
    let found: Alert | undefined
    await until(
      async () => {
        const records = await client.readAll(at.topics.alerts)
        found = records
          .map(({ value }) => checkedAlert(JSON.parse(value!.toString())))
          .find((one) => one.subject === subject)
        return found !== undefined
      },
      60_000,
      () => `no alert on ${subject}\n${service.stderr.slice(-2_000)}`,
    )
    return found!
  }
  const said = (event: string) =>
    until(
      () => service.log.some((line) => line.event === event),
      60_000,
      () => `no ${event}\n${service.stderr.slice(-2_000)}`,
    )
  const isReady = async () => (await service.get('/readyz')).status === 200

  beforeAll(async () => {
    const rows = [
      ...REGISTRY.signatures.map((row) => ({ kind: 'signature', ...row })),
      ...REGISTRY.brands.map((row) => ({ kind: 'brand', ...row })),
    ]
    writeJsonl(folder.file('registry.jsonl'), rows)
    kafka = await startOwnKafka()
    redis = await startOwnRedis()
    client = plainClient(kafka.brokers)
    at = await createServiceTopics(client, kafka.brokers)
    service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REGISTRY: folder.file('registry.jsonl'),
      SIGWATCH_REDIS_BUDGET: '500ms',
    })
    await service.ready()
  }, 180_000)

  afterAll(async () => {
    await service?.stop()
    await redis?.stop()
    await kafka?.stop()
  }, 60_000)

  it('goes on without Redis, degraded and not ready, and is well when it is back', async () => {
    await send(sms('before'))
    expect((await verdict('before')).degraded).toBeUndefined()

    redis.process.kill('SIGSTOP')
    await send(sms('without', { text: FORGED, from: '1068110001' }))
    const without = await verdict('without')
    expect(without).toMatchObject({ degraded: true, action: 'block' })
    expect(without.reasons).toContain('FORGED_BRAND')
    expect((await alert('message:without')).data.degraded).toBe(true)
    // More of the same, until the circuit has opened.
    await until(async () => {
      await send(sms(`more-${sent}`))
      return !(await isReady())
    }, 60_000)
    const { status, body } = await service.get('/readyz')
    expect(status).toBe(503)
    expect(body).toMatch(/redis/i)
    expect((await service.get('/healthz')).status).toBe(200)

    redis.process.kill('SIGCONT')
    let after: Verdict | undefined
    await until(async () => {
      const id = `after-${sent}`
      await send(sms(id))
      after = await verdict(id)
      return after.degraded === undefined
    }, 60_000)
    await until(isReady, 60_000)
    await said('features_degraded')
    await said('features_recovered')
  })

  it('outlasts a broker that is killed: nothing is lost, and nothing degrades', async () => {
    const records = Array.from({ length: 400 }, (_, i) => sms(`outage-${i}`))
    await send(...records)
    await verdict('outage-0')
    await kafka.kill()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(service.exited).toBe(false)
    await kafka.start()
    await until(async () => {
      try {
        await send(sms('back'))
        return true
      } catch {
        return false
      }
    }, 60_000)
    await verdict('back', 90_000)
    // The other partitions need not have caught up when the first has.
    let missing = records.map(({ id }) => id)
    await until(
      async () => {
        const judged = new Set((await verdicts()).map(({ id }) => id))
        missing = missing.filter((id) => !judged.has(id))
        return missing.length === 0
      },
      90_000,
      () => `no verdict on ${missing.length} records, as ${missing[0]}`,
    )
    await until(isReady, 60_000)
  })

  it('ends within its time when it is told to while the broker is away', async () => {
    await kafka.kill()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const began = Date.now()
    await service.stop(30_000)
    expect(Date.now() - began).toBeLessThan(25_000)
    expect(service.child.signalCode).toBeNull()
    expect(service.stderr).not.toMatch(/INTERNAL/)
  })
})
