// CPU of one message on the embedded path, from a file of input records to alerts, verdicts and dead letters, every code
// on, for several kinds of traffic. Runs the built program and measures the CPU time of its process (all of its threads),
// not the clock: others may use the machine. Starting and compiling are left out: the first 60,000 messages.
//
//   npm run bench -- embedded [--only dense,quiet] [--messages 180000] [--rounds 1] [--stages] [--signatures N] [--json FILE] [--keep]
//     [--main dist/main.js]
//
// `--stages`: where the time of the main thread goes, by a sampled profile: each sample counts for the innermost stage.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { KINDS, type Kind, kindsOf, trafficOf } from './embedded-traffic.ts'
import { compareWithLast } from './last-results.ts'
import { median } from './median.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Messages that are not measured: while they pass the program starts, and most of it is compiled. */
const WARM = 60_000
/** Nothing lies ahead of it. */
const NOW = '2026-11-11T00:00:00+08:00'

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

/** Loaded before the program: notes the CPU time used, and how much of the verdicts is written. */
const PROBE = `const { statSync, writeFileSync } = require('node:fs')
const { BENCH_VERDICTS: verdicts, BENCH_REPORT: report } = process.env
const samples = []
const note = () => {
  const { user, system } = process.cpuUsage()
  samples.push([user + system, statSync(verdicts, { throwIfNoEntry: false })?.size ?? 0])
}
setInterval(note, 20).unref()
process.on('exit', () => {
  note()
  writeFileSync(report, JSON.stringify({ samples, maxRSS: process.resourceUsage().maxRSS }))
})`

interface Used {
  /** User and system time of all threads, µs, and bytes of verdicts at that moment. */
  readonly samples: readonly (readonly [number, number])[]
  /** Resident memory at most, kB. */
  readonly maxRSS: number
}

const folder = mkdtempSync(join(tmpdir(), 'sigwatch-bench-'))
const file = (name: string) => join(folder, name)
writeFileSync(file('probe.cjs'), PROBE)

function run(messages: string, registry: string, flags: readonly string[] = []): Used {
  const outputs = ['alerts', 'verdicts', 'dead-letters'].flatMap((name) => [
    `--${name}`,
    file(`${name}.jsonl`),
  ])
  // Verdicts of the run before would be taken for this one's.
  rmSync(file('verdicts.jsonl'), { force: true })
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...flags,
      '--require',
      file('probe.cjs'),
      resolve(options.main),
      'run',
      '--source',
      messages,
      '--registry',
      registry,
    ]
      .concat(['--now', NOW])
      .concat(outputs),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, BENCH_REPORT: file('report.json'), BENCH_VERDICTS: file('verdicts.jsonl') },
      cwd: folder,
    },
  )
  if (status !== 0) throw new Error(`sigwatch run ended with ${status}: ${String(stderr).slice(-2000)}`)
  return JSON.parse(readFileSync(file('report.json'), 'utf8')) as Used
}

interface Measured {
  readonly messages: number
  readonly repeats: number
  /** CPU of one message, µs: the median of the rounds. */
  readonly cpuMicros: number
  /** What one core does in a second. */
  readonly perSecond: number
  readonly maxMegabytes: number
}

/** CPU of one message, µs, over those behind the first `WARM`. */
function cpuOfOne(samples: Used['samples']): number {
  const verdicts = readFileSync(file('verdicts.jsonl'))
  let lines = 0
  let at = 0
  const upTo = (bytes: number) => {
    for (; at < bytes; at++) if (verdicts[at] === 10) lines++
    return lines
  }
  const counted = samples.map(([cpu, bytes]) => [cpu, upTo(bytes)] as const)
  const first = counted.find(([, count]) => count >= WARM)!
  const last = counted.at(-1)!
  return (last[0] - first[0]) / (last[1] - first[1])
}

/** The registry of the traffic with signatures that send nothing, so that it has so many; a JSONL file. */
function grown(registry: string, signatures: number): string {
  const { signatures: own, ports } = parse(readFileSync(registry, 'utf8')) as Record<string, object[]>
  const rows = [
    ...own!.map((row) => ({ kind: 'signature', ...row })),
    ...ports!.map((row) => ({ kind: 'port', ...row })),
    ...Array.from({ length: Math.max(0, signatures - own!.length) }, (_, n) => ({
      kind: 'signature',
      name: `商户${n.toString(36)}`,
      filings: [
        { sp: `SP${1000 + (n % 300)}`, ports: [`1069${String(n).padStart(8, '0')}`], status: 'filed' },
      ],
    })),
  ]
  const path = file('registry.jsonl')
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}

async function measure(kind: Kind): Promise<Measured> {
  const all = await trafficOf(kind, Number(options.messages))
  const registry = options.signatures ? grown(all.registry, Number(options.signatures)) : all.registry
  const each: number[] = []
  let rss = 0
  for (let round = 0; round < Number(options.rounds); round++) {
    const { samples, maxRSS } = run(all.messages, registry)
    each.push(cpuOfOne(samples))
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

/** What the time of the main thread is told by: functions, by the names that they have in the source. */
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

/** Share of each stage in the later half of the samples that are not idle. */
async function stagesOf(kind: Kind): Promise<Record<string, number>> {
  const { messages, registry } = await trafficOf(kind, Number(options.messages))
  run(messages, registry, ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '500'])
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
rmSync(folder, { recursive: true })
