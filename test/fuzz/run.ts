// Everything that takes input from outside, with inputs made at random: nothing throws, what comes out can be, and a
// character costs a bounded time. Then every code point, repeated to the longest text of a record.
//
//   npm run fuzz [-- --inputs 1000000 --seed N --only NAME --no-code-points --out FILE]
//
// Prints its seed; the same seed makes the same inputs. Exits 1 with the first inputs that failed. `--out` writes what
// docs/faults.md shows.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRandom } from '../../src/model/random.ts'
import { Tokenizer } from '../../src/model/tokenizer.ts'
import { readText } from '../../src/text/read-text.ts'
import { LONGEST, leastTime } from '../helpers/hostile-texts.ts'
import type { FuzzedTarget, FuzzResults } from './results.ts'
import { TARGETS, type Target } from './targets.ts'

/** Shorter inputs are timed as this many characters: what a call costs by itself. */
const SHORTEST = 200
const MAX_SHOWN = 5
/** How often an input over its limit is timed again: on a busy machine neighbours cost processor time for seconds. */
const AGAIN = 400

const { values: options } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    out: { type: 'string' },
    'code-points': { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const inputs = Number(options.inputs)
const seed = Number(options.seed)
// Of the sources as they are now, not when it ends.
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
console.log(`seed ${seed}, ${inputs.toLocaleString('en-US')} inputs`)

let faults = 0
function fault(what: string, input: string): void {
  faults++
  if (faults <= MAX_SHOWN) console.log(`FAULT ${what}\n  ${JSON.stringify(input.slice(0, 400))}`)
}

/** Runs one target; returns the greatest time a character, µs. */
function fuzz(target: Target, count: number): number {
  const random = createRandom(seed)
  let worst = 0
  for (let n = 0; n < count; n++) {
    const input = target.make(random)
    const began = performance.now()
    try {
      target.run(input)
    } catch (error) {
      fault(`${target.name}: ${error instanceof Error ? error.stack : String(error)}`, input)
      continue
    }
    const length = Math.max(SHORTEST, input.length)
    let cost = ((performance.now() - began) * 1000) / length
    if (cost > target.perCharacter) {
      const limit = (target.perCharacter * length) / 1000
      cost = (leastTime(() => target.run(input), limit, AGAIN) * 1000) / length
      if (cost > target.perCharacter) fault(`${target.name}: ${cost.toFixed(1)} µs a character`, input)
    }
    worst = Math.max(worst, cost)
  }
  return worst
}

const fuzzed: FuzzedTarget[] = []
for (const target of TARGETS) {
  if (options.only !== undefined && target.name !== options.only) continue
  const count = options.only === undefined ? Math.ceil((inputs * target.share) / 1000) : inputs
  const began = performance.now()
  const worst = fuzz(target, count)
  const seconds = (performance.now() - began) / 1000
  const { name, perCharacter: limit } = target
  fuzzed.push({ name, inputs: count, seconds: Math.round(seconds), worst: Number(worst.toFixed(2)), limit })
  console.log(
    `${target.name.padEnd(14)} ${count.toLocaleString('en-US').padStart(9)} inputs in ${seconds.toFixed(0).padStart(4)} s, ` +
      `at most ${worst.toFixed(2)} µs a character (limit ${target.perCharacter})`,
  )
}

/** Reads each code point of the planes in use, repeated to the longest text. */
function codePoints(): NonNullable<FuzzResults['codePoints']> {
  const tokenizer = new Tokenizer({ bits: 17, grams: 3, words: 2 })
  const limit = 10
  let slowest = { took: 0, code: 0 }
  for (let code = 0; code < 0x20000; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const text = String.fromCodePoint(code).repeat(LONGEST)
    const read = () => tokenizer.read(readText(text).normalised.text, text)
    const took = leastTime(read, limit)
    if (took > limit) fault(`U+${code.toString(16)}: ${took.toFixed(1)} ms`, text.slice(0, 2))
    if (took > slowest.took) slowest = { took, code }
  }
  const { took, code } = slowest
  console.log(
    `every code point × ${LONGEST}: at most ${took.toFixed(1)} ms (U+${code.toString(16)}, limit ${limit})`,
  )
  return {
    slowest: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
    took: Number(took.toFixed(1)),
    limit,
  }
}

const points = options['code-points'] && options.only === undefined ? codePoints() : undefined
if (options.out !== undefined) {
  const at = new Date().toISOString().slice(0, 10)
  const results: FuzzResults = {
    ...{ commit, at, seed, faults, targets: fuzzed },
    ...(points ? { codePoints: points } : {}),
  }
  writeFileSync(options.out, `${JSON.stringify(results, null, 2)}\n`)
}
console.log(faults === 0 ? 'no fault' : `${faults} faults`)
process.exitCode = faults === 0 ? 0 : 1
