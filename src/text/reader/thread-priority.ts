import { setPriority } from 'node:os'

/** Of nice(2). */
const LOWEST_PRIORITY = 19

/**
 * Gives the calling thread the lowest priority, so that others go first. Does nothing where the system refuses, or has
 * priorities of whole processes alone: only Linux has one for each thread.
 */
export function yieldToOthers(
  platform: NodeJS.Platform = process.platform,
  set: (priority: number) => void = setPriority,
): void {
  if (platform !== 'linux') return
  try {
    set(LOWEST_PRIORITY)
  } catch {
    // The bounds on what waits for the thread still hold.
  }
}
