/** A long computation that yields regularly so that other work can run. */
export type Steps<T> = Generator<void, T>

/** Rows per step, for loops over rows. */
export const ROWS_A_STEP = 100

/** Runs to completion without a pause: for commands and during startup. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Runs in slices of `slice` ms and yields to the event loop in between. */
export async function inSlices<T>(steps: Steps<T>, slice = 2): Promise<T> {
  for (;;) {
    const until = performance.now() + slice
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
