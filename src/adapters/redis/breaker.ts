export interface BreakerOptions {
  /** Consecutive failures that open the circuit. */
  readonly failures: number
  /** Time that an open circuit fails fast before it admits a probe, ms; doubles with every failed probe, up to tenfold. */
  readonly coolDownMs: number
}

/**
 * Circuit breaker: closed (calls pass), open (calls fail immediately), half open (one call probes). Callers ask
 * `admit()` before a call and report its result with `succeeded()` or `failed()`.
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

  /** Whether calls fail immediately, apart from a probe. */
  get open(): boolean {
    return this.#failures >= this.#options.failures
  }

  /** Whether a call may be made now. True for only one caller while the circuit is half open. */
  admit(): boolean {
    if (!this.open) return true
    if (this.#probing || this.#now() < this.#openUntil) return false
    this.#probing = true
    return true
  }

  /** The admitted caller makes no call of its own, so another may probe. */
  release(): void {
    this.#probing = false
  }

  /** The server answered another request: closes the circuit, but the next failure opens it again. */
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
