// Latency from the broker's append of a message to its append of the alert on it, by broker timestamps, as seen by a blocking
// service; without multipart messages. Messages are offered at fixed rates (open loop), one in twenty with a forged brand, until
// there are enough alerts for a percentile. For comparison, a bare consumer and producer copy fifty probes per second from topic
// to topic in the same run: the share of broker and machine. `--signatures` fills the registry up with signatures that do not send;
// `--reload` adds a row to it every ten seconds, so that it is read again nearly all the time.
//
//   npm run bench -- latency [--rates 1000,5000,10000] [--alerts 2000] [--signatures N [--reload]] [--main dist/main.js]
//     [--json FILE] [--keep]
import { appendFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { recordsOf } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { MAIN } from '../helpers/service.ts'
import { uniqueName } from '../helpers/unique-name.ts'
import { linesOfTraffic, trafficOf } from './embedded-traffic.ts'
import { compareWithLast } from './last-results.ts'
import { startLive } from './live-service.ts'
import { filledRegistry, lineOf, manyRow } from './many-signatures.ts'
import { asOfNow, offerUntil } from './open-loop.ts'
import { load } from './processes.ts'

const { values: options } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,5000,10000' },
    alerts: { type: 'string', default: '2000' },
    signatures: { type: 'string' },
    reload: { type: 'boolean', default: false },
    main: { type: 'string', default: MAIN },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
if (options.reload && options.signatures === undefined) throw new Error('--reload needs --signatures')
const RATES = options.rates.split(',').map(Number)
/** One message in `FORGED` is forged. */
const FORGED = 20
/** Interval of probes, ms. */
const PROBE_EVERY = 20
/** Time at the start of each rate that is not measured, ms. */
const WARM_UP = 30_000
const MIN_SECONDS = 10
/** Interval of changes to the registry with `--reload`, ms. */
const RELOAD_EVERY = 10_000
/** Number of the first added signature, above those that fill the registry up. */
const FIRST_ADDED = 1_000_000_000
const secondsOf = (rate: number) => Math.max(MIN_SECONDS, (1.1 * FORGED * Number(options.alerts)) / rate)

const [lawful, forged] = [await trafficOf('dense', 240_000), await trafficOf('fraud', 60_000)]
const [ordinary, forgeries] = [linesOfTraffic(lawful), linesOfTraffic(forged)]
const folder = await mkdtemp(join(tmpdir(), 'sigwatch-latency-'))
const registry = await filledRegistry(lawful.registry, folder, options.signatures)
const live = await startLive(options.main, {
  SIGWATCH_REGISTRY: registry,
  SIGWATCH_ALERTS_MAX_PER_SENDER: '0',
})
const { client, at, connection, producer } = live
let added = 0
const changing =
  options.reload &&
  setInterval(() => appendFileSync(registry, lineOf(manyRow(FIRST_ADDED + added++))), RELOAD_EVERY)
const [probes, copies] = [
  await client.createTopic({ config: live.config }),
  await client.createTopic({ config: live.config }),
]
const copier = client.kafka.consumer({ groupId: `${at.groupId}-copier`, maxWaitTimeInMs: 100 })
await copier.connect()
await copier.subscribe({ topic: probes })
await copier.run({
  eachBatch: async (payload) => {
    const messages = (await recordsOf(payload)).map(({ timestamp }) => ({ value: String(timestamp) }))
    await producer.send({ topic: copies, acks: -1, messages })
  },
})
const probing = setInterval(
  () => void producer.send({ topic: probes, acks: -1, messages: [{ value: 'probe' }] }),
  PROBE_EVERY,
)
await sleep(3_000)

let sent = 0
/** The next message of the traffic, dated now. */
function nextMessage(now: number) {
  const n = sent++
  const lines = n % FORGED === 0 ? forgeries : ordinary
  return asOfNow(lines, n, now)
}

/** Offers messages at a rate and waits for their results. Resolves with the measured interval, wall clock. */
async function offer(rate: number): Promise<{ readonly from: number; readonly to: number }> {
  const from = Date.now() + WARM_UP
  const to = from + 1_000 * secondsOf(rate)
  await offerUntil(to, rate, nextMessage, (messages) =>
    producer.send({ topic: at.topics.messages, acks: -1, messages }),
  )
  await sleep(5_000)
  return { from, to }
}

interface Read {
  readonly place: string
  readonly timestamp: number
  readonly value: Buffer
}

/** All records in a topic. */
async function readTopic(topic: string): Promise<Read[]> {
  const bounds = await connection.bounds(topic)
  const total = bounds.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0)
  const all: Read[] = []
  const reader = client.kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 })
  await reader.connect()
  await reader.subscribe({ topic, fromBeginning: true })
  await reader.run({
    autoCommit: false,
    eachBatch: async (payload) => {
      for (const { partition, offset, timestamp, value } of await recordsOf(payload))
        all.push({ place: `${partition}/${offset}`, timestamp, value: value! })
    },
  })
  await until(
    () => all.length >= total,
    300_000,
    () => `${all.length} of ${total} records of ${topic}`,
  )
  await reader.disconnect()
  return all
}

const spans: { readonly rate: number; readonly from: number; readonly to: number; readonly load: number }[] =
  []
for (const rate of RATES) spans.push({ rate, ...(await offer(rate)), load: load() })
clearInterval(probing)
if (changing) {
  clearInterval(changing)
  const loads = await live.service.metric('sigwatch_loads_total{what="registry",outcome="accepted"}')
  console.log(`${added} rows were added to the registry, which was loaded ${loads} times`)
}
await copier.disconnect()

/** Append time of each message, by place; without parts, which wait for parts offered later. */
const appended = new Map<string, number>()
for (const { place, timestamp, value } of await readTopic(at.topics.messages))
  if (!value.includes('"part":')) appended.set(place, timestamp)
interface Delay {
  readonly start: number
  readonly ms: number
}
const toAlert = (await readTopic(at.topics.alerts)).flatMap(({ value, timestamp }): Delay[] => {
  const { data } = JSON.parse(value.toString()) as {
    data: { state?: unknown; provenance: { partition: number; offset: number } }
  }
  const start = appended.get(`${data.provenance.partition}/${data.provenance.offset}`)
  return data.state || start === undefined ? [] : [{ start, ms: timestamp - start }]
})
const toCopy = (await readTopic(copies)).map(({ value, timestamp }): Delay => {
  const start = Number(value.toString())
  return { start, ms: timestamp - start }
})

console.log(
  'offered/s   alerts    p50    p95    p99    max   copy: p50    p99   load   (ms from append to append)',
)
const results = spans.map(({ rate, from, to, load: loadThen }) => {
  const within = (delays: readonly Delay[]) =>
    quantiles(delays.flatMap(({ start, ms }) => (start >= from && start < to ? [ms] : [])))
  const [alerts, copied] = [within(toAlert), within(toCopy)]
  const cells = [rate, alerts.count, alerts.p50, alerts.p95, alerts.p99, alerts.max]
  const widths = [9, 8, 6, 6, 6, 6]
  const shown = cells.map((cell, i) => String(cell).padStart(widths[i]!)).join(' ')
  console.log(
    `${shown} ${String(copied.p50).padStart(11)} ${String(copied.p99).padStart(6)} ${loadThen.toFixed(1).padStart(6)}`,
  )
  return { rate, load: loadThen, alerts, copied }
})

function quantiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const of = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
  return {
    count: sorted.length,
    p50: of(0.5),
    p95: of(0.95),
    p99: of(0.99),
    max: sorted.at(-1) ?? Number.NaN,
  }
}

const report = { node: process.version, cpu: cpus()[0]!.model, cores: cpus().length, results }
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
const values: Record<string, number> = {}
for (const { rate, alerts } of results) {
  values[`p50 at ${rate} a second`] = alerts.p50
  values[`p99 at ${rate} a second`] = alerts.p99
}
compareWithLast('latency', { unit: 'ms', values }, options.keep)
await live.stop()
await rm(folder, { recursive: true })
process.exit(0)
