import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../src/domain/alert.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { simulateTraffic } from '../helpers/traffic.ts'

const RECORDS = 6_000
const STEP = 100
/** Longer than the session of a consumer (10 s), so that the other instance takes its partitions over, ms. */
const FROZEN = 20_000

/** Records of 12,000 headers, without a value, without JSON, with an empty object, and of 900,000 characters. */
function oddRecords(n: number) {
  const value = (text: string) =>
    JSON.stringify({
      id: `odd-${n}`,
      ts: new Date().toISOString(),
      from: '106900001111',
      to: '13912345678',
      text,
    })
  return [
    {
      key: 'odd',
      value: value('在吗'),
      headers: Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`h${i}`, ''])),
    },
    { key: 'odd', value: null },
    { key: null, value: '{"id":' },
    { key: '', value: '{}' },
    { key: 'odd', value: JSON.stringify({ text: 'x'.repeat(900_000) }) },
  ]
}

/**
 * Two instances with exactly-once delivery while a gateway produces in transactions, some of which it aborts, and writes odd records
 * in between. One instance is frozen for longer than its session and its transaction, and goes on.
 */
describeWith(['kafka', 'redis'], 'delivery exactly once of odd traffic', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const services: Service[] = []
  let redis: RedisServer
  let at: ServiceTopics
  let verdicts: readonly Verdict[]
  let letters: readonly string[]
  let kept = 0
  let odd = 0

  const logs = () => services.map(({ stderr }) => stderr.slice(-3_000)).join('\n\n')
  const start = async () => {
    const service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_DELIVERY: 'exactly-once',
      SIGWATCH_ALERTS_MAX_AGE: '0',
      SIGWATCH_BATCH_MAX_RECORDS: '128',
      SIGWATCH_BATCH_MAX_IN_FLIGHT: '1024',
    })
    services.push(service)
    return service
  }

  beforeAll(async () => {
    const client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 4 })
    const topic = at.topics.messages
    const { records } = await simulateTraffic(folder.path, RECORDS)
    const [seen, buried] = await Promise.all(
      (['verdicts', 'deadLetters'] as const).map((use) => follow(client, at.topics[use])),
    )
    const [one, other] = await Promise.all([start(), start()])
    await Promise.all([one!.ready(), other!.ready()])

    const partitioner = kafkajs.Partitioners.DefaultPartitioner
    const gateway = client.kafka.producer({
      createPartitioner: partitioner,
      transactionalId: `${at.groupId}-gateway`,
      maxInFlightRequests: 1,
      idempotent: true,
    })
    const plain = client.kafka.producer({ createPartitioner: partitioner })
    await Promise.all([gateway.connect(), plain.connect()])
    const send = async (n: number) => {
      const some = records.slice(n * STEP, (n + 1) * STEP)
      const transaction = await gateway.transaction()
      await transaction.send({ topic, messages: some as never })
      if (n % 5 === 4) await sleep(1_000)
      if (n % 3 === 2) return transaction.abort()
      kept += some.length
      await transaction.commit()
    }
    const steps = RECORDS / STEP
    for (let n = 0; n < steps; n++) {
      await send(n)
      if (n % 10 === 5) {
        const some = oddRecords(n)
        odd += some.length
        for (const message of some) await plain.send({ topic, messages: [message] as never })
      }
      if (n === Math.floor(steps / 3)) one!.child.kill('SIGSTOP')
      if (n === Math.floor(steps / 2)) {
        await sleep(FROZEN)
        one!.child.kill('SIGCONT')
      }
      await sleep(200)
    }
    await until(
      () => seen!.records.length + buried!.records.length >= kept + odd,
      120_000,
      () =>
        `${seen!.records.length} verdicts and ${buried!.records.length} letters of ${kept + odd}\n${logs()}`,
    )
    await sleep(5_000)
    await Promise.all([gateway.disconnect(), plain.disconnect()])
    for (const service of services) expect(service.exited, logs()).toBe(false)
    for (const service of services) expect(await service.stop()).toBe(0)
    verdicts = seen!.values<Verdict>()
    letters = buried!.records.map(
      ({ headers }) => `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`,
    )
    await Promise.all([seen!.stop(), buried!.stop()])
  }, 600_000)

  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    await redis?.stop()
  })

  it('gives each committed record one verdict or one dead letter, and none of an aborted one', () => {
    const ids = verdicts.map(({ id }) => id)
    expect(ids.length - new Set(ids).size).toBe(0)
    expect(letters.length - new Set(letters).size).toBe(0)
    expect(letters).toHaveLength(odd)
    expect(ids).toHaveLength(kept)
  })
})
