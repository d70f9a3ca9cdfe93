import { setTimeout as sleep } from 'node:timers/promises'

const FIRST = 200
const LONGEST = 5_000

/** Delay between attempts, ms: doubles from 200 to 5,000, with 20% jitter so that instances spread out. */
function delayOf(attempt: number): number {
  const base = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10))
  return base * (0.8 + 0.2 * Math.random())
}

/** Resolves after the delay of `attempt` (from 0), or immediately if the signal is aborted. */
export async function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  await sleep(delayOf(attempt), undefined, signal ? { signal } : {}).catch(() => undefined)
}

/** Resolves when `signal` is aborted. Abort `over` to remove the listener. */
export function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over })
  })
}
