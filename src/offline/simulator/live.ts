import { setTimeout as sleep } from 'node:timers/promises'
import type { TimedRecord } from './records.ts'
import type { Simulation } from './simulate.ts'

/** Maximum wait between checks of the clock, ms, so that a clock set forward is noticed. */
const TICK = 200

/**
 * Yields the records of a simulation in real time: each once the clock has reached the time at which its gateway passes it on.
 * Ends with the simulation, or when `signal` is aborted; records due after the end of the simulation are left out.
 */
export async function* atTheClock(
  { minutes, end }: Pick<Simulation, 'minutes' | 'end'>,
  signal: AbortSignal,
  now: () => number = Date.now,
): AsyncGenerator<readonly TimedRecord[]> {
  for (const minute of minutes()) {
    const records = minute.filter(({ at }) => at < end)
    let next = 0
    while (next < records.length) {
      const wait = Math.min(TICK, records[next]!.at - now())
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const first = next
      while (next < records.length && records[next]!.at <= now()) next++
      if (next > first) yield records.slice(first, next)
    }
  }
}
