// What one message costs from its decoded record to the bytes of its verdict, every code on, nothing but memory behind it:
// bytes allocated, and CPU of all threads. Both as ratios to another build when one is given: the two take turns in one process,
// batch by batch. Starting and compiling are left out.
//
//   npm run bench -- per-message [--only dense,different] [--messages 180000] [--rounds 5] [--against CHECKOUT] [--heap FILE]
//
// `--against`: a checkout with its `dist`. `--heap`: writes where memory is allocated, also what is gone by now, as a
// profile that the developer tools of Chromium open; one round.
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

/** The least and the most. */
function span(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`
}
