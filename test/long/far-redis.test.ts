import { type ChildProcess, spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../src/domain/alert.ts'
import { produceLive } from '../faults/input.ts'
import { type FarRedis, startFarRedis } from '../helpers/far-redis.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { promptBefore, promptShare } from '../helpers/redis-probe.ts'
import { ensureBuilt, type Service, startService } from '../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { simulateLive } from '../helpers/traffic.ts'

/** Of Redis, each way, ms. */
const AWAY = 15
const RECORDS = 7_000
const MINUTES = 1.5
/** Time to bring up the instances before live records come, ms. */
const LEAD = 40_000

/** Default settings; a program for each processor that never rests. */
describeWith(['kafka', 'redis'], 'a Redis that is 30 ms away, on a busy machine', () => {
  const folder = useFolder()
  const kafka = useKafka()
  const hogs: ChildProcess[] = []
  const services: Service[] = []
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let redis: FarRedis | undefined

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    at = await createServiceTopics(client, kafka.brokers, { partitions: 6 })
    ensureBuilt()
    redis = await startFarRedis(AWAY)
  }, 120_000)

  afterAll(async () => {
    for (const hog of hogs) hog.kill()
    await Promise.all(services.map((service) => service.kill()))
    await redis?.stop()
  }, 60_000)

  it('degrades no verdict, as long as it answers within 50 ms', async () => {
    const traffic = await simulateLive(folder.path, RECORDS, { minutes: MINUTES, start: Date.now() + LEAD })
    const env = { ...at.env, REDIS_URL: redis!.url, SIGWATCH_REGISTRY: traffic.registry }
    services.push(...(await Promise.all([startService(env), startService(env)])))
    await Promise.all(services.map((service) => service.ready()))
    for (const _ of cpus()) hogs.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
    await produceLive(client, at.topics.messages, traffic)
    const verdicts = async () =>
      (await client.readAll(at.topics.verdicts)).map(({ value }) => JSON.parse(String(value)) as Verdict)
    await until(async () => (await verdicts()).length > 0.9 * RECORDS, 120_000)
    const all = await verdicts()
    const pings = await redis!.stop()
    redis = undefined
    // Else it says nothing.
    expect(promptShare(pings)).toBeGreaterThan(0.5)
    const degraded = all.filter((verdict) => verdict.degraded).map(({ decidedAt }) => Date.parse(decidedAt))
    expect(promptBefore(degraded, pings)).toEqual([])
  }, 300_000)
})
