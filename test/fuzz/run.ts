// Everything that takes input from outside, with inputs made at random: nothing throws, what comes out can be, a character
// costs a bounded time, and the heap does not grow. Then every code point, repeated to the longest text of a record.
//
//   npm run fuzz [-- --inputs 1000000 --seed N --workers N --only NAME --no-code-points --out FILE]
//
// Prints its seed; the same seed and workers make the same inputs. Exits 1 with the first inputs that failed. `--workers`
// shares the inputs among so many processes. `--out` writes what docs/faults.md shows.
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readText } from '../../src/text/read-text.ts'
import { Tokenizer } from '../../src/text/reader/tokenizer.ts'
import { LONGEST, leastTime } from '../helpers/hostile-texts.ts'
import { fuzzTarget, type Report } from './fuzz-target.ts'
import { type FuzzedTarget, type FuzzResults, together } from './results.ts'
import { TARGETS } from './targets.ts'

const MAX_SHOWN = 5
/** Between the seeds of workers. */
const SEEDS_APART = 7_919

const { values: options } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '1' },
    only: { type: 'string' },
    out: { type: 'string' },
    'code-points': { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const [inputs, seed, workers] = [Number(options.inputs), Number(options.seed), Number(options.workers)]
const isWorker = process.send !== undefined
const targets = TARGETS.filter(({ name }) => options.only === undefined || name === options.only)
const shares = targets.reduce((sum, { share }) => sum + share, 0)
if (targets.length === 0) {
  process.stderr.write(`--only: one of ${TARGETS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}

let faults = 0
const report: Report = (what, input) => {
  faults++
  if (faults <= MAX_SHOWN) console.log(`FAULT ${what}\n  ${JSON.stringify(input.slice(0, 400))}`)
}

function print({ name, inputs: count, seconds, worst, limit, grown = 0 }: FuzzedTarget): void {
  console.log(
    `${name.padEnd(16)} ${count.toLocaleString('en-US').padStart(10)} inputs in ${String(seconds).padStart(4)} s, ` +
      `at most ${worst.toFixed(2)} µs a character (limit ${limit}), heap +${grown} MB`,
  )
}

/** What one process found. */
interface Found {
  readonly targets: readonly FuzzedTarget[]
  readonly faults: number
}

async function fuzzAll(): Promise<Found> {
  const found: FuzzedTarget[] = []
  for (const target of targets) {
    const one = await fuzzTarget(target, { seed, count: Math.ceil((inputs * target.share) / shares) }, report)
    if (!isWorker) print(one)
    found.push(one)
  }
  return { targets: found, faults }
}

/** The same in several processes, each with a seed of its own. */
async function fuzzInWorkers(): Promise<Found> {
  const share = Math.ceil(inputs / workers)
  const founds = await Promise.all(
    Array.from({ length: workers }, (_, n) => {
      const args = ['--inputs', String(share), '--seed', String(seed + n * SEEDS_APART), '--no-code-points']
      const only = options.only === undefined ? [] : ['--only', options.only]
      return foundBy(fork(fileURLToPath(import.meta.url), [...args, ...only]))
    }),
  )
  const all = targets.map((_, i) => together(founds.map((found) => found.targets[i]!)))
  for (const one of all) print(one)
  return { targets: all, faults: founds.reduce((sum, found) => sum + found.faults, 0) }
}

async function foundBy(worker: ChildProcess): Promise<Found> {
  let found: Found | undefined
  worker.on('message', (message) => {
    found = message as Found
  })
  const [code] = (await once(worker, 'exit')) as [number | null]
  if (found === undefined) throw new Error(`a worker ended with ${code}`)
  return found
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
    if (took > limit) report(`U+${code.toString(16)}: ${took.toFixed(1)} ms`, text.slice(0, 2))
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

if (isWorker) {
  const found = await fuzzAll()
  process.send!(found)
  process.disconnect()
} else {
  // Of the sources as they are now, not when it ends.
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  console.log(`seed ${seed}, ${inputs.toLocaleString('en-US')} inputs`)
  const found = workers > 1 ? await fuzzInWorkers() : await fuzzAll()
  const before = faults
  const points = options['code-points'] && options.only === undefined ? codePoints() : undefined
  const all = found.faults + faults - before
  if (options.out !== undefined) {
    const at = new Date().toISOString().slice(0, 10)
    const results: FuzzResults = {
      ...{ commit, at, seed, faults: all },
      ...(workers > 1 ? { workers } : {}),
      targets: found.targets,
      ...(points ? { codePoints: points } : {}),
    }
    writeFileSync(options.out, `${JSON.stringify(results, null, 2)}\n`)
  }
  console.log(all === 0 ? 'no fault' : `${all} faults`)
  process.exitCode = all === 0 ? 0 : 1
}
