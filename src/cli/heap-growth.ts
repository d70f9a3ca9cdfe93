import { setFlagsFromString } from 'node:v8'

/**
 * How far the old generation may grow beyond what survived its last full collection, percent. V8 by itself lets it grow up
 * to fourfold. Less saves memory and costs collections (docs/performance.md, Memory).
 */
const PERCENT = 150

/** V8 reads the flag whenever it sets its next limit, so it holds from the next full collection on. */
export function limitHeapGrowth(percent = PERCENT): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
