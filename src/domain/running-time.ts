/** Interval between ticks, ms. */
const TICK = 100
/** Longest time counted between ticks, ms; beyond it the process was busy or not scheduled. */
const MOST = 150

/**
 * A clock (ms) that stops while the process is busy or suspended, so that an answer waiting in the socket meanwhile is not
 * counted as late.
 */
export class RunningTime {
  readonly #timer: NodeJS.Timeout
  #ran = 0
  #at = performance.now()

  constructor() {
    this.#timer = setInterval(() => {
      this.#ran = this.now()
      this.#at = performance.now()
    }, TICK).unref()
  }

  now(): number {
    return this.#ran + Math.min(performance.now() - this.#at, MOST)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
