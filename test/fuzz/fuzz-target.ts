import { createRandom } from '../../src/text/reader/random.ts'
import { collectGarbage } from '../helpers/collect-garbage.ts'
import type { FuzzedTarget } from './results.ts'
import type { Target } from './target.ts'

/** Shorter inputs are timed as this many characters: what a call costs by itself. */
const SHORTEST = 200
/** How often an input over its limit is timed again: on a busy machine neighbours cost processor time for seconds. */
const AGAIN = 400
/** Inputs after which caches are as full as they get, and code is compiled. */
const FIRST = 20_000
/** By how much the heap may grow after them, bytes. */
const MOST_GROWN = 24 << 20

export type Report = (what: string, input: string) => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Runs one target on so many inputs. */
export async function fuzzTarget(
  target: Target,
  { seed, count }: { readonly seed: number; readonly count: number },
  report: Report,
): Promise<FuzzedTarget> {
  const random = createRandom(seed)
  const started = performance.now()
  let worst = 0
  let atFirst: number | undefined
  for (let n = 0; n < count; n++) {
    if (n === FIRST) atFirst = heapUsed()
    const input = target.make(random)
    worst = Math.max(worst, await costOf(target, input, report))
  }
  const grown = atFirst === undefined ? 0 : heapUsed() - atFirst
  const [seconds, megabytes] = [(performance.now() - started) / 1_000, grown / (1 << 20)]
  if (grown > MOST_GROWN) report(`${target.name}: the heap grows by ${megabytes.toFixed(0)} MB`, '')
  return {
    ...{ name: target.name, inputs: count, seconds: Math.round(seconds), limit: target.perCharacter },
    worst: Number(worst.toFixed(2)),
    grown: Number(Math.max(0, megabytes).toFixed(1)),
  }
}

/** Time a character, µs; 0 where the target threw. */
async function costOf(target: Target, input: string, report: Report): Promise<number> {
  const began = performance.now()
  try {
    const running = target.run(input)
    // Most targets are done: waiting for each of millions costs more than they do.
    if (running instanceof Promise) await running
  } catch (error) {
    report(`${target.name}: ${error instanceof Error ? error.stack : String(error)}`, input)
    return 0
  }
  const length = Math.max(SHORTEST, input.length)
  const cost = ((performance.now() - began) * 1_000) / length
  if (cost <= target.perCharacter) return cost
  const least = (await leastCpu(target, input, (target.perCharacter * length) / 1_000)) * (1_000 / length)
  if (least > target.perCharacter) report(`${target.name}: ${least.toFixed(1)} µs a character`, input)
  return least
}

/** The least processor time, ms, of runs up to the first within the limit. */
async function leastCpu(target: Target, input: string, limit: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < AGAIN && least > limit; run++) {
    const began = process.cpuUsage()
    await target.run(input)
    const { user, system } = process.cpuUsage(began)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}
