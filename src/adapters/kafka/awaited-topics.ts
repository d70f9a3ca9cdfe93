import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection } from './client.ts'

/** Interval between checks for missing topics, ms. */
const LOOK_EVERY = 15_000

/**
 * Polls for topics that do not exist yet and reports each once when it appears. Resolves when all exist or the signal
 * is aborted; never rejects.
 */
export async function awaitTopics(
  connection: Pick<KafkaConnection, 'missingTopics'>,
  names: readonly string[],
  found: (names: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let missing = names
  while (missing.length > 0) {
    await sleep(LOOK_EVERY, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    // The brokers may refuse for the moment; the next check asks again.
    const still = await connection.missingTopics(missing).catch(() => missing)
    if (signal.aborted) return
    const made = missing.filter((name) => !still.includes(name))
    if (made.length > 0) found(made)
    missing = still
  }
}
