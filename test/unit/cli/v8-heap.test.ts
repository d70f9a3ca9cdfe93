import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { HeapPace } from '../../../src/cli/v8-heap.ts'

const ROOT = join(import.meta.dirname, '../../..')
const IMPORT = `from ${JSON.stringify(join(ROOT, 'src/cli/v8-heap.ts'))}`
const folder = mkdtempSync(join(tmpdir(), 'sigwatch-heap-'))

/** Runs a program in a process of its own and returns the number that it prints. */
function run(name: string, program: string, argument: string): number {
  const file = join(folder, name)
  writeFileSync(file, program)
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file, argument], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return Number(stdout)
}

/** Keeps the last 400,000 objects of many and prints the largest size of the old generation, bytes. */
const CHURN = `
import { getHeapSpaceStatistics } from 'node:v8'
import { limitHeapGrowth } ${IMPORT}
limitHeapGrowth(Number(process.argv[2]))
const kept: unknown[] = new Array(400_000)
let peak = 0
const used = () => getHeapSpaceStatistics().find((s) => s.space_name === 'old_space')!.space_used_size
for (let n = 0; n < 8_000_000; n++) {
  kept[n % kept.length] = { n, next: n + 1, list: [n] }
  if (n % 20_000 === 0) peak = Math.max(peak, used())
}
console.log(peak)
`

it('limits the growth of the heap after the process has started', () => {
  const peakWith = (percent: string) => run('churn.ts', CHURN, percent)
  expect(peakWith('600')).toBeGreaterThan(1.4 * peakWith('20'))
})

/** Keeps the objects of 60 batches, so that nearly all survive, and prints the number of minor collections. */
const BATCHES = `
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { allocateYoung } ${IMPORT}
if (process.argv[2] === 'young') allocateYoung()
let minor = 0
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) minor++
}).observe({ entryTypes: ['gc'] })
const batches: unknown[][] = []
for (let n = 0; n < 300; n++) {
  const batch: unknown[] = []
  for (let i = 0; i < 4000; i++) batch.push({ n, list: [i, n], next: { i } })
  batches.push(batch)
  if (batches.length > 60) batches.shift()
  await setImmediate()
}
await setImmediate()
console.log(minor)
`

/** Without the option V8 decides by its timing where to allocate, and in some runs allocates young as well. */
const RUNS = 8

it('keeps objects that survive in the young generation', () => {
  const collections = (generation: string) => run('batches.mts', BATCHES, generation)
  const young = collections('young')
  let fewest = Number.POSITIVE_INFINITY
  for (let n = 0; n < RUNS && young <= 1.3 * fewest; n++) fewest = Math.min(fewest, collections('any'))
  expect(young).toBeGreaterThan(1.3 * fewest)
}, 60_000)

const MB = 1e6

/** Growth after half a minute at which `rate` bytes a second reach the old generation, collected at `limit`. */
function growthAt(rate: number, { live = 80 * MB, limit = 160 * MB } = {}): number {
  const pace = new HeapPace(live)
  let used = live
  let growth = 0
  for (let second = 0; second < 30; second++) {
    used = used + rate > limit ? live : used + rate
    growth = pace.next(used)
  }
  return growth
}

it.each([
  ['the least in a quiet night', 0.1 * MB, 50],
  ['what comes in 20 seconds', 4 * MB, 100],
  ['no more than the most under load', 40 * MB, 150],
])('allows %s', (_, rate, growth) => {
  expect(growthAt(rate)).toBe(growth)
})

it('follows a load that begins, and one that ends, within seconds', () => {
  const pace = new HeapPace(80 * MB)
  const after = (seconds: number, from: number, rate: number) =>
    Array.from({ length: seconds }, (_, n) => pace.next(from + rate * (n + 1))).at(-1)
  expect(after(10, 80 * MB, 0)).toBe(50)
  expect(after(4, 80 * MB, 8 * MB)).toBeGreaterThan(120)
  expect(after(12, 112 * MB, 0)).toBe(50)
})
