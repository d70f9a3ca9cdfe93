/** A long computation that pauses now and then, so that others may work in between. */
export type Steps<T> = Generator<void, T>

/** Steps between two pauses, for loops over rows. */
export const ROWS_A_STEP = 500

/** To the end at once: for commands, and before anything else runs. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** To the end in slices of `slice` ms, with everything that waits let in between them. */
export async function inSlices<T>(steps: Steps<T>, slice = 10): Promise<T> {
  for (;;) {
    const until = performance.now() + slice
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
