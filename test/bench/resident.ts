// Resident memory of an instance over time: a real broker, Redis and `dense` messages at a fixed rate, with all codes, verdicts,
// consents and replies on. Prints median and maximum by interval; a leak shows as steady growth. `--signatures` fills the
// registry up with signatures that do not send.
//
//   npm run bench -- resident [--minutes 30] [--rate 1000] [--signatures N] [--backend wasm] [--main dist/main.js] [--json FILE]
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MAIN } from '../helpers/service.ts'
import { linesOfTraffic, trafficOf } from './embedded-traffic.ts'
import { startLive } from './live-service.ts'
import { filledRegistry } from './many-signatures.ts'
import { median } from './median.ts'
import { asOfNow, offerUntil } from './open-loop.ts'
import { load } from './processes.ts'

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '1000' },
    signatures: { type: 'string' },
    backend: { type: 'string', default: 'auto' },
    main: { type: 'string', default: MAIN },
    json: { type: 'string' },
  },
})
const minutes = Number(options.minutes)
const rate = Number(options.rate)
const LOOK_EVERY = 5_000
const STRETCHES = 6

const traffic = await trafficOf('dense', 240_000)
const lines = linesOfTraffic(traffic)
const folder = await mkdtemp(join(tmpdir(), 'sigwatch-resident-'))
const registry = await filledRegistry(traffic.registry, folder, options.signatures)
const live = await startLive(options.main, {
  SIGWATCH_REGISTRY: registry,
  SIGWATCH_INFERENCE_BACKEND: options.backend,
})
const { at, service, producer } = live

const looks: number[] = []
const looking = setInterval(() => looks.push(service.resident()), LOOK_EVERY)
let n = 0
await offerUntil(
  Date.now() + minutes * 60_000,
  rate,
  (now) => asOfNow(lines, n++, now),
  (messages) => producer.send({ topic: at.topics.messages, acks: -1, messages }),
)
clearInterval(looking)
const lag = await service.metric('sigwatch_consumer_lag_records')

const signatures = await service.metric('sigwatch_registry_entries{kind="signatures"}')
console.log(
  `${n} messages, ${rate} a second, ${signatures} signatures; load ${load().toFixed(1)}, ${lag} not read at the end`,
)
console.log('minutes      median MB   max. MB')
const size = Math.ceil(looks.length / STRETCHES)
const stretches = Array.from({ length: STRETCHES }, (_, k) => looks.slice(k * size, (k + 1) * size))
const results = stretches.flatMap((some, k) => {
  if (some.length === 0) return []
  const of = { to: ((k + 1) * minutes) / STRETCHES, median: median(some)!, max: Math.max(...some) }
  console.log(
    `to ${of.to.toFixed(1).padStart(5)} ${of.median.toFixed(0).padStart(12)} ${of.max.toFixed(0).padStart(9)}`,
  )
  return [of]
})
const report = {
  node: process.version,
  cpu: cpus()[0]!.model,
  minutes,
  rate,
  signatures,
  messages: n,
  lag,
  results,
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
await live.stop()
await rm(folder, { recursive: true })
process.exit(0)
