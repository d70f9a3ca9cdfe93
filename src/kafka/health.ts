import type { Emit } from '../domain/events.ts'

/**
 * Who has lost the brokers and why. Says `connection_lost` when the first part loses them and `connection_restored`
 * when the last has them again, so that one outage is one pair of events.
 */
export class Health {
  readonly #emit: Emit
  readonly #lost = new Map<string, string>()

  constructor(emit: Emit) {
    this.#emit = emit
  }

  lost(part: string, reason: string): void {
    const first = this.#lost.size === 0
    this.#lost.set(part, reason)
    if (first) this.#emit({ name: 'connection_lost', service: 'kafka', reason })
  }

  restored(part: string): void {
    if (this.#lost.delete(part) && this.#lost.size === 0) {
      this.#emit({ name: 'connection_restored', service: 'kafka' })
    }
  }

  /** The part has ended: it says nothing about the brokers any more. */
  forget(part: string): void {
    this.#lost.delete(part)
  }

  reason(part: string): string | undefined {
    return this.#lost.get(part)
  }
}
