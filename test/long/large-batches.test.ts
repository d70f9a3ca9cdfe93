import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKafkaSource } from '../../src/adapters/sources/kafka.ts'
import { plainClient, testConnection } from '../helpers/kafka-client.ts'
import { manyHeaders } from '../helpers/odd-batches.ts'
import { produceBatch } from '../helpers/produce-batch.ts'
import { largeBatch, recordBatch } from '../helpers/record-batches.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../helpers/services.ts'

const LARGE = { 'max.message.bytes': '100000000' }
const GZIP = 1

const sms = (id: string): string =>
  JSON.stringify({
    id,
    ts: Date.now(),
    from: '10690200001',
    to: '13800138000',
    text: '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。',
  })

describeWith('kafka', 'a source', () => {
  const kafka = useKafka()

  it.each([130_000, 200_000, 1_000_000])(
    'reads one batch of %i records',
    { timeout: 240_000 },
    async (count) => {
      const client = plainClient(kafka.brokers)
      const { connection, events } = testConnection(kafka.brokers)
      const topic = await client.createTopic({ config: LARGE })
      await produceBatch(
        client,
        topic,
        0,
        largeBatch(count, GZIP, (n) => `{"id":"gw1.${n}.1"}`),
      )
      await client.produce(topic, ['behind'])
      const source = createKafkaSource({
        connection,
        groupId: uniqueName('group'),
        topics: [topic],
        startFrom: 'earliest',
        emit: (event) => events.push(event),
      })
      let [next, bad, assignments] = [0, 0, 0]
      const running = source.run({
        assigned: async () => {
          assignments++
        },
        revoked: async () => {},
        records: async ({ records }) => {
          for (const { position, unreadable } of records) {
            if (unreadable !== undefined || position.offset !== next) bad++
            next = position.offset + 1
          }
        },
      })
      await Promise.race([until(() => next > count, 200_000), running])
      await source.stop()
      await connection.close()
      expect([next, bad, assignments]).toEqual([count + 1, 0, 1])
      expect(events.filter(({ name }) => name === 'consumer_stalled')).toEqual([])
    },
  )
})

/** Asks all the time; how long, ms, the slowest answer took. */
function askHealth(service: Service) {
  let slowest = 0
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const began = performance.now()
      await service.get('/healthz').catch(() => undefined)
      slowest = Math.max(slowest, performance.now() - began)
      await sleep(50)
    }
  })()
  return async () => {
    isOver = true
    await asking
    return slowest
  }
}

describeWith(['kafka', 'redis'], 'a service', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let service: Service | undefined

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startRedis()
  }, 120_000)
  afterAll(async () => {
    await service?.stop()
    await redis?.stop()
  }, 60_000)

  async function started(
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly at: ServiceTopics; readonly service: Service }> {
    const at = await createServiceTopics(client, kafka.brokers, { partitions, config })
    service = await startService({ ...at.env, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s' })
    await service.ready()
    return { at, service }
  }

  it('judges all of a large batch, a record with 12,000 headers, and what comes behind', {
    timeout: 300_000,
  }, async () => {
    const { at, service } = await started(2, LARGE)
    const dead = await follow(client, at.topics.deadLetters)
    // Made before health is asked: it holds up this process as well.
    const large = largeBatch(200_000, GZIP, (n) => sms(`large.${n}`), BigInt(Date.now()))
    const health = askHealth(service)
    await produceBatch(client, at.topics.messages, 0, large)
    await produceBatch(client, at.topics.messages, 1, manyHeaders(12_000))
    const rest = Array.from({ length: 1_500 }, (_, n) => sms(`behind.${n}`))
    await client.produce(at.topics.messages, rest.slice(0, 750), { partition: 0 })
    await client.produce(at.topics.messages, rest.slice(750), { partition: 1 })
    await until(
      async () => (await service.metric('sigwatch_records_total')) >= 201_501,
      240_000,
      () => `not all are judged\n${service.stderr.slice(-2_000)}`,
    )
    expect(await service.metric('sigwatch_messages_total')).toBe(201_500)
    await dead.count(1)
    expect(dead.records.map(({ headers }) => headers)).toEqual([
      expect.objectContaining({
        'sigwatch-error': 'RECORD_UNREADABLE',
        'sigwatch-partition': '1',
        'sigwatch-offset': '0',
        'sigwatch-last-offset': '0',
      }),
    ])
    expect(dead.records[0]!.value!.length).toBeGreaterThan(40_000)
    expect(await health()).toBeLessThan(2_000)
    await until(async () => {
      const [first, second] = await client.committed(at.groupId, at.topics.messages)
      return first === 200_750 && second === 751
    }, 20_000)
    await dead.stop()
    await service.stop()
  })

  it('stays small while batches of several partitions unpack to much more than they are', {
    timeout: 300_000,
  }, async () => {
    const { at, service } = await started(6)
    const bomb = recordBatch({ records: [{ value: Buffer.alloc(60_000_000, 'x') }], codec: GZIP })
    expect(bomb.length).toBeLessThan(65_000)
    const before = service.resident()
    let most = 0
    const looking = setInterval(() => {
      most = Math.max(most, service.resident())
    }, 20)
    const health = askHealth(service)
    for (let n = 0; n < 24; n++) await produceBatch(client, at.topics.messages, n % 6, bomb)
    await until(
      async () => (await service.metric('sigwatch_records_total')) >= 24,
      240_000,
      () => `not all are read\n${service.stderr.slice(-2_000)}`,
    )
    clearInterval(looking)
    console.log(`resident: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`)
    expect(await health()).toBeLessThan(2_000)
    // 24 times 60 MB unpacked, of which `limits.bytesInFlight` lets 400 MB be held at a time.
    expect(most - before).toBeLessThan(450)
    await service.stop()
  })
})
