/** Turns of the event loop that a wait is measured in, ms. */
const SLICE = 10
/** What a slice may take more than it was set for before the process was busy with something else, ms. */
const SLACK = 5

/**
 * Resolves with true when `done` resolves, with false after `ms` in which the event loop was free to read a reply. Time
 * in which the process was busy or not scheduled does not count: a reply that lies in the socket is no late one.
 */
export function answeredWithin(done: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    let left = ms
    let timer: NodeJS.Timeout
    const end = (answered: boolean): void => {
      clearTimeout(timer)
      resolve(answered)
    }
    const wait = (): void => {
      const slice = Math.min(left, SLICE)
      const began = performance.now()
      timer = setTimeout(
        () => {
          left -= Math.min(performance.now() - began, slice + SLACK)
          if (left > 0) wait()
          // What came with the last slice is read before it is too late.
          else setImmediate(() => setImmediate(() => end(false)))
        },
        Math.max(slice, 1),
      )
    }
    wait()
    done.then(
      () => end(true),
      () => end(true),
    )
  })
}
