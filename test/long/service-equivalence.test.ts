import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { readJsonl, useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { checkedAlert, checkedVerdict } from '../helpers/schema.ts'
import { type Service, sigwatch, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics, produceKeyed, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { simulateTraffic, type Traffic } from '../helpers/traffic.ts'

const RECORDS = 200_000
const RUNS = [
  // Event time between the raises of one state in both modes, ms at most: a bucket.
  { instances: 1, apart: 10_000 },
  // Of several, instances on a backlog are a minute apart at most; one of them is killed on the way.
  { instances: 3, apart: 60_000 },
]

interface Outcome {
  readonly alerts: readonly Alert[]
  readonly verdicts: readonly Verdict[]
  /** Partition and offset of each dead letter. */
  readonly letters: readonly string[]
}

/** The same records through Kafka and Redis in six partitions, and through the embedded mode from a file. */
describeWith(['kafka', 'redis'], `${RECORDS} records as a backlog, and through the embedded mode`, () => {
  const kafka = useKafka()
  const folder = useFolder()
  let traffic: Traffic
  let theirs: Outcome
  const env = () => ({
    // A part of the ids.
    SIGWATCH_DEPLOYMENT: 'equivalence',
    SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
    SIGWATCH_REGISTRY: traffic.registry,
    // The events are weeks old, or to come.
    SIGWATCH_ALERTS_MAX_AGE: '0',
    // Two cores for everything: what is slow here is no outage.
    SIGWATCH_REDIS_BUDGET: '10s',
  })

  beforeAll(async () => {
    traffic = await simulateTraffic(folder.path, RECORDS)
    const file = (name: string) => folder.file(`${name}.jsonl`)
    const outputs = ['alerts', 'verdicts', 'dead-letters'].flatMap((name) => [`--${name}`, file(name)])
    const embedded = await sigwatch(['run', '--source', traffic.file, ...outputs], { env: env() })
    if (embedded.code !== 0) throw new Error(embedded.stderr)
    theirs = {
      alerts: readJsonl<Alert>(file('alerts')),
      verdicts: readJsonl<Verdict>(file('verdicts')),
      letters: readJsonl<{ offset: number }>(file('dead-letters')).map(({ offset }) => `0/${offset}`),
    }
  }, 300_000)

  describe.each(RUNS)('service of $instances', ({ instances, apart }) => {
    let redis: RedisServer
    let at: ServiceTopics
    const services: Service[] = []
    let ours: Outcome

    beforeAll(async () => {
      const client = plainClient(kafka.brokers)
      redis = await startRedis()
      at = await createServiceTopics(client, kafka.brokers, { partitions: 6 })
      await produceKeyed(client, at.topics.messages, traffic.records)
      const start = async () => {
        const service = await startService({ ...at.env, ...env(), REDIS_URL: redis.url })
        services.push(service)
        return service.ready()
      }
      const [first] = await Promise.all(Array.from({ length: instances }, start))
      let killed: Service | undefined
      const committed = async () =>
        (await client.committed(at.groupId, at.topics.messages)).reduce((sum, n) => sum + Math.max(0, n), 0)
      const done = async (share: number) => {
        await until(
          async () => {
            const ended = services.find((service) => service.exited && service !== killed)
            if (ended) throw new Error(ended.stderr.slice(-4_000))
            await new Promise((resolve) => setTimeout(resolve, 500))
            return (await committed()) >= share * RECORDS
          },
          200_000,
          () => `not done:\n${services.at(-1)!.stderr.slice(-2_000)}`,
        )
      }
      if (instances > 1) {
        await done(1 / 3)
        killed = first
        await first!.kill()
        await start()
      }
      await done(1)
      for (const service of services) {
        const code = service.exited ? 0 : await service.stop()
        if (code !== 0) throw new Error(`the service ended with ${code}:\n${service.stderr.slice(-4_000)}`)
      }
      const read = async <T extends { readonly id: string }>(topic: string) =>
        (await client.readAll(topic)).map(({ value }) => parsed<T>(value))
      const letters = (await client.readAll(at.topics.deadLetters)).map(
        ({ headers }) => `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`,
      )
      ours = {
        alerts: await read<Alert>(at.topics.alerts),
        verdicts: await read(at.topics.verdicts),
        letters,
      }
      // What the killed one had written and not committed comes twice.
      if (instances > 1) {
        ours = {
          alerts: firstOfEach(ours.alerts),
          verdicts: firstOfEach(ours.verdicts),
          letters: [...new Set(letters)],
        }
      }
    }, 300_000)

    afterAll(async () => {
      await Promise.all(services.map((service) => service.kill()))
      await redis?.stop()
    })

    it('gives every record exactly one place in both', () => {
      for (const { verdicts, letters } of [ours, theirs]) {
        expect(verdicts.length + letters.length).toBe(RECORDS)
        expect(new Set(verdicts.map((v) => v.id)).size).toBe(verdicts.length)
        expect(new Set(letters).size).toBe(letters.length)
      }
      expect(ours.letters.length).toBe(theirs.letters.length)
      expect(ours.verdicts.map((v) => v.id).sort()).toEqual(theirs.verdicts.map((v) => v.id).sort())
    })

    it('says the same of every message', () => {
      const said = (verdicts: readonly Verdict[]) =>
        new Map(
          verdicts.map(({ id, label, reasons, partial }) => [
            id,
            `${label} ${[...reasons].sort().join()} ${partial}`,
          ]),
        )
      const other = said(theirs.verdicts)
      const differ = [...said(ours.verdicts)].filter(([id, what]) => other.get(id) !== what)
      expect(differ).toEqual([])
      expect(ours.verdicts.some((v) => v.degraded)).toBe(false)
    })

    it('raises the same message alerts, under the same ids', () => {
      const ids = (alerts: readonly Alert[]) => alerts.flatMap((a) => (a.data.state ? [] : [a.id])).sort()
      expect(ids(ours.alerts).length).toBeGreaterThan(1_000)
      expect(ids(ours.alerts)).toEqual(ids(theirs.alerts))
    })

    it(`raises the same states, within ${apart / 1_000} s of the same event time`, () => {
      const raised = (alerts: readonly Alert[]) => {
        const times = new Map<string, number[]>()
        for (const alert of alerts) {
          if (!alert.data.state || alert.type !== 'sigwatch.alert.raised') continue
          const key = `${alert.data.reasons[0]!.code} ${alert.subject} ${alert.data.state.id}`
          times.set(key, [...(times.get(key) ?? []), Date.parse(alert.time)])
        }
        return times
      }
      const [a, b] = [raised(ours.alerts), raised(theirs.alerts)]
      expect([...a.keys()].sort()).toEqual([...b.keys()].sort())
      for (const [key, times] of a) {
        const others = b.get(key)!
        expect(times.length, key).toBe(others.length)
        times.forEach((time, i) => {
          expect(Math.abs(time - others[i]!), `${key}: ${new Date(time).toISOString()}`).toBeLessThanOrEqual(
            apart,
          )
        })
      }
    })

    it('finds what was planted', () => {
      const raised = ours.alerts.filter((a) => a.type === 'sigwatch.alert.raised' && a.data.state)
      expect(traffic.planted.length).toBeGreaterThan(5)
      for (const { code, target } of traffic.planted) {
        const found = raised.some(
          ({ data }) =>
            data.reasons[0]!.code === code &&
            data.target.kind === target.kind &&
            (target.id === '*' || target.kind === 'recipient' || data.target.id === target.id),
        )
        expect(found, `${code} ${target.kind}:${target.id}`).toBe(true)
      }
    })

    it('writes what its schemas say', () => {
      for (const alert of [...ours.alerts, ...theirs.alerts]) checkedAlert(alert)
      for (const verdict of ours.verdicts) checkedVerdict(verdict)
    })
  })
})

function firstOfEach<T extends { readonly id: string }>(records: readonly T[]): T[] {
  return [...new Map(records.toReversed().map((record) => [record.id, record])).values()].reverse()
}

function parsed<T>(value: Buffer | null): T {
  return JSON.parse(value!.toString()) as T
}
