/**
 * Latency of `POST /v1/check`, and CPU time of the service. `tsx test/bench/check-http.ts [rate] [seconds] [traffic]`: requests
 * of one record each are sent at a fixed rate per second over kept-alive connections, while the embedded mode processes
 * `traffic` records per second (default: none). Latency is measured from when a request was due, so that it includes waiting
 * for others. For comparison, `GET /healthz` at the same rate shows the share of machine and HTTP.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { registryOf } from '../../src/offline/simulator/cast.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { startCommand } from '../helpers/service.ts'

const RATE = Number(process.argv[2] ?? 100)
const SECONDS = Number(process.argv[3] ?? 20)
const TRAFFIC = Number(process.argv[4] ?? 0)
const WARM_UP = 3
const TOKEN = 'a-token-of-the-benchmark'
const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

const folder = await mkdtemp(join(tmpdir(), 'sigwatch-bench-'))
const simulation = simulate({ scenario: 'double-eleven-hour', seed: 3, minutes: 30, rate: 200 })
const registry = join(folder, 'registry.yaml')
await writeFile(registry, stringify(registryOf(simulation.cast)))
const records = [...simulation.minutes()].flat().flatMap(({ value }) => {
  try {
    return [JSON.parse(String(value)) as object]
  } catch {
    return []
  }
})
const now = (n: number) => JSON.stringify({ ...records[n % records.length], id: `b${n}`, ts: Date.now() })

const outputs = ['--alerts', join(folder, 'alerts.jsonl'), '--verdicts', join(folder, 'verdicts.jsonl')]
const args = ['run', '--source', '-', '--registry', registry, ...outputs]
const service = await startCommand(args, { SIGWATCH_HTTP_CHECK_TOKEN: TOKEN }, { stdin: 'pipe' })
await service.ready()

const agent = new Agent({ keepAlive: true, maxSockets: 16 })
const statuses = new Map<number, number>()
/** Resolves with the status after the whole response. */
function ask(method: string, path: string, body: string): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = request(`${service.http}${path}`, { method, agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode!))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

/** CPU time of the service so far (user and system, from /proc), s. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

const took: number[] = []
const floor: number[] = []
const pending = new Set<Promise<void>>()
let sent = 0
let fed = 0
let cpuBefore = 0
const began = performance.now()
for (let at = 0; at < SECONDS * 1000; at = performance.now() - began) {
  const warm = at >= WARM_UP * 1000
  if (warm && cpuBefore === 0) cpuBefore = cpuOf(service.child.pid!)
  for (; (sent * 1000) / RATE <= at; sent++) {
    const due = began + (sent * 1000) / RATE
    const since = () => performance.now() - due
    const alive = ask('GET', '/healthz', '').then(() => void (warm && floor.push(since())))
    const judged = ask('POST', '/v1/check', now(sent)).then((status) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (warm) took.push(since())
    })
    for (const one of [alive, judged]) {
      pending.add(one)
      void one.finally(() => pending.delete(one))
    }
  }
  let lines = ''
  for (; (fed * 1000) / TRAFFIC <= at; fed++) lines += `${now(fed)}\n`
  if (lines !== '') service.child.stdin!.write(lines)
  await sleep(1)
}
await Promise.all(pending)
const cpu = cpuOf(service.child.pid!) - cpuBefore

console.log(
  `${RATE} requests/s for ${SECONDS} s beside ${TRAFFIC} records/s of traffic; the first ${WARM_UP} s warm up`,
)
console.log(`answers by status: ${[...statuses].map(([status, n]) => `${status}: ${n}`).join(', ')}`)
console.log(`check:   ${quantilesOf(took)}`)
console.log(`healthz: ${quantilesOf(floor)}`)
console.log(`CPU of the service: ${((cpu / (SECONDS - WARM_UP)) * 100).toFixed(0)}% of a core`)
console.log(`load of the machine (1 min): ${loadavg()[0]!.toFixed(1)}`)

function quantilesOf(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((q) => `${at(q).toFixed(1)} ms`)
  return `p50 ${p50}, p95 ${p95}, p99 ${p99}, max ${max} (${sorted.length} requests)`
}

agent.destroy()
await service.stop()
await rm(folder, { recursive: true })
