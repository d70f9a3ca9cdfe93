/**
 * The fault matrix: `npm run faults [-- --cells a,b --seeds N --seed S --records N --delivery exactly-once --out FILE --keep FOLDER]`. Starts one cluster of
 * three brokers and a Redis behind proxies, runs each cell on records of its own, and says what the invariants found.
 * `--out` adds the results to those in the file, by cell, seed and delivery. `--keep` leaves logs, outputs and commits of
 * each cell that fails in a folder. Ends with 1 when a cell fails.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Arena, type Cell } from './arena.ts'
import { CELLS } from './cells.ts'
import { type FileOfResults, holds, type Outcome } from './results.ts'

const { values } = parseArgs({
  options: {
    cells: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '30000' },
    delivery: { type: 'string', default: 'at-least-once' },
    out: { type: 'string' },
    keep: { type: 'string' },
  },
})

const named = values.cells?.split(',')
const cells = named ? named.flatMap((name) => CELLS.find((cell) => cell.name === name) ?? []) : CELLS
if (cells.length === 0 || (named && cells.length < named.length)) {
  process.stderr.write(`cells: ${CELLS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}
const isExact = values.delivery === 'exactly-once'
if (!isExact && values.delivery !== 'at-least-once') {
  process.stderr.write('--delivery: at-least-once or exactly-once\n')
  process.exit(2)
}
const kept = values.keep === undefined ? {} : { keep: values.keep }
const delivery = isExact ? { delivery: 'exactly-once' as const } : {}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

async function runCell(arena: Arena, cell: Cell, seed: number): Promise<Outcome> {
  process.stderr.write(`${cell.name} (seed ${seed}) … `)
  const at = new Date().toISOString().slice(0, 10)
  try {
    const outcome = { commit, at, ...(await arena.run(cell, seed, { ...delivery, ...kept })) }
    process.stderr.write(`${holds(outcome) ? 'holds' : 'FAILS'} in ${outcome.seconds} s\n`)
    for (const line of outcome.detail) process.stderr.write(`  ${line}\n`)
    return outcome
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    process.stderr.write(`FAILS: ${failure}\n`)
    return { commit, at, cell: cell.name, seed, ...delivery, failure: failure.split('\n')[0]! }
  }
}

/** Results of before stay, but for the cells and seeds that were run now. */
function keep(file: string, outcomes: readonly Outcome[]): void {
  const before: FileOfResults = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as FileOfResults)
    : { results: [] }
  const nameOf = ({ cell, seed, delivery: of }: Outcome) => `${cell} ${seed} ${of ?? ''}`
  const fresh = new Set(outcomes.map(nameOf))
  const results = [...before.results.filter((outcome) => !fresh.has(nameOf(outcome))), ...outcomes]
  writeFileSync(file, `${JSON.stringify({ results }, null, 2)}\n`)
}

const arena = await Arena.open(Number(values.records))
const outcomes: Outcome[] = []
try {
  for (const cell of cells) {
    for (let n = 0; n < Number(values.seeds); n++) {
      outcomes.push(await runCell(arena, cell, Number(values.seed) + n))
      if (values.out) keep(values.out, outcomes)
    }
  }
} finally {
  await arena.close()
}
process.exit(outcomes.every(holds) ? 0 : 1)
