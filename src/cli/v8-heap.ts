/** Flags of V8 for a process that works in batches. */
import { setFlagsFromString } from 'node:v8'

/**
 * How far the old generation may grow beyond the live heap of the last full collection, percent. By default V8 allows up to
 * four times. A lower limit saves memory and costs collections (docs/performance.md).
 */
const PERCENT = 150

/** V8 reads the flag when it sets its next limit, so it applies from the next full collection. */
export function limitHeapGrowth(percent = PERCENT): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}

/**
 * Turns pretenuring off. By default, code whose objects survive minor collections allocates in the old generation. The objects of a
 * batch survive a few and then die, and in the old generation only a full collection frees them.
 */
export function allocateYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/** Sets the flags of `run`: a service shares its machine and keeps its heap small (`limited`), a run on a file does not. */
export function tuneHeap({ limited }: { readonly limited: boolean }): void {
  allocateYoung()
  if (limited) limitHeapGrowth()
}
