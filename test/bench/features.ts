/**
 * Throughput of `count`, and memory of the features in Redis. `npx tsx test/bench/features.ts [seconds]`
 * Synthetic observations: signatures by Zipf's law with one to three ports each; two of five messages are commercial, with four
 * campaign bands and two tallies by recipient; one in three is a one-time password, with one tally.
 */
import { Redis } from 'ioredis'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { FeatureStore, Observations } from '../../src/domain/feature-store.ts'
import type { TrafficGroup } from '../../src/domain/labels.ts'
import { SHARDS } from '../../src/stores/rates/layout.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { redisFeatureStore } from '../../src/stores/rates/redis.ts'
import { startOwnRedis, startRedisCluster } from '../helpers/redis-server.ts'

const BATCH = 2048
const SECONDS = Number(process.argv[2] ?? 4)
const SIGNATURES = 3000
const RECIPIENTS = 2_000_000
/** Messages per second of event time: the full speed of an instance. */
const RATE = 20_000
const TOPIC = 'sms.mt'
const T0 = Date.UTC(2026, 10, 11, 8)

let seed = 42
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 0x1_0000_0000
}

const cumulative = new Float64Array(SIGNATURES)
for (let i = 0, sum = 0; i < SIGNATURES; i++) {
  sum += 1 / (i + 1)
  cumulative[i] = sum
}
function zipf(): number {
  const at = random() * cumulative[SIGNATURES - 1]!
  let [low, high] = [0, SIGNATURES - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}

let offset = 0
function message(full: boolean): Observations {
  const n = zipf()
  const signature = `签名${n}`
  const port = `1069${(n * 7919) % 1_000_000}${Math.floor(random() * (1 + (n % 3)))}`
  const kind = random()
  const group: TrafficGroup = kind < 0.4 ? 'commercial' : kind < 0.41 ? 'fraud' : 'notice'
  const ts = T0 + Math.floor((offset / RATE) * 1000) - Math.floor(random() * 3000)
  const recipient = `1.${Math.floor(random() * RECIPIENTS)
    .toString(36)
    .padStart(22, 'x')}`
  const sender = `${signature}@${port}`
  const isCommercial = group === 'commercial'
  const reportFrom = isCommercial ? 60 : Number.POSITIVE_INFINITY
  const rates = [{ entity: `signature:${signature}`, group, baseline: isCommercial, reportFrom }]
  const tally = (name: string, window: number, reportFrom: number) => ({
    kind: name,
    id: recipient,
    window,
    reportFrom,
  })
  const tallies =
    group === 'commercial'
      ? [tally('commercial-1h', 3_600_000, 11), tally('commercial-24h', 86_400_000, 31)]
      : kind > 0.66
        ? [tally('otp-10m', 600_000, 9)]
        : []
  const base = { position: { topic: TOPIC, partition: (offset >> 9) & 3, offset: offset++ }, ts }
  if (!full) return { ...base, rates, members: [], tallies: tallies.slice(0, 1), sent: [] }
  const template = `${n}.${Math.floor(random() * 20)}`
  const bands =
    group === 'notice' ? [] : ['a', 'b', 'c', 'd'].map((band) => `campaign-senders:${band}${template}`)
  return {
    ...base,
    rates,
    members: [
      {
        entity: `port-signatures:${port}`,
        member: signature,
        window: 86_400_000,
        reportFrom: 2,
        minCount: 3,
      },
      ...bands.map((entity) => ({ entity, member: sender, window: 3_600_000, reportFrom: 4, minCount: 1 })),
    ],
    tallies,
    sent: [`signature:${signature}`, `port:${port}`],
  }
}

/** CPU time of the servers so far, s. */
async function serverCpu(servers: readonly Redis[]): Promise<number> {
  const infos = await Promise.all(servers.map((s) => s.info('cpu')))
  return infos
    .flatMap((info) => [...info.matchAll(/^used_cpu_(?:user|sys):(\S+)/gm)])
    .reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}

async function measure(
  name: string,
  store: FeatureStore,
  full: boolean,
  servers: readonly Redis[] = [],
): Promise<void> {
  offset = 0
  seed = 42
  const latencies: number[] = []
  let messages = 0
  let readings = 0
  const end = performance.now() + SECONDS * 1000
  let own = 0
  const server = await serverCpu(servers)
  while (performance.now() < end) {
    const batch = Array.from({ length: BATCH }, () => message(full))
    const cpu = process.cpuUsage()
    const started = performance.now()
    const { rates, members, tallies, counted } = await store.count(batch)
    latencies.push(performance.now() - started)
    const used = process.cpuUsage(cpu)
    own += used.user + used.system
    if (!counted) console.log(`${name}: a batch was not counted`)
    messages += batch.length
    readings += rates.length + members.length + tallies.length
  }
  const theirs = 1e6 * ((await serverCpu(servers)) - server)
  const sum = latencies.reduce((a, b) => a + b, 0)
  latencies.sort((a, b) => a - b)
  const at = (q: number) => latencies[Math.floor((latencies.length - 1) * q)]!.toFixed(1)
  console.log(
    `${name}: ${((1000 * sum) / messages).toFixed(2)} µs a message (${Math.round(messages / (sum / 1000))}/s); CPU a message: ` +
      `${(own / messages).toFixed(2)} µs here, ${(theirs / messages).toFixed(2)} µs in Redis; ` +
      `batch p10 ${at(0.1)} ms p50 ${at(0.5)} ms p99 ${at(0.99)} ms, ${(readings / latencies.length).toFixed(0)} readings`,
  )
}

const LAYOUTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['rate', /:r:/],
  ['baseline', /:b:/],
  ['members', /:m:/],
  ['tallies', /:u:/],
  ['sent hash', /:s:/],
]

/** Memory after an hour in which every entity is active in every minute. */
async function memory(store: FeatureStore, client: Redis): Promise<void> {
  await client.flushall()
  offset = 0
  for (let minute = 0; minute < 62; minute++) {
    const batch = Array.from({ length: 20_000 }, () => ({
      ...message(true),
      ts: T0 + minute * 60_000 + Math.floor(random() * 60_000),
    }))
    await store.count(batch)
  }
  const keys = await client.keys('*')
  console.log(
    `\nmemory of ${SIGNATURES} signatures after an hour of ${20_000} messages a minute (${keys.length} keys):`,
  )
  for (const [name, pattern] of LAYOUTS) {
    const those = keys.filter((key) => pattern.test(key))
    const sample = those.filter((_, i) => i % Math.ceil(those.length / 2000) === 0)
    const usage = await Promise.all(sample.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)))
    const fields = await Promise.all(sample.map((key) => client.hlen(key).catch(() => 0)))
    const bytes = usage.map((u) => u ?? 0).sort((a, b) => a - b)
    const total = bytes.reduce((a, b) => a + b, 0)
    console.log(
      `  ${name}: ${those.length} keys, ${(total / sample.length).toFixed(0)} bytes on average, largest ${bytes.at(-1)}, ` +
        `${(total / fields.reduce((a, b) => a + b, 0)).toFixed(0)} bytes a field`,
    )
  }
  const info = await client.info('memory')
  console.log(`  used_memory ${/used_memory_human:(\S+)/.exec(info)?.[1]}`)
}

const scope = { deployment: 'bench', clusterId: 'c', topic: TOPIC, budgetMs: 5000 }
if (process.argv[3] !== 'redis') await measure('memory, simple', memoryFeatureStore(), false)
await measure('memory, full', memoryFeatureStore(), true)

const server = await startOwnRedis()
const client = new Redis(server.url)
const link = connectRedis({ url: server.url, commandTimeout: 5000 })
await measure('Redis, simple', redisFeatureStore(link, { ...scope, deployment: 'simple' }), false, [client])
const before = await client.info('commandstats')
await measure('Redis, full', redisFeatureStore(link, scope), true, [client])
const scripts = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/
const [, calls0 = '0', usec0 = '0'] = scripts.exec(before) ?? []
const [, calls1 = '0', usec1 = '0'] = scripts.exec(await client.info('commandstats')) ?? []
console.log(
  `  a script call: ${((Number(usec1) - Number(usec0)) / (Number(calls1) - Number(calls0))).toFixed(0)} µs (${SHARDS} a batch)`,
)
if (process.argv[3] === 'memory') await memory(redisFeatureStore(link, scope), client)
client.disconnect()
await link.close()
await server.stop()

const servers = await startRedisCluster()
const clusterLink = connectRedis({ nodes: servers.nodes, commandTimeout: 5000 })
const nodes = servers.nodes.map((node) => new Redis(`redis://${node}`))
await measure('Redis Cluster, full', redisFeatureStore(clusterLink, scope), true, nodes)
for (const node of nodes) node.disconnect()
await clusterLink.close()
await servers.stop()
