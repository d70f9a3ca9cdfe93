import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'
import { createTokeniser } from '../../src/domain/token.ts'
import { startKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'
import { DAY_FILES, judgeDay, linesOf, readTruth, stateAlerts } from './day-files.ts'
import { printDay } from './day-print.ts'
import { StateTrack } from './day-states.ts'

/**
 * The day that `npm run bench -- day --keep DAY` left, through Kafka and Redis with three instances, of which one is
 * killed and one is stopped and replaced on the way; its states beside those of the embedded run. Messages are produced
 * no faster than they are judged, as on a live topic: `--ahead` of them at most wait.
 */
const { values: options } = parseArgs({
  options: {
    day: { type: 'string' },
    ahead: { type: 'string', default: '8000' },
    partitions: { type: 'string', default: '12' },
  },
})
const day = options.day
if (day === undefined) throw new Error('name the folder of a day: --day DIR, made by npm run bench -- day --keep DIR')
const AHEAD = Number(options.ahead)
const CHUNK = 2_000
const say = (line: string) => process.stderr.write(`${line}\n`)

const out = join(day, 'kafka')
await mkdir(out, { recursive: true })
const [broker, redis] = [await startKafka(), await startOwnRedis()]
const client = plainClient(broker.brokers)
const at = await createServiceTopics(client, broker.brokers, {
  partitions: Number(options.partitions),
  side: ['consents', 'replies', 'complaints'],
})
const env = {
  ...at.env,
  REDIS_URL: redis.url,
  SIGWATCH_REGISTRY: join(day, DAY_FILES.registry),
  // The day is weeks old, or to come, and two cores do the work of a cluster.
  SIGWATCH_ALERTS_MAX_AGE: '0',
  SIGWATCH_REDIS_BUDGET: '10s',
}

const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()
const send = (topic: string, messages: readonly { key: string; value: string }[]) =>
  producer.send({ topic, acks: -1, messages: [...messages] })

/** Side rows with their keys, in the order of the file. */
async function sideRows(name: 'consents' | 'replies' | 'complaints') {
  const rows: { key: string; value: string }[] = []
  for await (const value of linesOf(day as string, DAY_FILES[name])) {
    const row = JSON.parse(value) as { signature?: string; to?: string; from?: string }
    rows.push({ key: name === 'consents' ? `${row.signature}|${row.to}` : `${row.from}`, value })
  }
  return rows
}
for (const name of ['consents', 'replies', 'complaints'] as const) await send(at.topics[name], await sideRows(name))

/** Writes what comes on a topic to a file, a line a record. */
async function tap(topic: string, file: string) {
  const lines = createWriteStream(join(out, file))
  const seen = new Map<number, number>()
  let count = 0
  const consumer = client.kafka.consumer({ groupId: `${at.groupId}-${file}`, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const from = seen.get(batch.partition) ?? -1
      const values = batch.messages.filter((m) => Number(m.offset) > from && m.value !== null)
      if (values.length > 0) lines.write(values.map((m) => `${m.value}\n`).join(''))
      seen.set(batch.partition, Number(batch.lastOffset()))
      count += values.length
    },
  })
  return {
    get count() {
      return count
    },
    async stop() {
      await consumer.disconnect()
      await new Promise<void>((resolve) => lines.end(resolve))
    },
  }
}
const taps = [
  await tap(at.topics.alerts, DAY_FILES.alerts),
  await tap(at.topics.verdicts, DAY_FILES.verdicts),
  await tap(at.topics.deadLetters, DAY_FILES.deadLetters),
] as const

const services: Service[] = []
async function start(): Promise<Service> {
  const service = await startService(env)
  services.push(service)
  return service.ready()
}
const [first, second] = await Promise.all([start(), start(), start()])
say(`three instances are ready; producing from ${day} …`)

const committed = async () =>
  (await client.committed(at.groupId, at.topics.messages)).reduce((sum, n) => sum + Math.max(0, n), 0)
async function settled(count: number): Promise<void> {
  for (let last = -1, since = Date.now(); ; await sleep(200)) {
    const done = await committed()
    if (done >= count) return
    if (done > last) [last, since] = [done, Date.now()]
    const failed = services.find((s) => s.exited && s.child.exitCode !== 0 && s !== first)
    if (failed || Date.now() - since > 120_000)
      throw new Error(`stuck at ${done} of ${count}:\n${(failed ?? services.at(-1))?.stderr.slice(-4_000)}`)
  }
}

const total = (await count(day, DAY_FILES.messages)) as number
const began = performance.now()
let produced = 0
let [span, restarts] = [{ start: Number.POSITIVE_INFINITY, end: 0 }, 0]
let chunk: { key: string; value: string }[] = []
async function flush() {
  if (chunk.length === 0) return
  await send(at.topics.messages, chunk)
  produced += chunk.length
  chunk = []
  if (restarts === 0 && produced > total / 3) {
    restarts++
    say(`${produced} produced: one instance is killed, another comes`)
    await first?.kill()
    await start()
  } else if (restarts === 1 && produced > (2 * total) / 3) {
    restarts++
    say(`${produced} produced: one instance is stopped, another comes`)
    const code = await second?.stop()
    if (code !== 0) throw new Error(`it ended with ${code}`)
    await start()
  }
  await settled(produced - AHEAD)
}
for await (const value of linesOf(day, DAY_FILES.messages)) {
  const [from, ts] = [/"from":"([^"]*)"/.exec(value)?.[1] ?? 'nobody', Number(/"ts":(\d{13})\b/.exec(value)?.[1])]
  chunk.push({ key: from, value })
  if (chunk.length === CHUNK) await flush()
  // Broken records may lie far away.
  if (produced === 0 && ts < span.start) span = { ...span, start: ts }
}
await flush()
await settled(produced)
const seconds = (performance.now() - began) / 1_000
await sleep(6_000)
for (const service of services) if (!service.exited) await service.stop()
await sleep(2_000)
await Promise.all(taps.map((t) => t.stop()))
say(`${produced} records in ${seconds.toFixed(0)} s, ${taps.map((t) => t.count).join(' / ')} alerts, verdicts, dead letters`)

async function count(...path: string[]): Promise<number> {
  let n = 0
  for await (const _ of linesOf(...path)) n++
  return n
}

/** Raises by code and target, with their event times. */
async function raisesOf(folder: string): Promise<Map<string, number[]>> {
  const track = new StateTrack()
  for await (const alert of stateAlerts(folder)) track.add(alert)
  const times = new Map<string, number[]>()
  for (const { code, target, at: time } of track.raises()) {
    // Recipients are tokens of different keys.
    const key = `${code} ${target.kind}:${target.kind === 'recipient' ? '*' : target.id}`
    times.set(key, [...(times.get(key) ?? []), time].sort((a, b) => a - b))
  }
  return times
}

const [embedded, served] = [await raisesOf(day), await raisesOf(out)]
const apart: number[] = []
const differ: string[] = []
for (const key of new Set([...embedded.keys(), ...served.keys()])) {
  const [a, b] = [embedded.get(key) ?? [], served.get(key) ?? []]
  if (a.length !== b.length) differ.push(`${key}: ${a.length} embedded (${a.map(clock).join(' ')}), ${b.length} served (${b.map(clock).join(' ')})`)
  else apart.push(...a.map((time, i) => Math.abs(time - (b[i] as number))))
}
apart.sort((a, b) => a - b)
console.log(`states raised in both: ${apart.length}; in one alone, or not as often: ${differ.length}`)
for (const line of differ) console.log(`  ${line}`)
const within = (ms: number) => apart.filter((d) => d <= ms).length
console.log(`of ${apart.length} raises, at the same event time ${within(0)}, within 10 s ${within(10_000)}, within 60 s ${within(60_000)}; most ${(apart.at(-1) ?? 0) / 1_000} s`)

function clock(ts: number): string {
  return new Date(ts + 8 * 3_600_000).toISOString().slice(11, 19)
}

const last = (await readTruth(day, { start: span.start, end: Number.POSITIVE_INFINITY })).records
const end = Math.max(...[...last.values()].map((r) => r.ts).filter((ts) => ts < span.start + 2 * 86_400_000))
const truth = await readTruth(day, { start: span.start, end })
console.log(printDay(await judgeDay(out, truth, createTokeniser({ keyId: '1', key: TOKEN_KEY })), () => ''))

await producer.disconnect()
await redis.stop()
await broker.stop()
process.exit(0)
