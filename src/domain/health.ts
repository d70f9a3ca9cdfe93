import type { Emit } from './events.ts'

type Service = 'kafka' | 'redis' | 'schema-registry'

/**
 * Tracks which parts lost a service, and why. Emits `connecting` at first and `connected` on the first answer; then
 * `connection_lost` when the first part loses the service and `connection_restored` when the last has it back, so that one outage
 * is one pair of events. Further losses in between emit `connection_awaited`.
 */
export class Health {
  readonly #service: Service
  readonly #emit: Emit
  readonly #lost = new Map<string, string>()
  #connected = false

  constructor(service: Service, emit: Emit) {
    this.#service = service
    this.#emit = emit
    emit({ name: 'connecting', service })
  }

  lost(part: string, reason: string): void {
    const first = this.#lost.size === 0
    this.#lost.set(part, reason)
    const name = first && this.#connected ? 'connection_lost' : 'connection_awaited'
    this.#emit({ name, service: this.#service, reason })
  }

  restored(part: string): void {
    const was = this.#lost.delete(part)
    if (this.#lost.size > 0 || (this.#connected && !was)) return
    this.#emit({ name: this.#connected ? 'connection_restored' : 'connected', service: this.#service })
    this.#connected = true
  }

  /** The part has ended and no longer counts. */
  forget(part: string): void {
    this.#lost.delete(part)
  }

  reason(part: string): string | undefined {
    return this.#lost.get(part)
  }
}
