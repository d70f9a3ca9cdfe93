import { setFlagsFromString } from 'node:v8'

/**
 * How far the old generation may grow beyond the live heap of the last full collection, percent. By default V8 allows up to
 * four times. A lower limit saves memory and costs collections (docs/performance.md, Memory).
 */
const PERCENT = 150

/** V8 reads the flag when it sets its next limit, so it applies from the next full collection. */
export function limitHeapGrowth(percent = PERCENT): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
