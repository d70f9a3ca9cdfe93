/** Interval between checks, ms. */
const CHECK_EVERY = 1_000

/** Reports when the servers start to answer (undefined) and when they stop. */
export class AvailabilityWatch {
  readonly #away: () => readonly string[]
  readonly #report: (lost: string | undefined) => void
  readonly #timer: NodeJS.Timeout
  #reached: boolean | undefined

  constructor(away: () => readonly string[], report: (lost: string | undefined) => void) {
    this.#away = away
    this.#report = report
    this.#timer = setInterval(() => this.look(), CHECK_EVERY).unref()
  }

  look(): void {
    const [lost] = this.#away()
    const isReached = lost === undefined
    // While they do not answer, every check reports it; the listener limits how often it is passed on.
    if (isReached && this.#reached === true) return
    this.#reached = isReached
    this.#report(lost)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
