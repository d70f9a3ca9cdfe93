import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../src/domain/alert.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { RequestProxy } from '../helpers/request-proxy.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith } from '../helpers/services.ts'

const ADD_PARTITIONS = 24
const PARTITIONS = [0, 1, 2]
/** Of each partition; several times what may be in flight of all. */
const RECORDS = 1_500
const IN_FLIGHT = 256

/** One instance with exactly-once delivery; the transactions of one of its partitions are not answered for a while. */
describeWith('kafka', 'a coordinator of transactions that hangs', () => {
  let broker: OwnKafkaBroker
  let proxy: RequestProxy
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let service: Service
  let seen: Awaited<ReturnType<typeof follow>>

  const produce = (partition: number, from: number, count: number) =>
    client.produce(
      at.topics.messages,
      Array.from({ length: count }, (_, i) =>
        JSON.stringify({
          id: `${partition}-${from + i}`,
          ts: Date.now(),
          from: '10690200001',
          to: `1380000${String(from + i).padStart(4, '0')}`,
          text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
        }),
      ),
      { partition },
    )
  const idsOf = (partition: number) =>
    seen.values<Verdict>().flatMap(({ id }) => (id.startsWith(`${partition}-`) ? [id] : []))
  const judged = (partition: number, count: number) =>
    until(
      () => idsOf(partition).length >= count,
      60_000,
      () => `${idsOf(partition).length} verdicts of partition ${partition}\n${service.stderr.slice(-2_000)}`,
    )

  beforeAll(async () => {
    const proxyPort = await freePort()
    let direct = ''
    broker = await startOwnKafka({
      settings: (port, controller, inner) => {
        direct = `127.0.0.1:${inner}`
        return [
          `listeners=PLAINTEXT://127.0.0.1:${port},INNER://${direct},CONTROLLER://127.0.0.1:${controller}`,
          `advertised.listeners=PLAINTEXT://127.0.0.1:${proxyPort},INNER://${direct}`,
          'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
        ]
      },
    })
    proxy = await RequestProxy.start(proxyPort, Number(broker.brokers[0]!.split(':')[1]))
    client = plainClient([direct])
    at = await createServiceTopics(client, [`127.0.0.1:${proxyPort}`], { partitions: PARTITIONS.length })
    seen = await follow(client, at.topics.verdicts)
    service = await startService({
      ...at.env,
      SIGWATCH_DELIVERY: 'exactly-once',
      SIGWATCH_BATCH_MAX_RECORDS: String(IN_FLIGHT / 4),
      SIGWATCH_BATCH_MAX_IN_FLIGHT: String(IN_FLIGHT),
    })
    await service.ready()
    for (const partition of PARTITIONS) await produce(partition, 0, 1)
    for (const partition of PARTITIONS) await judged(partition, 1)
  }, 180_000)

  afterAll(async () => {
    await service?.kill()
    await seen?.stop()
    await proxy?.stop()
    await broker?.stop()
  })

  it('holds up its partition alone, which goes on when it is answered', async () => {
    const id = `${at.groupId}-${at.topics.messages}-0`
    proxy.hold((apiKey, request) => apiKey === ADD_PARTITIONS && request.includes(id))
    await produce(0, 1, RECORDS)
    await until(() => proxy.held > 0)
    for (const partition of [1, 2]) await produce(partition, 1, RECORDS)
    for (const partition of [1, 2]) await judged(partition, RECORDS + 1)
    expect(idsOf(0)).toHaveLength(1)
    await until(async () => {
      const { status, body } = await service.get('/readyz')
      return status === 503 && body.includes(`kafka transactions: ${at.topics.messages}/0 waits`)
    })
    proxy.release()
    await judged(0, RECORDS + 1)
    await service.ready()
    for (const partition of PARTITIONS) {
      const ids = idsOf(partition)
      expect([ids.length, new Set(ids).size]).toEqual([RECORDS + 1, RECORDS + 1])
    }
    expect(await client.committed(at.groupId, at.topics.messages)).toEqual(PARTITIONS.map(() => RECORDS + 1))
    expect(await service.stop()).toBe(0)
  }, 180_000)
})
