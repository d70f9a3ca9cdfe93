import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection } from './client.ts'

/** How often missing topics are looked for, ms. */
const LOOK_EVERY = 15_000

/**
 * Looks for topics that do not exist yet, and says of each once when it does. Resolves when all exist, or when the signal is
 * aborted; never rejects.
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
    // The brokers may refuse the question for now: it is asked again.
    const still = await connection.missingTopics(missing).catch(() => missing)
    if (signal.aborted) return
    const made = missing.filter((name) => !still.includes(name))
    if (made.length > 0) found(made)
    missing = still
  }
}
