// Cost per message from the decoded record to the bytes of the verdict, with all codes on and all stores in memory: allocated bytes
// and CPU time of all threads. With `--against`, also as ratios to another build: the two take turns in one process, batch by
// batch. Excludes start-up and compilation.
//
//   npm run bench -- per-message [--only dense,different] [--passing] [--messages 180000] [--rounds 5] [--against CHECKOUT]
//     [--heap FILE]
//
// `--passing`: only messages that pass without a reason, as nearly all of a carrier's do; the traffic of the benches has many others.
// `--against`: a checkout with its `dist`. `--heap`: writes a profile of all allocations, including collected objects, for
// the developer tools of Chromium; one round.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Verdict } from '../../src/domain/alert.ts'
import { EmbeddedRun } from './embedded-run.ts'
import { kindsOf, linesOfTraffic, type Traffic, trafficOf } from './embedded-traffic.ts'
import { median } from './median.ts'
import { perMessage } from './per-message-used.ts'

const ROOT = join(import.meta.dirname, '../..')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'dense,different' },
    passing: { type: 'boolean', default: false },
    messages: { type: 'string', default: '180000' },
    rounds: { type: 'string', default: '5' },
    against: { type: 'string' },
    heap: { type: 'string' },
  },
})

const asked = kindsOf(options.only)
spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' })

const bench = new EmbeddedRun(join(ROOT, 'dist/main.js'))
for (const kind of asked) {
  const all = await trafficOf(kind, Number(options.messages))
  const traffic = options.passing ? passing(all) : all
  if (options.heap !== undefined) {
    perMessage(traffic, resolve(options.heap), ROOT)
    continue
  }
  const others = options.against === undefined ? [] : [resolve(options.against)]
  const rounds = Array.from({ length: Number(options.rounds) }, () =>
    perMessage(traffic, '', ROOT, ...others),
  )
  for (const [figure, unit] of [
    ['bytes', 'bytes'],
    ['cpuMicros', 'µs of CPU'],
  ] as const) {
    const mine = rounds.map(([own]) => own![figure])
    const line = `${kind.padEnd(10)} ${median(mine)!.toFixed(1).padStart(9)} ${unit.padEnd(9)} a message (${span(mine, 1)})`
    const ratios = rounds.flatMap(([own, other]) => (other ? [own![figure] / other[figure]] : []))
    console.log(
      ratios.length === 0 ? line : `${line}, ratio ${median(ratios)!.toFixed(3)} (${span(ratios, 3)})`,
    )
  }
}

bench.close()

/** The messages that get the action `pass` without a reason. */
function passing(traffic: Traffic): Pick<Traffic, 'messages' | 'registry'> {
  bench.measure(traffic.messages, ['--registry', traffic.registry])
  const passed = new Set<string>()
  for (const line of readFileSync(bench.file('verdicts.jsonl'), 'utf8').trimEnd().split('\n')) {
    const { id, action, reasons } = JSON.parse(line) as Verdict
    if (action === 'pass' && reasons.length === 0) passed.add(id)
  }
  const kept = linesOfTraffic(traffic).filter((line) => passed.has((JSON.parse(line) as { id: string }).id))
  const messages = bench.file('passing.jsonl')
  writeFileSync(messages, kept.map((line) => `${line}\n`).join(''))
  return { messages, registry: traffic.registry }
}

/** Formats the range of values. */
function span(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`
}
