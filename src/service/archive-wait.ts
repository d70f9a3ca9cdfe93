import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'

/** Pauses between attempts, ms: the first, which doubles, up to the longest. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 5_000

/**
 * Repeats work that needs PostgreSQL until the database answers, and reports the outage. Rejects with other errors, and with
 * ARCHIVE_UNREACHABLE once `signal` is aborted. `work` must be idempotent.
 */
export async function untilReached<T>(
  work: () => Promise<T>,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<T> {
  let isLost = false
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      const result = await work()
      if (isLost) emit({ name: 'connection_restored', service: 'postgres' })
      return result
    } catch (error) {
      const isAway = error instanceof SigwatchError && error.code === 'ARCHIVE_UNREACHABLE'
      if (!isAway || signal.aborted) throw error
      if (!isLost) emit({ name: 'connection_lost', service: 'postgres', reason: error.message })
      isLost = true
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined)
  }
}
