import { afterAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import type { CheckAnswer } from '../../../src/pipeline/checker.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { startOwnRedis } from '../../helpers/redis-server.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const TOKEN = 'token-of-the-tests'
const HOST = 'tuikuan-kf88.top'

describeWith(['kafka', 'redis'], 'POST /v1/check on Kafka and Redis', () => {
  const kafka = useKafka()
  const ends: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of ends) await end()
  })

  it('is answered alike by every instance, also by one without a partition and without Redis', async () => {
    const client = plainClient(kafka.brokers)
    const redis = await startOwnRedis()
    ends.push(redis.stop)
    const at = await createServiceTopics(client, kafka.brokers, { side: ['consents'] })
    const env: Environment = {
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REDIS_BUDGET: '5s',
      SIGWATCH_HTTP_CHECK_TOKEN: TOKEN,
    }
    const start = async (): Promise<Service> => {
      const service = await startService(env)
      ends.unshift(() => service.kill())
      return service.ready()
    }
    const instances = [await start(), await start()]
    let sent = 0
    const sms = (text: string, from = '1068110001') => ({
      id: `r${sent}`,
      ts: Date.now(),
      from,
      to: recipient(20_000 + sent++),
      text,
    })
    const ask = async (service: Service, record: object): Promise<Verdict> => {
      const response = await fetch(`${service.http}/v1/check`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(record),
      })
      const answer = (await response.json()) as CheckAnswer
      if ('error' in answer) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
      return answer.verdict
    }

    // Sent now: a state does not apply to what was sent more than a bucket of event time before it was raised.
    const notice = () => sms(`点击 https://${HOST}/b 查看物业通知`)
    for (const service of instances) expect((await ask(service, notice())).states).toEqual([])
    await client.produce(
      at.topics.messages,
      Array.from({ length: 6 }, () =>
        JSON.stringify(
          sms(
            `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${HOST}/a 填写收款信息，逾期作废。`,
          ),
        ),
      ),
    )
    const verdicts: Verdict[] = []
    const logs = () => instances.map(({ stderr }) => stderr.slice(-4_000)).join('\n\n')
    for (const [i, service] of instances.entries()) {
      const isBlocked = async () => {
        verdicts[i] = await ask(service, notice())
        return verdicts[i].states.length > 0
      }
      await until(isBlocked, 30_000, logs)
    }
    expect(verdicts[0]!.action).not.toBe('pass')
    const partitions = await Promise.all(instances.map((one) => one.metric('sigwatch_assigned_partitions')))
    expect(partitions.toSorted()).toEqual([0, 1])

    const sale = sms('【示例商场】周年庆全场5折起，满300减50，速来抢购，退订回T', '10690210001')
    const refusal = { signature: '示例商场', to: sale.to, state: 'out', ts: sale.ts - 3_600_000 }
    for (const service of instances) expect((await ask(service, sale)).reasons).not.toContain('AFTER_OPT_OUT')
    await client.produce(at.topics.consents, [JSON.stringify(refusal)], { keys: [`示例商场|${sale.to}`] })
    for (const service of instances)
      await until(async () => (await ask(service, sale)).reasons.includes('AFTER_OPT_OUT'), 30_000)

    await redis.stop()
    for (const service of instances) {
      await until(async () => (await ask(service, sale)).degraded === true, 30_000)
      const verdict = await ask(service, notice())
      expect(verdict).toMatchObject({ degraded: true, states: verdicts[0]!.states })
    }
  })
})
