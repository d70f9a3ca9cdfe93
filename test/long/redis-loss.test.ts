import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { REGISTRY, recipient } from '../behaviour/fixtures/registry.ts'
import { useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'

const SALE = '【示例超市】双十一全场五折，满三百减一百，会员专享优惠券已到账，快来选购，拒收请回复R'

const DAY = 86_400_000
const FORGED = (host: string) =>
  `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${host}/a 填写收款信息，逾期作废。`

/** A Redis that loses everything under a running service. */
describeWith(['kafka', 'redis'], 'a Redis that was emptied', () => {
  const folder = useFolder()
  const kafka = useKafka()
  let redis: RedisServer
  let admin: Redis
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let service: Service
  let sent = 0

  async function verdictOn(to: string, from = '10690200001', text = SALE): Promise<Verdict> {
    const id = `m-${sent++}`
    const record = { id, ts: Date.now(), from, to, text }
    await client.produce(at.topics.messages, [JSON.stringify(record)])
    let found: Verdict | undefined
    await until(
      async () => {
        const all = await client.readAll(at.topics.verdicts)
        found = all.map(({ value }) => JSON.parse(value!.toString()) as Verdict).find((v) => v.id === id)
        return found !== undefined
      },
      30_000,
      () => `no verdict on ${id}\n${service.stderr.slice(-2_000)}`,
    )
    return found!
  }

  beforeAll(async () => {
    writeJsonl(folder.file('registry.jsonl'), [
      ...REGISTRY.signatures.map((row) => ({ kind: 'signature', ...row })),
      ...REGISTRY.brands.map((row) => ({ kind: 'brand', ...row })),
    ])
    redis = await startOwnRedis()
    admin = new Redis(redis.url)
    const { brokers } = kafka
    client = plainClient(brokers)
    at = await createServiceTopics(client, brokers, { side: ['consents', 'feedback'] })
    const refusal = { signature: '示例超市', to: recipient(1), state: 'out', ts: Date.now() - 60_000 }
    await client.produce(at.topics.consents, [JSON.stringify(refusal)], {
      keys: [`示例超市|${recipient(1)}`],
    })
    service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REGISTRY: folder.file('registry.jsonl'),
    })
    await service.ready()
  }, 180_000)

  afterAll(async () => {
    await service?.stop()
    admin?.disconnect()
    await redis?.stop()
  }, 60_000)

  it('is filled with the refusals again within ten seconds, and says so', async () => {
    await until(async () => (await verdictOn(recipient(1))).reasons.includes('AFTER_OPT_OUT'))
    await admin.flushall()
    const began = Date.now()
    // Traffic that touches nothing of what was lost would not find it.
    await until(async () => service.log.some(({ event }) => event === 'ledger_restored'), 15_000)
    expect(Date.now() - began).toBeLessThan(10_000)
    expect((await verdictOn(recipient(1))).reasons).toContain('AFTER_OPT_OUT')
    expect((await verdictOn(recipient(2))).reasons).not.toContain('AFTER_OPT_OUT')
    expect(service.log.some(({ event }) => event === 'ledger_lost')).toBe(true)
    await until(async () => service.log.some(({ event }) => event === 'counts_lost'), 15_000)
    const { body } = await service.get('/metrics')
    expect(body).toMatch(/sigwatch_ledger_losses_total 1/)
    expect(body).toMatch(/sigwatch_counts_lost_total\{how="emptied"\} [1-9]/)
  }, 120_000)

  it('has the refusals read again that were evicted, although no shard lost its epoch', async () => {
    const ofSender = `sigwatch:${at.groupId}:`
    const evicted = (await admin.keys(`*${ofSender}*`)).filter((key) => /:c:|:c\b/.test(key))
    expect(evicted.length).toBeGreaterThan(0)
    await admin.del(...evicted)
    expect((await verdictOn(recipient(1))).reasons).not.toContain('AFTER_OPT_OUT')
    const restored = () => service.log.filter(({ event }) => event === 'ledger_restored').length
    const before = restored()
    await admin.config('SET', 'maxmemory-policy', 'volatile-lru')
    await admin.config('SET', 'maxmemory', '30mb')
    for (let n = 0; n < 100; n++) await admin.set(`filler${n}`, 'x'.repeat(1_000_000), 'EX', 60)
    await admin.config('SET', 'maxmemory', '0')
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    await until(async () => restored() > before, 45_000)
    expect((await verdictOn(recipient(1))).reasons).toContain('AFTER_OPT_OUT')
    await until(async () => service.log.some(({ how }) => how === 'evicted'), 15_000)
    const { body } = await service.get('/metrics')
    expect(body).toMatch(/sigwatch_counts_lost_total\{how="evicted"\} 1/)
    expect(body).toMatch(/sigwatch_redis_evicts 0/)
    expect(
      service.log.some(({ event, level }) => event === 'redis_evictions_ended' && level === 'info'),
    ).toBe(true)
  }, 120_000)

  const stateEvents = async (host: string) =>
    (await client.readAll(at.topics.alerts))
      .map(({ value }) => JSON.parse(value!.toString()) as Alert)
      .filter(({ subject, data }) => subject === `domain:${host}` && data.reasons[0]!.code === 'FORGED_BRAND')
  const askedOf = async (host: string, from: number, count = 4) => {
    const asked: string[] = []
    for (let i = from; i < from + count; i++)
      asked.push((await verdictOn(recipient(20_000 + i), '1068110001', FORGED(host))).action)
    return asked
  }

  it('raises nothing again that was a false positive, on this instance and on one that starts later', async () => {
    const host = 'tuikuan-kf88.top'
    await askedOf(host, 0)
    await until(async () => (await stateEvents(host)).length > 0)
    const raised = (await stateEvents(host))[0]!
    expect(raised.data.action).toBe('block')
    const stateId = raised.data.state!.id
    const row = { stateId, verdict: 'false_positive', by: 'ann', until: Date.now() + 7 * DAY, ts: Date.now() }
    await client.produce(at.topics.feedback, [JSON.stringify(row)])
    await until(async () => (await stateEvents(host)).length === 2)
    // Its text is still one of fraud.
    expect(await askedOf(host, 10)).toEqual(Array(4).fill('review'))

    await admin.flushall()
    expect(await askedOf(host, 20, 6)).toEqual(Array(6).fill('review'))
    await until(async () => service.log.some(({ event }) => event === 'feedback_put_back'), 15_000)
    expect(await service.metric('sigwatch_feedback_losses_total')).toBe(1)

    // Nobody is there who remembers.
    await service.stop()
    await admin.flushall()
    service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REGISTRY: folder.file('registry.jsonl'),
    })
    await service.ready()
    await askedOf(host, 30, 6)
    expect(await stateEvents(host)).toHaveLength(2)
    expect(await askedOf(host, 40, 2)).toEqual(['review', 'review'])
  }, 240_000)
})
