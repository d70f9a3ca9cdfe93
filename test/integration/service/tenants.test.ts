import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert } from '../../../src/domain/alert.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { checkedAlert } from '../../helpers/schema.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'

describeWith(['kafka', 'redis'], 'two deployments on one cluster and one Redis', () => {
  const kafka = useKafka()
  const services: Service[] = []
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let sent = 0

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    await redis.stop()
  })

  const open = async () => {
    const deployment = uniqueName('tenant')
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await startService({ ...at.env, REDIS_URL: redis.url, SIGWATCH_DEPLOYMENT: deployment })
    services.push(service)
    await service.ready()
    return { ...at, deployment }
  }
  const send = ({ topics }: ServiceTopics, count: number) =>
    client.produce(
      topics.messages,
      Array.from({ length: count }, () =>
        JSON.stringify({
          id: `m-${sent}`,
          ts: Date.now(),
          from: '1068110001',
          to: recipient(30_000 + sent++),
          text: FORGED,
          tenant: 'gd-a',
        }),
      ),
    )
  const alerts = async ({ topics }: ServiceTopics) =>
    (await client.readAll(topics.alerts)).map(({ value }) =>
      checkedAlert(JSON.parse(value!.toString()) as Alert),
    )
  const ofMessages = async (at: ServiceTopics) =>
    (await alerts(at)).filter(({ data }) => data.target.kind === 'message')
  const ofStates = async (at: ServiceTopics) => (await alerts(at)).filter(({ data }) => data.state)

  it('count and escalate each for itself', async () => {
    const [one, other] = await Promise.all([open(), open()])
    // Three within ten minutes escalate.
    await send(one, 2)
    await send(other, 2)
    await until(async () => (await ofMessages(one)).length + (await ofMessages(other)).length === 4)
    expect([...(await ofStates(one)), ...(await ofStates(other))]).toEqual([])

    await send(one, 2)
    await until(async () => (await ofStates(one)).length > 0)
    const [state] = await ofStates(one)
    expect(state).toMatchObject({ source: `/sigwatch/${one.deployment}`, data: { tenant: 'gd-a' } })

    await send(other, 1)
    await until(async () => (await ofStates(other)).length > 0)
    const [own] = await ofStates(other)
    expect(own!.source).toBe(`/sigwatch/${other.deployment}`)
    expect(own!.data.state!.id).not.toBe(state!.data.state!.id)
  }, 120_000)
})
