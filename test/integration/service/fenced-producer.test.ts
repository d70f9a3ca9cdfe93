import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startService } from '../../helpers/service.ts'
import {
  createServiceTopics,
  follow,
  produceKeyed,
  type ServiceTopics,
} from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

describeWith('kafka', 'exactly-once delivery whose transactional id another producer takes', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let topics: ServiceTopics
  let service: Service

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    topics = await createServiceTopics(client, kafka.brokers)
    service = await startService({ ...topics.env, SIGWATCH_DELIVERY: 'exactly-once' })
    await service.ready()
  })
  afterAll(async () => {
    await service?.kill()
  })

  const put = (...ids: string[]) =>
    produceKeyed(
      client,
      topics.topics.messages,
      ids.map((id) => ({
        key: '10690001',
        value: JSON.stringify({ id, ts: Date.now(), from: '10690001', to: '13800005678', text: '您好' }),
      })),
    )

  it('says whose id it is and what to look for, not that the connection is lost, and repeats the write', async () => {
    const verdicts = await follow(client, topics.topics.verdicts)
    await put('a')
    await verdicts.count(1)
    const transactionalId = `${topics.groupId}-${topics.topics.messages}-0`
    const other = client.kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await other.connect()
    await (await other.transaction()).abort()
    await other.disconnect()

    await put('b')
    await verdicts.count(2)
    await put('c')
    await verdicts.count(3)
    await until(async () => (await service.get('/readyz')).status === 200)
    expect(verdicts.values<Verdict>().map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    await verdicts.stop()

    const said = service.log
      .filter(({ level }) => level === 'warn')
      .map(({ message, msg }) => `${message ?? msg}`)
    expect(said).toContainEqual(
      `a transaction was lost: ${topics.topics.messages}/0: another producer has begun with the transactional id ${transactionalId}, or a transaction took more than 30 s. This instance joins the group again and repeats what was not committed. If this happens again, look for another deployment with the same kafka.groupId`,
    )
    expect(service.log.filter(({ event }) => event === 'connection_lost')).toEqual([])
    expect(await service.metric('sigwatch_connection_losses_total')).toBe(0)
  })
})
