import type { Event, LOADABLE } from '../domain/events.ts'

type Loadable = (typeof LOADABLE)[number]

/**
 * Holds the last refusal of each file (`reload_refused`), so that `/readyz` reports it until the file is read successfully, and
 * token keys that are not those of other instances.
 */
export class Refusals {
  /** Refusals since the last `settle`. */
  readonly #fresh = new Map<Loadable, string>()
  readonly #held = new Map<Loadable, string>()
  #keys: string | undefined

  take(event: Event): void {
    if (event.name === 'reload_refused') this.#fresh.set(event.what, event.reason)
    else if (event.name === 'token_keys_conflict') this.#keys = event.keys
    else if (event.name === 'token_keys_agree') this.#keys = undefined
  }

  /** Call after these were read: those not refused since the last call are valid again. */
  settle(whats: readonly Loadable[]): void {
    for (const what of whats) {
      const reason = this.#fresh.get(what)
      if (reason === undefined) this.#held.delete(what)
      else this.#held.set(what, reason)
      this.#fresh.delete(what)
    }
  }

  /** Lines for the notes of `/readyz`. */
  notes(): readonly string[] {
    const refused = [...this.#held].map(
      ([what, reason]) => `${what}: a new version is refused and the old one stays in use: ${reason}`,
    )
    if (this.#keys === undefined) return refused
    return [
      ...refused,
      `another instance has another key under the id ${this.#keys} (privacy.tokenKey or previousTokenKeys): give all the same and restart them`,
    ]
  }
}
