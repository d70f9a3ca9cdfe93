// Cost per message from the decoded record to the bytes of the verdict, with all codes on and all stores in memory: allocated bytes
// and CPU time of all threads. With `--against`, also as ratios to another build: the two take turns in one process, batch by
// batch. Excludes start-up and compilation.
//
//   npm run bench -- per-message [--only dense,different] [--messages 180000] [--rounds 5] [--against CHECKOUT] [--heap FILE]
//
// `--against`: a checkout with its `dist`. `--heap`: writes a profile of all allocations, including collected objects, for
// the developer tools of Chromium; one round.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { kindsOf, trafficOf } from './embedded-traffic.ts'
import { median } from './median.ts'
import { perMessage } from './per-message-used.ts'

const ROOT = join(import.meta.dirname, '../..')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'dense,different' },
    messages: { type: 'string', default: '180000' },
    rounds: { type: 'string', default: '5' },
    against: { type: 'string' },
    heap: { type: 'string' },
  },
})

const asked = kindsOf(options.only)
spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' })

for (const kind of asked) {
  const traffic = await trafficOf(kind, Number(options.messages))
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

/** Formats the range of values. */
function span(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`
}
