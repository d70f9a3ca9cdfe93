import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Keeps the last 400,000 of some objects: says how large the old generation became, bytes. */
const CHURN = `
import { getHeapSpaceStatistics } from 'node:v8'
import { limitHeapGrowth } from ${JSON.stringify(join(import.meta.dirname, '../../../src/cli/heap-growth.ts'))}
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
const file = join(mkdtempSync(join(tmpdir(), 'sigwatch-heap-')), 'churn.ts')
writeFileSync(file, CHURN)

function peakWith(percent: number): number {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file, String(percent)], {
    cwd: join(import.meta.dirname, '../../..'),
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return Number(stdout)
}

it('is heeded by V8, although it has started', () => {
  expect(peakWith(600)).toBeGreaterThan(1.4 * peakWith(20))
})
