/** Interval by which a wait is measured, ms. */
const SLICE = 10
/** Delay of a timer beyond which the process was busy with other work, ms. */
const SLACK = 5

/**
 * Resolves with true when `done` resolves, or with false after `ms` in which the event loop was free to read a reply.
 * Time in which the process was busy or not scheduled does not count: a reply waiting in the socket buffer is not late.
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
          // Read data that arrived in the last interval before giving up.
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
