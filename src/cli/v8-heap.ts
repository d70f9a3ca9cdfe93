/** Flags of V8 for a process that works in batches. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Seconds between full collections, which can delay alerts by 150 ms each; least and most growth of the heap, percent. */
const [APART, LEAST, MOST] = [20, 50, 150]
/** Seconds over which the rate is smoothed: minor collections come in bursts. */
const SMOOTHED = 4

/** Limits how far the old generation grows beyond the live heap of a full collection, percent; V8 applies it from the next one. */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}

/** Growth of the old generation that lets full collections be `APART`, by the rate at which objects reach it. */
export class HeapPace {
  #live: number
  #used: number
  #rate = 0

  /** `used`: bytes in the old generation. */
  constructor(used: number) {
    this.#live = used
    this.#used = used
  }

  /** Growth to allow, percent; `used`: bytes in the old generation a second after the last call. */
  next(used: number): number {
    const grown = used - this.#used
    this.#used = used
    if (grown < 0) this.#live = used
    else this.#rate += (grown - this.#rate) / SMOOTHED
    return Math.round(Math.min(MOST, Math.max(LEAST, (100 * this.#rate * APART) / this.#live)))
  }
}

function oldGeneration(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')!.space_used_size
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
  if (!limited) return
  limitHeapGrowth(MOST)
  const pace = new HeapPace(oldGeneration())
  setInterval(() => limitHeapGrowth(pace.next(oldGeneration())), 1000).unref()
}
