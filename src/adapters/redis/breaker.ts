export interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  readonly failures: number
  /** How long an open circuit fails fast before one call may probe, ms; doubles with every failed probe up to ten times. */
  readonly coolDownMs: number
}

/**
 * Circuit breaker: closed (calls pass), open (calls fail at once), half open (one call probes). A caller asks
 * `admit()` before a call and reports its end by `succeeded()` or `failed()`.
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #now: () => number
  #failures = 0
  #openUntil = 0
  #coolDown: number
  #probing = false

  constructor(options: BreakerOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
    this.#coolDown = options.coolDownMs
  }

  /** Whether calls are failed at once, or only a probe is under way. */
  get open(): boolean {
    return this.#failures >= this.#options.failures
  }

  /** Whether a call may be made now. True for one caller only while the circuit is half open. */
  admit(): boolean {
    if (!this.open) return true
    if (this.#probing || this.#now() < this.#openUntil) return false
    this.#probing = true
    return true
  }

  /** The probe that was admitted makes no call of its own. */
  release(): void {
    this.#probing = false
  }

  /** The server has answered something else: it closes, and the next failure opens it again. */
  answered(): void {
    this.#failures = Math.min(this.#failures, this.#options.failures - 1)
    this.#probing = false
  }

  succeeded(): void {
    this.#failures = 0
    this.#probing = false
    this.#coolDown = this.#options.coolDownMs
  }

  failed(): void {
    this.#failures++
    if (!this.open) return
    if (this.#probing) this.#coolDown = Math.min(this.#coolDown * 2, this.#options.coolDownMs * 10)
    this.#probing = false
    this.#openUntil = this.#now() + this.#coolDown
  }
}
