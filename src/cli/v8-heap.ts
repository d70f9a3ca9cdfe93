/** Flags of V8 for a process that works in batches. */
import { constants, type PerformanceMark, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'

/** Seconds between full collections, which can delay alerts by 150 ms each; least and most growth of the heap, percent. */
const [APART, LEAST, MOST] = [20, 25, 150]

/** Limits how far the old generation grows beyond the live heap of a full collection, percent; V8 applies it from the next one. */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}

/** Growth, percent, that brings full collections `APART`, where `growth` brings them `seconds` apart. */
export const pacedGrowth = (growth: number, seconds: number): number =>
  Math.round(Math.min(MOST, Math.max(LEAST, (growth * APART) / seconds)))

/**
 * Turns pretenuring off. By default, code whose objects survive minor collections allocates in the old generation. The objects of a
 * batch survive a few and then die, and in the old generation only a full collection frees them.
 */
export function allocateYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/**
 * Sets the flags of `run`: a service shares its machine and keeps its heap small (`limited`), a run on a file does not. The limit
 * adapts to the rate at which objects reach the old generation (docs/performance.md).
 */
export function tuneHeap({ limited }: { readonly limited: boolean }): void {
  allocateYoung()
  if (!limited) return
  let [last, inForce, next] = [0, MOST, MOST]
  limitHeapGrowth(next)
  new PerformanceObserver((list) => {
    for (const { startTime, detail } of list.getEntries() as PerformanceMark[]) {
      if (detail.kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue
      ;[inForce, next] = [next, pacedGrowth(inForce, (startTime - last) / 1000)]
      last = startTime
      limitHeapGrowth(next)
    }
  }).observe({ entryTypes: ['gc'] })
}
