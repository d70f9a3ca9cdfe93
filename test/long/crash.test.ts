import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { decode, isRejection } from '../../src/pipeline/decode.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { RedisStateStore } from '../../src/stores/states/redis.ts'
import { canonicalNumber } from '../../src/text/canonical-number.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { checkedAlert } from '../helpers/schema.ts'
import { type Service, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { simulateTraffic, type Traffic } from '../helpers/traffic.ts'

const RECORDS = 80_000

/** Two instances share a group; one of them is killed without a word in the middle, and another comes in its place. */
describeWith(['kafka', 'redis'], 'a crash in the middle', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let redis: RedisServer
  let at: ServiceTopics
  let traffic: Traffic
  let clusterId: string
  let alerts: readonly Alert[]
  let verdicts: readonly Verdict[]
  let letters: readonly string[]
  const services: Service[] = []

  beforeAll(async () => {
    const client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 6 })
    const admin = client.kafka.admin()
    await admin.connect()
    clusterId = (await admin.describeCluster()).clusterId
    await admin.disconnect()
    traffic = await simulateTraffic(folder.path, RECORDS)
    await produceKeyed(client, at.topics.messages, traffic.records)
    const env = {
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REGISTRY: traffic.registry,
      SIGWATCH_ALERTS_MAX_AGE: '0',
      SIGWATCH_REDIS_BUDGET: '10s',
      // Small steps, so that the end comes in the middle of many.
      SIGWATCH_BATCH_MAX_RECORDS: '256',
      SIGWATCH_BATCH_MAX_IN_FLIGHT: '1024',
    }
    const start = async () => {
      const service = await startService(env)
      services.push(service)
      return service
    }
    const seen = await follow(client, at.topics.verdicts)
    const [victim, other] = await Promise.all([start(), start()])
    await Promise.all([victim.ready(), other.ready()])
    await seen.count(RECORDS / 8, 120_000)
    await victim.kill()
    const third = await start()
    await third.ready()

    const done = async () =>
      (await client.committed(at.groupId, at.topics.messages)).reduce((sum, n) => sum + Math.max(0, n), 0)
    await until(
      async () => {
        for (const service of [other, third])
          if (service.exited)
            throw new Error(`ended with ${service.child.exitCode}:\n${service.stderr.slice(-4_000)}`)
        await new Promise((resolve) => setTimeout(resolve, 500))
        return (await done()) >= RECORDS
      },
      200_000,
      () => `not done:\n${services.map((s) => s.stderr.slice(-1_000)).join('\n')}`,
    )
    // What the dead one left in the outbox is sent again after 5 s by the holder of the lease.
    const states = storeOf().states
    await until(
      async () => (await states.pending(0)).length === 0,
      30_000,
      () => 'the outbox is not empty',
    )
    for (const service of [other, third]) {
      const code = await service.stop()
      if (code !== 0) throw new Error(`ended with ${code}:\n${service.stderr.slice(-4_000)}`)
    }
    await seen.stop()
    const read = async <T>(topic: string) =>
      (await client.readAll(topic)).map(({ value }) => JSON.parse(value!.toString()) as T)
    alerts = await read<Alert>(at.topics.alerts)
    verdicts = await read<Verdict>(at.topics.verdicts)
    letters = (await client.readAll(at.topics.deadLetters)).map(
      ({ headers }) => `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`,
    )
  }, 300_000)

  afterAll(async () => {
    await Promise.all(links.map((link) => link.close()))
    await Promise.all(services.map((service) => service.kill()))
    await redis?.stop()
  })

  const links: ReturnType<typeof connectRedis>[] = []
  function storeOf() {
    const link = connectRedis({ url: redis.url, commandTimeout: 10_000 })
    links.push(link)
    const scope = { deployment: at.groupId, clusterId, topic: at.topics.messages }
    const prefix = `sigwatch:${scope.deployment}:${scope.clusterId}:${scope.topic}`
    return {
      features: redisFeatureStore(link, { ...scope, budgetMs: 10_000, tokenKeys: [TOKEN_KEY] }),
      states: new RedisStateStore({ link, prefix, clock: exactClock(Date.now) }),
    }
  }

  it('loses no record: each has a verdict or a dead letter', () => {
    const ids = new Set(verdicts.map((verdict) => verdict.id))
    expect(ids.size + new Set(letters).size).toBe(RECORDS)
    const reread = verdicts.length - ids.size
    // At least once: what the dead one had not committed was judged again.
    expect(reread).toBeLessThan(RECORDS / 4)
  })

  it('says the same of a message whenever it is judged', () => {
    const said = new Map<string, string>()
    for (const { id, label, reasons, degraded } of verdicts) {
      expect(degraded).toBeUndefined()
      const what = `${label} ${[...reasons].sort().join()}`
      expect(said.get(id) ?? what, id).toBe(what)
      said.set(id, what)
    }
  })

  it('counts nothing twice: the counters of ports and signatures equal a recount of the records', async () => {
    const { features } = storeOf()
    const expected = recount(traffic)
    const days = [...new Set([...expected.values()].flatMap((byDay) => [...byDay.keys()]))]
    expect(days.length).toBeGreaterThan(0)
    const names = [...expected.keys()]
    expect(names.length).toBeGreaterThan(300)
    const wrong: string[] = []
    for (const entity of names) {
      const counted = await features.sent(entity, days)
      days.forEach((day, i) => {
        const right = expected.get(entity)!.get(day) ?? 0
        if (counted[i] !== right) wrong.push(`${entity} on ${day}: ${counted[i]} instead of ${right}`)
      })
    }
    expect(wrong).toEqual([])
  })

  it('misses no event of a state, and repeats one only under its id', () => {
    const byState = new Map<string, Map<string, Alert>>()
    for (const alert of alerts) {
      const { state } = alert.data
      if (!state) continue
      const events = byState.get(state.id) ?? new Map<string, Alert>()
      byState.set(state.id, events)
      const repeated = events.get(alert.id)
      if (repeated) expect(alert).toEqual(repeated)
      events.set(alert.id, checkedAlert(alert))
    }
    expect(byState.size).toBeGreaterThan(20)
    for (const events of byState.values()) {
      const episodes = new Map<number, number[]>()
      for (const { data } of events.values()) {
        const { episode, revision } = data.state!
        episodes.set(episode, [...(episodes.get(episode) ?? []), revision])
      }
      for (const revisions of episodes.values()) {
        expect(revisions.sort((a, b) => a - b)).toEqual(revisions.map((_, i) => i + 1))
      }
    }
  })

  it('finds what was planted', () => {
    const raised = alerts.filter((a) => a.type === 'sigwatch.alert.raised' && a.data.state)
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
})

/** Messages by `port:…` and `signature:…` and UTC day, counted from the records: parts of one SMS are one message. */
function recount({ records }: Traffic): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  const count = (entity: string, ts: number) => {
    const day = new Date(ts).toISOString().slice(0, 10)
    const byDay = counts.get(entity) ?? new Map<string, number>()
    counts.set(entity, byDay.set(day, (byDay.get(day) ?? 0) + 1))
  }
  const limits = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
  const parts = new Map<string, { ts: number; from: string; text: string; index: number; left: number }>()
  const finish = (from: string, ts: number, text: string) => {
    count(`port:${from}`, ts)
    const signature = /^【([^】]+)】/.exec(text)?.[1]
    if (signature !== undefined) count(`signature:${signature}`, ts)
  }
  for (const { value } of records) {
    const position = { topic: '', partition: 0, offset: 0 }
    const record = decode({ value, timestamp: Date.now(), position }, limits)
    if (isRejection(record)) continue
    const from = canonicalNumber(record.from)
    if (!record.part) {
      finish(from, record.ts, record.text)
      continue
    }
    const { ref, index, count: of } = record.part
    const key = `${from}/${record.to}/${ref}`
    const known = parts.get(key) ?? {
      ts: record.ts,
      from,
      text: '',
      index: Number.POSITIVE_INFINITY,
      left: of,
    }
    const first = index < known.index
    const next = {
      ...known,
      left: known.left - 1,
      ...(first ? { ts: record.ts, text: record.text, index } : {}),
    }
    parts.set(key, next)
  }
  // Those that are cut off by the end of the records come by their deadline.
  for (const { from, ts, text } of parts.values()) finish(from, ts, text)
  return counts
}
