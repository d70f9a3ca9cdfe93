import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { stringify } from 'yaml'
import { registryOf } from '../../src/simulator/cast.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { startKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { startService } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'

/**
 * From the broker's append of a message to its append of the alert on it, at a steady rate, by the timestamps of the
 * broker: what a blocking service waits for. Beside it, in the same run, a bare consumer and producer that only copies
 * messages from topic to topic, which is what the brokers and the machine take of it.
 */
const RATE = Number(process.argv[2] ?? 1_000)
const SECONDS = Number(process.argv[3] ?? 30)
const WARM_UP = 5
const TICK = 20

const folder = await mkdtemp(join(tmpdir(), 'sigwatch-bench-'))
const [broker, redis] = [await startKafka(), await startRedis()]
const client = plainClient(broker.brokers)
const append = { 'message.timestamp.type': 'LogAppendTime' }
const at = await createServiceTopics(client, broker.brokers, { partitions: 6, config: append })
const copies = await client.createTopic({ config: append })

const simulation = simulate({ scenario: 'double-eleven-hour', seed: 3, minutes: 30, rate: 200 })
const registry = join(folder, 'registry.yaml')
await writeFile(registry, stringify(registryOf(simulation.cast)))
const service = await startService({ ...at.env, REDIS_URL: redis.url, SIGWATCH_REGISTRY: registry })
await service.ready()

const copier = client.kafka.consumer({ groupId: `${at.groupId}-copier`, maxWaitTimeInMs: 100 })
const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await Promise.all([copier.connect(), producer.connect()])
await copier.subscribe({ topic: at.topics.messages })
await copier.run({
  partitionsConsumedConcurrently: 8,
  eachBatch: async ({ batch }) => {
    const messages = batch.messages.map(({ offset, timestamp }) => ({
      value: JSON.stringify({ partition: batch.partition, offset, timestamp }),
    }))
    await producer.send({ topic: copies, acks: -1, messages })
  },
})
await sleep(3_000)

/** The traffic of the scenario, sent now: event time follows the clock. */
const values = [...simulation.minutes()].flat().filter(({ value }) => typeof value === 'string')
console.log(`${RATE} messages/s for ${SECONDS} s, of which the first ${WARM_UP} s warm up`)
let sent = 0
const began = Date.now()
while (Date.now() - began < SECONDS * 1_000) {
  const due = Math.floor(((Date.now() - began) / 1_000) * RATE)
  const messages = []
  for (; sent < due; sent++) {
    const { key, value } = values[sent % values.length]!
    messages.push({ key, value: restamped(String(value), sent) })
  }
  if (messages.length > 0) await producer.send({ topic: at.topics.messages, acks: -1, messages })
  await sleep(TICK)
}
await sleep(3_000)

function restamped(value: string, n: number): string {
  try {
    const record = JSON.parse(value) as { id: string; ts: number }
    return JSON.stringify({ ...record, id: `${n}-${record.id}`, ts: Date.now() })
  } catch {
    return value
  }
}

type Place = { readonly partition: number; readonly offset: number }
const key = ({ partition, offset }: Place) => `${partition}/${offset}`
const appended = new Map((await client.readAll(at.topics.messages)).map((r) => [key(r), r.timestamp]))
const from = began + WARM_UP * 1_000

const toAlert: number[] = []
for (const { value, timestamp } of await client.readAll(at.topics.alerts)) {
  const { data } = JSON.parse(value!.toString()) as { data: { state?: unknown; provenance: Place } }
  const start = appended.get(key(data.provenance))
  if (!data.state && start !== undefined && start >= from) toAlert.push(timestamp - start)
}
const toCopy: number[] = []
for (const { value, timestamp } of await client.readAll(copies)) {
  const { timestamp: start } = JSON.parse(value!.toString()) as { timestamp: string }
  if (Number(start) >= from) toCopy.push(timestamp - Number(start))
}
const [alerts, copied] = [quantiles(toAlert), quantiles(toCopy)]
console.log(`${sent} sent, ${toAlert.length} message alerts`)
console.log(`append to alert: ${shown(alerts)}`)
console.log(`append to copy by a bare consumer: ${shown(copied)}`)
console.log(`ratio of p99: ${(alerts.p99 / Math.max(1, copied.p99)).toFixed(2)}`)

function quantiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const of = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
  return { p50: of(0.5), p90: of(0.9), p99: of(0.99), max: sorted.at(-1) ?? Number.NaN }
}

function shown({ p50, p90, p99, max }: ReturnType<typeof quantiles>): string {
  return `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, max ${max} ms`
}

await copier.disconnect()
await producer.disconnect()
await service.stop()
await redis.stop()
await broker.stop()
await rm(folder, { recursive: true })
process.exit(0)
