import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../helpers/free-port.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { startOwnRedis } from '../../helpers/redis-server.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

describeWith(['kafka', 'redis'], 'what the service says of its connections', () => {
  const kafka = useKafka()
  const services: Service[] = []
  let client: ReturnType<typeof plainClient>

  beforeAll(() => {
    client = plainClient(kafka.brokers)
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
  })

  const start = async (env: Environment) => {
    const service = await startService(env)
    services.push(service)
    return service
  }
  const up = async (service: Service) => {
    const { body } = await service.get('/metrics')
    const lines = [...body.matchAll(/^sigwatch_connection_up\{service="(\w+)"\} (\d)$/gm)]
    return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]))
  }

  it('sigwatch_connection_up is there from the start and moves with Redis', async () => {
    const port = await freePort()
    let redis = await startOwnRedis(port)
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await start({ ...at.env, REDIS_URL: redis.url })
    await service.ready()
    await until(async () => (await up(service)).redis === 1)
    expect(await up(service)).toEqual({ kafka: 1, redis: 1 })
    await redis.stop()
    await until(async () => (await up(service)).redis === 0, 10_000)
    expect(await up(service)).toEqual({ kafka: 1, redis: 0 })
    expect(await service.metric('sigwatch_connection_losses_total')).toBe(1)
    await until(() => service.log.some(({ event }) => event === 'connection_lost'))
    const lost = service.log.find(({ event }) => event === 'connection_lost')
    expect(lost).toMatchObject({
      service: 'redis',
      hint: expect.stringContaining('nothing listens at this address'),
    })
    redis = await startOwnRedis(port)
    await until(async () => (await up(service)).redis === 1, 15_000)
    expect(service.log.filter(({ event }) => event === 'connection_restored')).toHaveLength(1)
    expect(await service.stop()).toBe(0)
    await redis.stop()
  })

  it('without Redis there is no series of it', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await start(at.env)
    await service.ready()
    expect(await up(service)).toEqual({ kafka: 1 })
    expect(await service.stop()).toBe(0)
  })

  it('waits for brokers with one line and a hint, and ends well on SIGTERM meanwhile', async () => {
    const service = await start({ KAFKA_BROKERS: `127.0.0.1:${await freePort()}` })
    await until(() => service.log.some(({ event }) => event === 'connection_awaited'), 20_000)
    const awaited = service.log.filter(({ event }) => event === 'connection_awaited')
    expect(awaited).toHaveLength(1)
    expect(awaited[0]).toMatchObject({
      service: 'kafka',
      hint: expect.stringContaining('nothing listens at this address'),
    })
    expect(await up(service)).toEqual({ kafka: 0 })
    const began = Date.now()
    expect(await service.stop()).toBe(0)
    expect(Date.now() - began).toBeLessThan(8_000)
    expect(service.log.at(-1)).toMatchObject({ event: 'stopped' })
  })

  it('ends when it says that it has', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const service = await start(at.env)
    await service.ready()
    expect(await service.stop()).toBe(0)
    const stopped = Date.parse(String(service.log.find(({ event }) => event === 'stopped')!.time))
    expect(Date.now() - stopped).toBeLessThan(1_500)
  })
})
