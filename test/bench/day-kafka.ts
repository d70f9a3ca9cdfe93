import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'
import { createTokeniser } from '../../src/domain/token.ts'
import { startKafka } from '../helpers/kafka-broker.ts'
import { plainClient, recordsOf } from '../helpers/kafka-client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'
import { DAY_FILES, judgeDay, linesOf, readTruth, stateAlerts } from './day-files.ts'
import { printDay } from './day-print.ts'
import { StateTrack } from './day-states.ts'

/**
 * Runs the day of `npm run bench -- day --keep DAY` through Kafka and Redis with three instances, of which one is killed and one
 * is stopped, both replaced, and compares its states with those of the embedded run. As on a live topic, no message is sent
 * before those of `--ahead` seconds earlier are judged; with `--backlog`, all are sent before the first instance starts.
 */
const { values: options } = parseArgs({
  options: {
    day: { type: 'string' },
    /** Seconds of event time. */
    ahead: { type: 'string', default: '60' },
    backlog: { type: 'boolean', default: false },
    partitions: { type: 'string', default: '12' },
  },
})
const day = options.day
if (day === undefined)
  throw new Error('name the folder of a day: --day DIR, made by npm run bench -- day --keep DIR')
const STEP = 15_000
const AHEAD = options.backlog ? Number.POSITIVE_INFINITY : Math.ceil((Number(options.ahead) * 1_000) / STEP)
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
  // The day may be weeks ago or in the future, and two cores replace a cluster.
  SIGWATCH_ALERTS_MAX_AGE: '0',
  SIGWATCH_REDIS_BUDGET: '10s',
}

const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()
const send = (topic: string, messages: readonly { key: string; value: string }[]) =>
  producer.send({ topic, acks: -1, messages: [...messages] })

/** Side rows with their keys, in file order. */
async function sideRows(name: 'consents' | 'replies' | 'complaints') {
  const rows: { key: string; value: string }[] = []
  for await (const value of linesOf(day as string, DAY_FILES[name])) {
    const row = JSON.parse(value) as { signature?: string; to?: string; from?: string }
    rows.push({ key: name === 'consents' ? `${row.signature}|${row.to}` : `${row.from}`, value })
  }
  return rows
}
for (const name of ['consents', 'replies', 'complaints'] as const)
  await send(at.topics[name], await sideRows(name))

/** Writes the records of a topic to a file, one per line. */
async function tap(topic: string, file: string, take: (value: string) => void = () => {}) {
  const lines = createWriteStream(join(out, file))
  const seen = new Map<number, number>()
  const consumer = client.kafka.consumer({ groupId: `${at.groupId}-${file}`, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async (payload) => {
      const { batch } = payload
      const from = seen.get(batch.partition) ?? -1
      const values = (await recordsOf(payload)).flatMap(({ offset, value }) =>
        offset > from && value !== null ? [value.toString()] : [],
      )
      if (values.length > 0) lines.write(values.map((value) => `${value}\n`).join(''))
      values.forEach(take)
      seen.set(batch.partition, Number(batch.lastOffset()))
    },
  })
  return async () => {
    await consumer.disconnect()
    await new Promise<void>((resolve) => lines.end(resolve))
  }
}

const ID = /"id":"([^"]+)"/
/** Step of each record without a verdict yet, by id; without invalid records, which get none. */
const waiting = new Map<string, number>()
/** Number of waiting records by step. */
const left: number[] = []
const invalid = new Set<string>()
for await (const line of linesOf(day, DAY_FILES.truth)) {
  if (line.includes('"label":"invalid"')) invalid.add(ID.exec(line)![1]!)
}
function judged(verdict: string): void {
  const id = ID.exec(verdict)![1]!
  const step = waiting.get(id)
  if (step === undefined) return
  waiting.delete(id)
  left[step]!--
  judgedCount++
}
const taps = [
  await tap(at.topics.alerts, DAY_FILES.alerts),
  await tap(at.topics.verdicts, DAY_FILES.verdicts, judged),
  await tap(at.topics.deadLetters, DAY_FILES.deadLetters),
]

const total = await count(day, DAY_FILES.messages)
let judgedCount = 0
let began = performance.now()
const since = () => ((performance.now() - began) / 1_000).toFixed(0)
const services: Service[] = []
let killed: Service | undefined
async function start(): Promise<Service> {
  const service = await startService(env)
  services.push(service)
  return service.ready()
}

/** One instance is killed after a third of the day and one stopped after two thirds; each is replaced. */
async function run(): Promise<void> {
  const [first, second] = await Promise.all([start(), start(), start()])
  say('three instances are ready')
  began = performance.now()
  await until(() => judgedCount > total / 3)
  say(`${since()} s: one instance is killed, another comes`)
  killed = first
  await first?.kill()
  await start()
  await until(() => judgedCount > (2 * total) / 3)
  say(`${since()} s: one instance is stopped, another comes`)
  const code = await second?.stop()
  if (code !== 0) throw new Error(`it ended with ${code}`)
  await start()
}

async function until(settled: () => boolean): Promise<void> {
  for (let last = -1, since = Date.now(); !settled(); await sleep(5)) {
    if (judgedCount !== last) [last, since] = [judgedCount, Date.now()]
    const failed = services.find((s) => s.exited && s.child.exitCode !== 0 && s !== killed)
    if (failed || Date.now() - since > 120_000)
      throw new Error(
        `stuck with ${last} judged, ${waiting.size} waiting:\n${(failed ?? services.at(-1))?.stderr.slice(-4_000)}`,
      )
  }
}

let [produced, newest, started] = [0, 0, 0]
let running = options.backlog ? undefined : run()
running?.catch(() => {})
let step: { key: string; value: string }[] = []
async function flush() {
  left.push(0)
  for (const { value } of step) {
    const id = ID.exec(value)?.[1]
    if (id === undefined || invalid.has(id) || waiting.has(id)) continue
    waiting.set(id, left.length - 1)
    left[left.length - 1]!++
  }
  await send(at.topics.messages, step)
  produced += step.length
  step = []
  await until(() => left.length <= AHEAD || left[left.length - 1 - AHEAD] === 0)
}
for await (const value of linesOf(day, DAY_FILES.messages)) {
  const from = /"from":"([^"]*)"/.exec(value)?.[1] ?? 'nobody'
  const ts = Number(/"ts":(\d{13})\b/.exec(value)?.[1])
  if (started === 0) started = newest = ts
  // Invalid records may have a distant time.
  if (ts > newest + STEP && ts < newest + 40 * STEP) {
    await flush()
    newest = ts
  }
  step.push({ key: from, value })
}
await flush()
say(`${produced} records are there`)
running ??= run()
await running
await until(() => waiting.size === 0).catch((error: Error) => say(error.message))
const seconds = (performance.now() - began) / 1_000
await sleep(6_000)
for (const service of services) if (!service.exited) await service.stop()
await sleep(2_000)
await Promise.all(taps.map((stop) => stop()))
say(`${produced} records in ${seconds.toFixed(0)} s; without a verdict, broken ones aside: ${waiting.size}`)

async function count(...path: string[]): Promise<number> {
  let n = 0
  for await (const _ of linesOf(...path)) n++
  return n
}

/** Event times of raises by code and target. */
async function raisesOf(folder: string): Promise<Map<string, number[]>> {
  const track = new StateTrack()
  for await (const alert of stateAlerts(folder)) track.add(alert)
  const times = new Map<string, number[]>()
  for (const { code, target, at: time } of track.raises()) {
    // The two runs have different token keys.
    const key = `${code} ${target.kind}:${target.kind === 'recipient' ? '*' : target.id}`
    times.set(
      key,
      [...(times.get(key) ?? []), time].sort((a, b) => a - b),
    )
  }
  return times
}

const [embedded, served] = [await raisesOf(day), await raisesOf(out)]
const apart: number[] = []
const differ: string[] = []
for (const key of new Set([...embedded.keys(), ...served.keys()])) {
  const [a, b] = [embedded.get(key) ?? [], served.get(key) ?? []]
  if (a.length !== b.length)
    differ.push(
      `${key}: ${a.length} embedded (${a.map(clock).join(' ')}), ${b.length} served (${b.map(clock).join(' ')})`,
    )
  else apart.push(...a.map((time, i) => Math.abs(time - (b[i] as number))))
}
apart.sort((a, b) => a - b)
console.log(`states raised in both: ${apart.length}; in one alone, or not as often: ${differ.length}`)
for (const line of differ) console.log(`  ${line}`)
const within = (ms: number) => apart.filter((d) => d <= ms).length
console.log(
  `of ${apart.length} raises, at the same event time ${within(0)}, within 10 s ${within(10_000)}, within 60 s ${within(60_000)}; most ${(apart.at(-1) ?? 0) / 1_000} s`,
)

function clock(ts: number): string {
  return new Date(ts + 8 * 3_600_000).toISOString().slice(11, 19)
}

const truth = await readTruth(day, { start: started, end: newest + STEP })
console.log(printDay(await judgeDay(out, truth, createTokeniser({ keyId: '1', key: TOKEN_KEY })), () => ''))

await producer.disconnect()
await redis.stop()
await broker.stop()
process.exit(0)
