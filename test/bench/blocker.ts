/**
 * Latency of `POST /v1/decide`, and CPU time of the blocker. Requests of one message each are sent at a fixed rate over kept-alive
 * connections, with `--states` open states and `--throttled` percent of the messages under a throttle in Redis. Latency is
 * measured from when a request was due, so that it includes waiting for others.
 * `npm run bench -- blocker [--rate 5000] [--seconds 20] [--states 1000] [--throttled 5] [--unix]`
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { BlockingPlay, DECIDE_TOKEN } from '../helpers/blocking-play.ts'
import { startKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { startCommand } from '../helpers/service.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '20' },
    states: { type: 'string', default: '1000' },
    throttled: { type: 'string', default: '5' },
    unix: { type: 'boolean', default: false },
  },
})
const [rate, seconds, states, throttled] = [values.rate, values.seconds, values.states, values.throttled].map(
  Number,
) as [number, number, number, number]
const WARM_UP = 5
const CONNECTIONS = 32
const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

const { brokers, stop: stopKafka } = await startKafka()
const redis = await startOwnRedis()
const play = new BlockingPlay(plainClient(brokers))
await play.create()
const episode = Date.now() - 60_000
const one = { episode, revision: 1 }
const rows = Array.from({ length: states }, (_, i) => {
  const match = [
    { ports: [`1069777${i}`] },
    { domains: [`spam${i}.top`] },
    { signature: `s${i}`, labels: ['marketing'] },
    { toToken: `1.${String(i).padStart(22, 'x')}` },
  ][i % 4]!
  return { ...one, state: `s${i}`, action: 'block', match }
})
await play.states(rows)
const throttle = { action: 'throttle', limit: { perMinute: 1_000_000 }, match: { ports: ['10690throttled'] } }
await play.states([{ ...one, state: 'throttled', ...throttle }])
const simulation = simulate({ scenario: 'double-eleven-hour', seed: 3, minutes: 10, rate: 200 })
const texts = [...simulation.minutes()].flat().flatMap(({ value }) => {
  try {
    const { from, to, text } = JSON.parse(String(value)) as Readonly<Record<string, unknown>>
    // The traffic contains invalid records.
    const isSms = [from, to, text].every((one) => typeof one === 'string' && one !== '')
    return isSms ? [{ from, to, text } as { from: string; to: string; text: string }] : []
  } catch {
    return []
  }
})

const socket = join(mkdtempSync(join(tmpdir(), 'blocker-')), 'decide.sock')
const listen: Record<string, string> = values.unix ? { SIGWATCH_BLOCKER_LISTEN: socket } : {}
const service = await startCommand(
  ['blocker'],
  play.environment(brokers, { REDIS_URL: redis.url, ...listen }),
)
await service.ready()
const address = /decisions are made at (\S+)/.exec(service.stderr)![1]!

function requestOf(n: number): Buffer {
  const sms = texts[n % texts.length]!
  const from = n % 100 < throttled ? '10690throttled' : sms.from
  const body = JSON.stringify({ ...sms, id: `b${n}`, from })
  const head = `POST /v1/decide HTTP/1.1\r\nhost: b\r\nauthorization: Bearer ${DECIDE_TOKEN}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  return Buffer.from(head + body)
}

const latencies: number[] = []
const failed: string[] = []
const idle: Connection[] = []
const queue: { readonly bytes: Buffer; readonly due: number }[] = []

/** Sends one request at a time; responses are delimited by their length. */
class Connection {
  readonly #socket: Socket
  #due = 0
  #got = ''

  constructor() {
    const [host, port] = address.split(':')
    this.#socket = values.unix ? connect(address) : connect(Number(port), host)
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    this.#socket.once('connect', () => idle.push(this))
  }

  send({ bytes, due }: { readonly bytes: Buffer; readonly due: number }): void {
    this.#due = due
    this.#socket.write(bytes)
  }

  #take(chunk: string): void {
    this.#got += chunk
    const end = this.#got.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#got)![1])
    if (this.#got.length < end + 4 + length) return
    if (!this.#got.startsWith('HTTP/1.1 200')) failed.push(this.#got)
    this.#got = ''
    latencies.push(performance.now() - this.#due)
    const next = queue.shift()
    if (next) this.send(next)
    else idle.push(this)
  }

  end(): void {
    this.#socket.destroy()
  }
}

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

/** Sends requests for `duration` seconds; late ones are sent as soon as possible. */
async function askFor(duration: number): Promise<void> {
  const began = performance.now()
  for (let n = 0; n < rate * duration; ) {
    const due = Math.min(rate * duration, ((performance.now() - began) / 1000) * rate)
    for (; n < due; n++) {
      const asked = { bytes: requestOf(n), due: began + (n / rate) * 1000 }
      const connection = idle.pop()
      if (connection) connection.send(asked)
      else queue.push(asked)
    }
    await sleep(1)
  }
  while (latencies.length < rate * duration) await sleep(5)
}

const connections = Array.from({ length: CONNECTIONS }, () => new Connection())
await askFor(WARM_UP)
latencies.length = 0
const before = cpuOf(service.child.pid!)
const began = performance.now()
await askFor(seconds)
const wall = (performance.now() - began) / 1000
const cpu = cpuOf(service.child.pid!) - before
const sorted = latencies.toSorted((a, b) => a - b)
const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!.toFixed(2)
console.log(
  JSON.stringify({
    ...{ rate, states, throttled: `${throttled}%`, over: values.unix ? 'Unix socket' : 'TCP' },
    answered: latencies.length,
    failed: failed.length,
    'answers a second': Math.round(latencies.length / wall),
    'answers a second of CPU': Math.round(latencies.length / cpu),
    'ms p50': at(0.5),
    'ms p99': at(0.99),
    'ms p99.9': at(0.999),
    load: loadavg()[0]!.toFixed(1),
  }),
)
if (failed.length > 0) console.error(`the first that failed: ${failed[0]}`)
for (const connection of connections) connection.end()
await service.stop()
await redis.stop()
await stopKafka()
process.exit(0)
