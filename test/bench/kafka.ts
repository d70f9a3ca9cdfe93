// CPU time per message over Kafka and Redis: a backlog of simulated traffic, read by one and two instances with all codes,
// verdicts, consents and replies on, and for comparison by a consumer that only parses JSON, a plain Python script and a Kafka
// Streams application (test/bench/peers). Broker, Redis and programs share the machine, so the CPU time of each process is
// measured (/proc), excluding the first quarter of the messages (start-up and compilation) and the last 3% (parts of messages
// wait for others that never come).
//
//   npm run bench -- kafka [--traffic dense] [--messages 240000] [--instances 1,2] [--peers bare,python,streams]
//     [--rounds 1] [--main dist/main.js,OTHER] [--plain-topics] [--profile DIR] [--json FILE] [--keep] [--delivery at-least-once,exactly-once]
//     [--set SIGWATCH_BATCH_MAX_RECORDS=400 …]
//
// Several builds in `--main` take turns on the same backlog; options of Node may follow a path, as in
// `dist/main.js --max-semi-space-size=64`. `--plain-topics`: without consents and replies, for which every message is stored.
// `--delivery`: each mode in turn. `--set`: a setting of the instances. `--profile`: writes a CPU profile of each instance.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'
import { startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { fetchMavenJars } from '../helpers/maven-jars.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { MAIN, type Service, startService } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'
import { KINDS, type Kind, linesOfTraffic, trafficOf } from './embedded-traffic.ts'
import { compareWithLast } from './last-results.ts'
import { median } from './median.ts'
import { cpuSeconds, load } from './processes.ts'

const ROOT = join(import.meta.dirname, '../..')
const PARTITIONS = 6
/** Share of the messages before measuring starts. */
const WARM = 0.25
/** Share of the messages at which measuring ends: the last ones wait, idle, for parts that never come. */
const MEASURED = 0.97
/** Poll interval of the end of the verdict topic, ms: each poll costs the broker CPU time. */
const POLL = 500
/** Timeout for the last verdict, ms: a message was lost, or the machine is far too slow. */
const GIVE_UP = 600_000

const { values: options } = parseArgs({
  options: {
    traffic: { type: 'string', default: 'dense' },
    messages: { type: 'string', default: '240000' },
    instances: { type: 'string', default: '1,2' },
    peers: { type: 'string', default: 'bare,python,streams' },
    rounds: { type: 'string', default: '1' },
    main: { type: 'string', default: MAIN },
    'plain-topics': { type: 'boolean', default: false },
    delivery: { type: 'string', default: 'at-least-once' },
    set: { type: 'string', multiple: true, default: [] },
    profile: { type: 'string' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
if (!(options.traffic in KINDS)) {
  console.error(`--traffic: ${options.traffic} is none of ${Object.keys(KINDS).join(', ')}`)
  process.exit(2)
}

const DELIVERIES = options.delivery.split(',')

/** CPU time per message by process, µs, and throughput. */
interface Measured {
  readonly program: string
  readonly messages: number
  /** CPU time of all instances of the program, of the broker and of Redis. */
  readonly own: number
  readonly broker: number
  readonly redis: number
  readonly total: number
  /** Messages per second on two dedicated cores. */
  readonly perSecondOfTwoCores: number
  readonly perSecondByClock: number
  readonly load: number
}

const say = (line: string) => process.stderr.write(`${line}\n`)
const folder = mkdtempSync(join(tmpdir(), 'sigwatch-bench-'))
const [broker, redis] = [await startOwnKafka(), await startOwnRedis()]
const client = plainClient(broker.brokers)
const admin = client.kafka.admin()
await admin.connect()

const traffic = await trafficOf(options.traffic as Kind, Number(options.messages))
const lines = linesOfTraffic(traffic)

/** Fills a topic as gateways do, with all records of a port in one partition. */
async function fill(topic: string): Promise<void> {
  const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let at = 0; at < lines.length; at += 2_000) {
    const messages = lines
      .slice(at, at + 2_000)
      .map((value) => ({ key: /"from":"([^"]*)"/.exec(value)![1]!, value }))
    await producer.send({ topic, acks: -1, messages })
  }
  await producer.disconnect()
}

/** Number of committed records of the backlog. Not by outputs: transactions add control records to them. */
async function committedOf(groupId: string, backlog: string): Promise<number> {
  return (await client.committed(groupId, backlog)).reduce((sum, offset) => sum + Math.max(0, offset), 0)
}

async function endOf(topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
}

/** CPU time of the processes when `done` messages are processed. */
interface Point {
  readonly done: number
  readonly at: number
  readonly own: number
  readonly broker: number
  readonly redis: number
}

function pointOf(done: number, children: readonly ChildProcess[]): Point {
  return {
    done,
    at: performance.now(),
    own: children.reduce((sum, { pid }) => sum + cpuSeconds(pid!), 0),
    broker: cpuSeconds(broker.process.pid!),
    redis: cpuSeconds(redis.process.pid!),
  }
}

function between(program: string, from: Point, to: Point): Measured {
  const messages = to.done - from.done
  const micros = (of: 'own' | 'broker' | 'redis') => (1e6 * (to[of] - from[of])) / messages
  const [own, brokerMicros, redisMicros] = [micros('own'), micros('broker'), micros('redis')]
  const total = own + brokerMicros + redisMicros
  return {
    program,
    messages,
    own,
    broker: brokerMicros,
    redis: redisMicros,
    total,
    perSecondOfTwoCores: 2e6 / total,
    perSecondByClock: (1000 * messages) / (to.at - from.at),
    load: load(),
  }
}

/** Runs a peer, which prints the number of processed records, one per line. */
async function peer(program: string, command: string, args: readonly string[]): Promise<Measured> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT })
  let [from, to]: (Point | undefined)[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const said = (rest + chunk).split('\n')
    rest = said.pop()!
    const done = Number(said.at(-1))
    if (!(done >= WARM * lines.length) || child.exitCode !== null) return
    from ??= pointOf(done, [child])
    if (done >= MEASURED * lines.length) to ??= pointOf(done, [child])
  })
  await once(child, 'exit')
  if (!from || !to) throw new Error(`${program} ended before it had read all`)
  return between(program, from, to)
}

/** Runs instances until every message has its verdict. */
async function instances(
  program: string,
  { main, count, delivery }: { readonly main: string; readonly count: number; readonly delivery: string },
  backlog: string,
): Promise<Measured> {
  const at = await createServiceTopics(client, broker.brokers, {
    verdictPartitions: PARTITIONS,
    ...(options['plain-topics'] ? {} : { side: ['consents', 'replies'] }),
  })
  const env = {
    ...at.env,
    REDIS_URL: redis.url,
    SIGWATCH_REGISTRY: traffic.registry,
    SIGWATCH_KAFKA_TOPICS_MESSAGES: backlog,
    // The traffic is not of today, and two cores replace a cluster.
    SIGWATCH_ALERTS_MAX_AGE: '0',
    SIGWATCH_REDIS_BUDGET: '10s',
    SIGWATCH_LOG_LEVEL: 'warn',
    ...(delivery === 'exactly-once' ? { SIGWATCH_DELIVERY: delivery } : {}),
    ...Object.fromEntries(options.set.map((setting) => setting.split('=', 2))),
  }
  const [path, ...own] = main.split(' ')
  const node = options.profile ? [...own, '--cpu-prof', '--cpu-prof-dir', resolve(options.profile)] : own
  const services: Service[] = await Promise.all(
    Array.from({ length: count }, () => startService(env, [], { main: resolve(path!), node })),
  )
  const children = services.map(({ child }) => child)
  let from: Point | undefined
  let to: Point | undefined
  for (const [began, end] = [Date.now(), lines.length]; ; await sleep(POLL)) {
    if (Date.now() - began > GIVE_UP || services.some(({ exited }) => exited))
      throw new Error(`not done:\n${services.map(({ stderr }) => stderr.slice(-2_000)).join('\n')}`)
    const done = DELIVERIES.includes('exactly-once')
      ? await committedOf(at.groupId, backlog)
      : await endOf(at.topics.verdicts)
    if (done >= WARM * end) from ??= pointOf(done, children)
    if (done >= MEASURED * end) to ??= pointOf(done, children)
    if (done >= end) break
  }
  const degraded = await services[0]!.metric('sigwatch_features_degraded_seconds_total').catch(() => 0)
  if (degraded > 0) say(`${program}: ${degraded} s without rates`)
  await Promise.all(services.map((service) => service.stop()))
  return between(program, from!, to!)
}

const PEERS: Readonly<Record<string, (backlog: string) => Promise<Measured>>> = {
  bare: (backlog) =>
    peer('bare kafkajs consumer', process.execPath, [
      ...['--import', 'tsx', join(import.meta.dirname, 'peers/bare.ts')],
      ...[broker.brokers.join(','), backlog, String(lines.length)],
    ]),
  async python(backlog) {
    const training = join(folder, 'training.tsv')
    const writers = join(ROOT, 'corpus/writers')
    const files = readdirSync(writers).filter((name) => name.endsWith('.tsv'))
    writeFileSync(training, files.map((name) => readFileSync(join(writers, name), 'utf8')).join('\n'))
    const alerts = await client.createTopic()
    return peer('plain Python script', '/usr/bin/python3', [
      ...[join(import.meta.dirname, 'peers/plain.py'), broker.brokers.join(','), redis.url],
      ...[training, backlog, alerts, String(lines.length)],
    ])
  },
  async streams(backlog) {
    const peers = join(import.meta.dirname, 'peers/streams')
    const jars = fetchMavenJars(join(peers, 'pom.xml'), 'kafka-streams-4.3.1', 'kafka-streams-4.3.1.jar')
    const alerts = await client.createTopic()
    return peer('Kafka Streams, 2 threads', 'java', [
      ...['-Xmx512m', '-cp', join(jars, '*'), join(peers, 'CountSignatures.java'), broker.brokers.join(',')],
      ...[backlog, alerts, String(lines.length), '2', join(folder, 'streams')],
    ])
  },
}

const results: Measured[] = []
console.log(
  `${lines.length} messages (${options.traffic}), ${(100 * traffic.repeats).toFixed(0)}% repeat a text; µs of CPU a message`,
)
console.log('program                      own  broker   Redis   total   of 2 cores/s  by the clock/s   load')
function note(one: Measured): void {
  results.push(one)
  const cells = [
    one.program.padEnd(24),
    ...[one.own, one.broker, one.redis, one.total].map((n) => n.toFixed(1).padStart(7)),
    ...[one.perSecondOfTwoCores, one.perSecondByClock].map((n) =>
      Math.round(n).toLocaleString('en-US').padStart(15),
    ),
    one.load.toFixed(1).padStart(6),
  ]
  console.log(cells.join(' '))
}

/** Median over the rounds of the CPU time per message of all processes. */
function medianOf(program: string): number {
  return median(results.flatMap((one) => (one.program === program ? [one.total] : [])))!
}

const backlog = await client.createTopic({ partitions: PARTITIONS })
await fill(backlog)
for (let round = 0; round < Number(options.rounds); round++) {
  for (const name of options.peers.split(',').filter(Boolean)) note(await PEERS[name]!(backlog))
  for (const count of options.instances.split(',').filter(Boolean).map(Number)) {
    for (const [n, main] of options.main.split(',').entries()) {
      const build = n === 0 ? '' : ` (build ${n + 1})`
      for (const delivery of DELIVERIES) {
        const name = delivery === 'exactly-once' ? `exactly once, ${count}` : `sigwatch, ${count}`
        const program = `${name} instance${count > 1 ? 's' : ''}${build}`
        note(await instances(program, { main, count, delivery }, backlog))
      }
    }
  }
}
const machine = { node: process.version, cpu: cpus()[0]!.model, cores: cpus().length }
const report = { ...machine, traffic: options.traffic, messages: lines.length, results }
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
const values: Record<string, number> = {}
for (const { program } of results) values[`${options.traffic}, ${program}`] = medianOf(program)
compareWithLast('kafka', { unit: 'µs', values }, options.keep)
await admin.disconnect()
await redis.stop()
await broker.stop()
rmSync(folder, { recursive: true })
process.exit(0)
