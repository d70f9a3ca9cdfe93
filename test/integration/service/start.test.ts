import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { freePort } from '../../helpers/free-port.ts'
import { useFolder, writeJsonl } from '../../helpers/jsonl.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith } from '../../helpers/services.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'
const COMMERCIAL = '【示例超市】双11狂欢开启，全场5折起，满300减50，速抢！退订回T'

describeWith(['kafka', 'redis'], 'a start while Redis is away', () => {
  const folder = useFolder()
  let kafka: OwnKafkaBroker
  let redis: RedisServer | undefined
  let service: Service
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let port = 0

  const send = (id: string, more: object) =>
    client.produce(at.topics.messages, [
      JSON.stringify({ id, ts: Date.now(), from: '1068110001', to: '13800138001', text: FORGED, ...more }),
    ])
  const verdict = async (id: string): Promise<Verdict> => {
    let found: Verdict | undefined
    await until(
      async () => {
        const all = await client.readAll(at.topics.verdicts)
        found = all.map(({ value }) => JSON.parse(String(value)) as Verdict).find((v) => v.id === id)
        return found !== undefined
      },
      60_000,
      () => `no verdict on ${id}\n${service.stderr.slice(-2_000)}`,
    )
    return found!
  }

  beforeAll(async () => {
    kafka = await startOwnKafka()
    port = await freePort()
    client = plainClient(kafka.brokers)
    at = await createServiceTopics(client, kafka.brokers, { side: ['consents'] })
    const refusal = { signature: '示例超市', to: '13800138001', state: 'out', ts: Date.now() - 60_000 }
    writeJsonl(folder.file('consents.jsonl'), [refusal, { ...refusal, to: '13800138002' }])
    service = await startService({
      ...at.env,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      SIGWATCH_CONSENTS: folder.file('consents.jsonl'),
      SIGWATCH_REDIS_BUDGET: '500ms',
    })
  }, 180_000)

  afterAll(async () => {
    await service?.stop()
    await redis?.stop()
    await kafka?.stop()
  }, 60_000)

  it('judges by text and registry, degraded and not ready', async () => {
    await send('without', {})
    expect(await verdict('without')).toMatchObject({ action: 'block', degraded: true })
    const { status, body } = await service.get('/readyz')
    expect([status, body]).toEqual([503, expect.stringContaining('consents')])
  })

  it('reads the consents once Redis is there, and a tombstone erases one', async () => {
    redis = await startOwnRedis(port)
    await until(async () => (await service.get('/readyz')).status === 200, 60_000)
    await send('refused', { text: COMMERCIAL, from: '10690200001' })
    expect((await verdict('refused')).reasons).toContain('AFTER_OPT_OUT')
    await client.produce(at.topics.consents, [null], { keys: ['示例超市|+86 13800138001'] })
    let tries = 0
    await until(async () => {
      const id = `erased-${tries++}`
      await send(id, { text: COMMERCIAL, from: '10690200001' })
      return !(await verdict(id)).reasons.includes('AFTER_OPT_OUT')
    }, 60_000)
    await send('other', { text: COMMERCIAL, from: '10690200001', to: '13800138002' })
    expect((await verdict('other')).reasons).toContain('AFTER_OPT_OUT')
  })
})
