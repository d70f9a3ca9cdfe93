// CPU time per message in the embedded mode, from a file of input records to alerts, verdicts and dead letters, with all codes on,
// for several kinds of traffic. Runs the built program and measures the CPU time of its process (all threads) instead of wall
// time, because the machine may be shared. Excludes start-up and compilation: the first 60,000 messages.
//
//   npm run bench -- embedded [--only dense,quiet] [--messages 180000] [--rounds 1] [--stages] [--signatures N] [--json FILE] [--keep]
//     [--main dist/main.js]
//
// `--stages`: time of the main thread by stage, from a sampled profile; each sample counts for the innermost stage.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EmbeddedRun } from './embedded-run.ts'
import { KINDS, type Kind, kindsOf, trafficOf } from './embedded-traffic.ts'
import { compareWithLast } from './last-results.ts'
import { filledRegistry } from './many-signatures.ts'
import { median } from './median.ts'

const ROOT = join(import.meta.dirname, '../..')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(KINDS).join(',') },
    messages: { type: 'string', default: '180000' },
    rounds: { type: 'string', default: '1' },
    stages: { type: 'boolean', default: false },
    signatures: { type: 'string' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    main: { type: 'string', default: join(import.meta.dirname, '../../dist/main.js') },
  },
})

const bench = new EmbeddedRun(options.main)
const { folder } = bench
const file = (name: string) => bench.file(name)

interface Measured {
  readonly messages: number
  readonly repeats: number
  /** CPU time per message, µs: median of the rounds. */
  readonly cpuMicros: number
  /** Messages per second and core. */
  readonly perSecond: number
  readonly maxMegabytes: number
}

async function measure(kind: Kind): Promise<Measured> {
  const all = await trafficOf(kind, Number(options.messages))
  const registry = await filledRegistry(all.registry, folder, options.signatures)
  const each: number[] = []
  let rss = 0
  for (let round = 0; round < Number(options.rounds); round++) {
    const { cpu, maxRSS } = bench.measure(all.messages, ['--registry', registry])
    each.push(cpu)
    rss = Math.max(rss, maxRSS)
  }
  const cpuMicros = median(each)!
  return {
    messages: all.count,
    repeats: all.repeats,
    cpuMicros,
    perSecond: 1e6 / cpuMicros,
    maxMegabytes: rss / 1024,
  }
}

/** Stages of the main thread and their functions, by their names in the source. */
const STAGES: Readonly<Record<string, readonly string[]>> = {
  'split lines': ['push', 'handOver'],
  decode: ['decode', '#decoded'],
  'event time, buffers': ['read', 'arrived', 'admitNext', '#admitOne'],
  'join, batch': ['take', 'add'],
  'read text': ['readText'],
  token: ['tokenise'],
  classify: ['classify'],
  ledgers: ['rememberSent', 'consult', 'advance'],
  detect: ['detect'],
  observe: ['observe'],
  count: ['count'],
  states: ['stateInputsOf', 'apply', 'publish'],
  decide: ['decide', 'limit'],
  'verdicts, alerts': ['messageOutputs', 'openStatesFor'],
  report: ['reportOutputs', 'passed', 'totalsOf'],
  serialise: ['recordsOf'],
  write: ['write', '#send', '#settle'],
}
const IDLE = new Set(['(idle)', '(root)'])

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}
interface Profile {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Share of each stage in the second half of the non-idle samples. */
async function stagesOf(kind: Kind): Promise<Record<string, number>> {
  const { messages, registry } = await trafficOf(kind, Number(options.messages))
  const profiled = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '500']
  bench.measure(messages, ['--registry', registry], profiled)
  const name = readdirSync(folder).find((one) => one.endsWith('.cpuprofile'))!
  const { nodes, samples } = JSON.parse(readFileSync(file(name), 'utf8')) as Profile
  rmSync(file(name))
  const stageOf = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const own = Object.entries(STAGES).flatMap(([stage, names]) => names.map((one) => [one, stage] as const))
  const stageByName = new Map(own)
  const walk = (id: number, above: string) => {
    const node = byId.get(id)!
    const { functionName, url } = node.callFrame
    const isOurs = url.includes('/dist/')
    const stage =
      functionName === '(garbage collector)'
        ? 'garbage collection'
        : ((isOurs ? stageByName.get(functionName.replace(/^#/, '#')) : undefined) ?? above)
    stageOf.set(id, stage)
    for (const child of node.children ?? []) walk(child, stage)
  }
  walk(nodes[0]!.id, 'other')
  const counts = new Map<string, number>()
  let busy = 0
  for (const id of samples.slice(samples.length >> 1)) {
    if (IDLE.has(byId.get(id)!.callFrame.functionName)) continue
    busy++
    const stage = stageOf.get(id)!
    counts.set(stage, (counts.get(stage) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return Object.fromEntries(sorted.map(([stage, count]) => [stage, count / busy]))
}

const asked = kindsOf(options.only)
spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' })
const results: Partial<Record<Kind, Measured & { readonly stages?: Record<string, number> }>> = {}
console.log('traffic     messages  repeats  CPU µs a message  messages/s a core  max. MB')
for (const kind of asked) {
  const one = await measure(kind)
  const cells = [
    kind.padEnd(10),
    String(one.messages).padStart(9),
    `${(100 * one.repeats).toFixed(0)}%`.padStart(8),
    one.cpuMicros.toFixed(1).padStart(17),
    Math.round(one.perSecond).toLocaleString('en-US').padStart(18),
    one.maxMegabytes.toFixed(0).padStart(8),
  ]
  console.log(cells.join(' '))
  if (!options.stages) {
    results[kind] = one
    continue
  }
  const stages = await stagesOf(kind)
  results[kind] = { ...one, stages }
  for (const [stage, share] of Object.entries(stages))
    if (share >= 0.005) console.log(`  ${stage.padEnd(22)} ${(100 * share).toFixed(1).padStart(5)}%`)
}
const report = { node: process.version, cpu: cpus()[0]!.model, cores: cpus().length, results }
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
else console.log(JSON.stringify(report))
const values = Object.fromEntries(Object.entries(results).map(([kind, one]) => [kind, one.cpuMicros]))
compareWithLast('embedded', { unit: 'µs', values }, options.keep)
bench.close()
