import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { load } from './processes.ts'

/** Last kept figures of each measurement, written by `--keep`. */
const FILE = join(import.meta.dirname, 'results.json')
/** Relative variation of a figure between runs of one build on a dedicated machine. */
const SPREAD = 0.1

/** Results of a run; less is better. */
export interface Figures {
  readonly unit: 'µs' | 'ms'
  readonly values: Readonly<Record<string, number>>
}

interface Kept extends Figures {
  readonly commit: string
  readonly date: string
  readonly cpu: string
  readonly node: string
  readonly load: number
}

type Results = Record<string, Kept>

/**
 * Compares the figures of a measurement with those kept last, reports changes beyond the spread, and keeps the new ones if
 * `keeps`. Figures of another processor are shown without a verdict.
 */
export function compareWithLast(measurement: string, figures: Figures, keeps: boolean): void {
  const all: Results = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {}
  const last = all[measurement]
  const now = keptOf(figures)
  if (last) for (const line of comparison(last, now)) console.log(line)
  else console.log(`nothing is kept of ${measurement} to compare with: --keep keeps this run`)
  if (!keeps) return
  const values = { ...last?.values, ...now.values }
  writeFileSync(FILE, `${JSON.stringify({ ...all, [measurement]: { ...now, values } }, null, 2)}\n`)
}

/** Lines that compare the figures with the previous ones. */
function comparison(last: Kept, now: Kept): string[] {
  const same = last.cpu === now.cpu && last.node === now.node
  const machine = same ? 'the same kind of processor' : `${last.cpu}, Node ${last.node}: no conclusion`
  const lines = [
    `against ${last.commit} of ${last.date} (${machine}; load ${last.load} then, ${now.load} now):`,
  ]
  for (const [name, value] of Object.entries(now.values)) {
    const before = last.values[name]
    if (before === undefined) continue
    const ratio = value / before
    const verdict = ratio > 1 + SPREAD ? 'SLOWER' : ratio < 1 - SPREAD ? 'faster' : 'as before'
    const figure = `${value.toFixed(1)} ${now.unit}, ${before.toFixed(1)} then`
    lines.push(`  ${name.padEnd(28)} ${figure}: ${ratio.toFixed(2)}${same ? `, ${verdict}` : ''}`)
  }
  return lines
}

function keptOf(figures: Figures): Kept {
  const values = Object.entries(figures.values).map(([name, value]) => [name, Math.round(10 * value) / 10])
  return {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]!.model,
    node: process.version,
    load: load(),
    unit: figures.unit,
    values: Object.fromEntries(values),
  }
}
