/** Between two looks, ms. */
const TICK = 100
/** What may lie between two looks, ms; beyond that the process was busy or not scheduled. */
const MOST = 150

/**
 * A clock, ms, that stands still while the process is busy with something else, or stopped: an answer that lies in the
 * socket meanwhile is no late one.
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
