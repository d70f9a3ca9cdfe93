import { setTimeout as sleep } from 'node:timers/promises'

const FIRST = 200
const LONGEST = 5_000

/** Waits between attempts, ms: doubling from 200 to 5,000, a fifth of it random so that instances spread. */
function delayOf(attempt: number): number {
  const base = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10))
  return base * (0.8 + 0.2 * Math.random())
}

/** Resolves after the delay of `attempt` (from 0), or at once when the signal is aborted. */
export async function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  await sleep(delayOf(attempt), undefined, signal ? { signal } : {}).catch(() => undefined)
}

/** Resolves when the signal is aborted; `over`: the result is not waited for any more. */
export function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over })
  })
}
