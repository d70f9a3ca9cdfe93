import { setPriority } from 'node:os'

/** See nice(2). */
const LOWEST_PRIORITY = 19

/**
 * Gives the calling thread the lowest priority. No effect if the system refuses or only has priorities per process: only Linux
 * has them per thread.
 */
export function yieldToOthers(
  platform: NodeJS.Platform = process.platform,
  set: (priority: number) => void = setPriority,
): void {
  if (platform !== 'linux') return
  try {
    set(LOWEST_PRIORITY)
  } catch {
    // Not essential: the queue to the thread is bounded anyway.
  }
}
