import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { simulateTraffic, type Traffic } from '../helpers/traffic.ts'

const RECORDS = 24_000

/**
 * Two instances with exactly-once delivery share a backlog: one is killed and one is stopped in the middle, each with another
 * in its place. Readers take what is committed.
 */
describeWith(['kafka', 'redis'], 'delivery exactly once', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const services: Service[] = []
  let redis: RedisServer
  let at: ServiceTopics
  let traffic: Traffic
  let alerts: readonly Alert[]
  let verdicts: readonly Verdict[]
  let letters: readonly string[]

  const live = () => services.filter(({ exited }) => !exited)
  const logs = () => services.map(({ stderr }) => stderr.slice(-2_000)).join('\n\n')

  async function start(): Promise<Service> {
    const service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_DELIVERY: 'exactly-once',
      SIGWATCH_REGISTRY: traffic.registry,
      SIGWATCH_ALERTS_MAX_AGE: '0',
      SIGWATCH_REDIS_BUDGET: '10s',
      // Small steps, so that the end comes in the middle of many.
      SIGWATCH_BATCH_MAX_RECORDS: '128',
      SIGWATCH_BATCH_MAX_IN_FLIGHT: '1024',
    })
    services.push(service)
    return service
  }

  beforeAll(async () => {
    const client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 6, verdictPartitions: 3 })
    traffic = await simulateTraffic(folder.path, RECORDS)
    await produceKeyed(client, at.topics.messages, traffic.records)
    const [seen, raised, buried] = await Promise.all(
      (['verdicts', 'alerts', 'deadLetters'] as const).map((use) => follow(client, at.topics[use])),
    )
    const [victim, leaver] = await Promise.all([start(), start()])
    await Promise.all([victim!.ready(), leaver!.ready()])
    await seen!.count(RECORDS / 8, 120_000)
    await victim!.kill()
    await start()
    await seen!.count(RECORDS / 3, 120_000)
    expect(await leaver!.stop()).toBe(0)
    await start()
    const committed = async () =>
      (await client.committed(at.groupId, at.topics.messages)).reduce((sum, n) => sum + Math.max(0, n), 0)
    await until(
      async () => {
        const ended = live().length < 2
        if (ended) throw new Error(`an instance ended:\n${logs()}`)
        await new Promise((resolve) => setTimeout(resolve, 500))
        return (await committed()) >= RECORDS
      },
      200_000,
      () => `not done:\n${logs()}`,
    )
    await until(
      () => seen!.records.length + buried!.records.length >= RECORDS,
      30_000,
      () => `${seen!.records.length} verdicts and ${buried!.records.length} dead letters are read`,
    )
    for (const service of live()) expect(await service.stop()).toBe(0)
    verdicts = seen!.values<Verdict>()
    alerts = raised!.values<Alert>()
    letters = buried!.records.map(
      ({ headers }) => `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`,
    )
    await Promise.all([seen, raised, buried].map((topic) => topic!.stop()))
  }, 600_000)

  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    await redis?.stop()
  })

  it('gives each record one verdict or one dead letter, and no more', () => {
    const ids = verdicts.map(({ id }) => id)
    expect(ids.length - new Set(ids).size).toBe(0)
    expect(letters.length - new Set(letters).size).toBe(0)
    expect(ids.length + letters.length).toBe(RECORDS)
  })

  it('raises no alert on a message twice', () => {
    const ids = alerts.filter(({ data }) => data.state === undefined).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(50)
    expect(ids.length - new Set(ids).size).toBe(0)
  })
})
