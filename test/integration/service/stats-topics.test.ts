import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert } from '../../../src/domain/alert.ts'
import type { StatsRow } from '../../../src/stores/sender-statistics/writer.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const MINUTE = 60_000
const NOTICE = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'
const PORT = '10690200001'

interface VersionRow {
  readonly hash: string
  readonly kind: string
  readonly content?: unknown
  readonly card?: unknown
}

describeWith(['kafka', 'redis'], 'statistics and versions of the service', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let service: Service
  let stats: Awaited<ReturnType<typeof follow>>
  let versions: Awaited<ReturnType<typeof follow>>
  let alerts: Awaited<ReturnType<typeof follow>>
  const env = () => ({ ...at.env, REDIS_URL: redis.url })
  let sent = 0
  const start = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE

  const send = (ts: number, n: number, text = NOTICE) =>
    client.produce(
      at.topics.messages,
      Array.from({ length: n }, () =>
        JSON.stringify({ id: `m${++sent}`, ts, from: PORT, to: recipient(sent), text, sp: 'SP1' }),
      ),
    )
  /** Messages of a minute as the rows say, the last row of a key and minute standing. */
  const countOf = (minute: number) => {
    const rows = stats.values<StatsRow>().filter(({ ts }) => ts === start + minute * MINUTE)
    return new Map(
      rows.map(({ signature, port, sent }) => [
        `${signature}@${port}`,
        Object.values(sent).reduce((sum, n) => sum + n, 0),
      ]),
    )
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 2, side: ['stats', 'versions'] })
    stats = await follow(client, at.topics.stats)
    versions = await follow(client, at.topics.versions)
    alerts = await follow(client, at.topics.alerts)
    service = await (await startService(env())).ready()
  })
  afterAll(async () => {
    await service?.stop()
    await Promise.all([stats?.stop(), versions?.stop(), alerts?.stop()])
    await redis?.stop()
  })

  it('writes a row a minute and sender when the watermark has passed the minute', async () => {
    await send(start + 1000, 40)
    await send(start + MINUTE + 1000, 60)
    await send(start + 2 * MINUTE + 1000, 60)
    await until(
      () => countOf(0).get(`示例超市@${PORT}`) === 40,
      60_000,
      () => JSON.stringify(stats.values()),
    )
    const [row] = stats.values<StatsRow>().filter(({ ts }) => ts === start)
    expect(row).toMatchObject({ signature: '示例超市', port: PORT, sp: 'SP1', ts: start })
    expect(stats.records[0]!.key).toBe(`示例超市@${PORT}`)
  })

  it('loses and repeats no message when the process is killed', async () => {
    await send(start + 3 * MINUTE, 500)
    await until(async () => (await service.metric('sigwatch_messages_total')) > 160, 30_000)
    await service.kill()
    await send(start + 3 * MINUTE + 1000, 500)
    service = await (await startService(env())).ready(120_000)
    await send(start + 4 * MINUTE, 60)
    await send(start + 5 * MINUTE + 1000, 60)
    await until(
      () => countOf(3).get(`示例超市@${PORT}`) === 1000,
      90_000,
      () => JSON.stringify(stats.values()),
    )
  })

  it('writes the content behind every hash that an alert names, before the alert', async () => {
    await send(start + 6 * MINUTE, 1, FORGED)
    await alerts.count(1)
    const { provenance } = alerts.values<Alert>()[0]!.data
    const rows = new Map(versions.values<VersionRow>().map((row) => [row.hash, row]))
    expect(rows.get(provenance.model)).toMatchObject({ kind: 'model', card: { name: 'sms-zh' } })
    expect(rows.get(provenance.policy)).toMatchObject({ kind: 'policy', content: { mode: 'enforce' } })
    const registry = rows.get(provenance.registry)!
    expect(registry.kind).toBe('registry')
    const brands = rows.get((registry.content as { brands: string }).brands)!
    expect(brands.kind).toBe('brands')
    expect(versions.records.every(({ key }) => rows.has(key!))).toBe(true)
  })
})
