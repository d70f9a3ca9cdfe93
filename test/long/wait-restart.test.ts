import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainClient } from '../helpers/kafka-client.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

describeWith(['kafka', 'redis'], 'orders that wait, while instances restart', () => {
  const kafka = useKafka()
  let redis: RedisServer
  let at: ServiceTopics
  const instances: Service[] = []
  let ordered = 0

  const start = async () => (await startService({ ...at.env, REDIS_URL: redis.url })).ready(120_000)
  /** Blocks a domain and releases it again, both with `--wait`. */
  const order = async () => {
    const domain = `order-${++ordered}.top`
    const env = { ...at.env, REDIS_URL: redis.url }
    const said = ['--by', 'ann', '--wait', '30s']
    const blocked = await warmSigwatch(
      ['block', `domain:${domain}`, '--until', '2h', '--why', 'x', ...said],
      { env },
    )
    const [, state] = /applied: state ([0-9a-f]{32})/.exec(blocked.stderr) ?? []
    const released = await warmSigwatch(['release', state ?? 'unknown', ...said], { env })
    return [blocked, released].map(({ code, stderr }) => ({ code, stderr }))
  }

  beforeAll(async () => {
    const client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { side: ['feedback', 'feedbackResults'] })
    instances.push(...(await Promise.all([start(), start()])))
  }, 180_000)
  afterAll(async () => {
    for (const service of instances) await service.kill()
    await redis?.stop()
  })

  it.each(['stop', 'kill'] as const)(
    'are answered through a rolling restart by %s',
    async (how) => {
      let rolling = true
      const restarts = (async () => {
        for (const i of [0, 1]) {
          await instances[i]![how]()
          instances[i] = await start()
        }
        rolling = false
      })()
      while (rolling) for (const { code, stderr } of await order()) expect(code, stderr).toBe(0)
      await restarts
    },
    180_000,
  )

  it('end in time with 1 while no instance runs, and take effect when one does', async () => {
    await Promise.all(instances.map((service) => service.stop()))
    const env = { ...at.env, REDIS_URL: redis.url }
    const began = performance.now()
    const args = ['block', 'domain:late.top', '--until', '2h', '--by', 'ann', '--why', 'x']
    const { code, stderr } = await warmSigwatch([...args, '--wait', '3s'], { env })
    expect([code, stderr]).toEqual([1, expect.stringContaining('FEEDBACK_UNANSWERED')])
    expect(performance.now() - began).toBeLessThan(10_000)
    instances[0] = await start()
    await sleep(2_000)
    const again = await warmSigwatch(['unblock', 'domain:late.top', '--by', 'ann', '--wait', '20s'], { env })
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('undone')])
  }, 120_000)
})
