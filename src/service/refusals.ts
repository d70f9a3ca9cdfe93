import type { Event, LOADABLE, Service } from '../domain/events.ts'

type Loadable = (typeof LOADABLE)[number]

/**
 * Holds the last refusal of each file (`reload_refused`, `certificates_refused`), so that `/readyz` reports it until the file is read
 * successfully, and token keys and settings that are not those of other instances.
 */
export class Refusals {
  /** Refusals since the last `settle`. */
  readonly #fresh = new Map<Loadable, string>()
  readonly #held = new Map<Loadable, string>()
  readonly #certificates = new Map<Service, string>()
  #keys: string | undefined
  #settings: string | undefined

  take(event: Event): void {
    if (event.name === 'reload_refused') this.#fresh.set(event.what, event.reason)
    else if (event.name === 'certificates_refused') this.#certificates.set(event.service, event.reason)
    else if (event.name === 'certificates_loaded') this.#certificates.delete(event.service)
    else if (event.name === 'token_keys_conflict') this.#keys = event.keys
    else if (event.name === 'token_keys_agree') this.#keys = undefined
    else if (event.name === 'settings_conflict') this.#settings = event.settings
    else if (event.name === 'settings_agree') this.#settings = undefined
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
    const files = [...this.#held].map(
      ([what, reason]) => `${what}: a new version is refused and the old one stays in use: ${reason}`,
    )
    const certificates = [...this.#certificates].map(
      ([service, reason]) =>
        `certificates of ${service}: the files on disk are refused and those in memory stay in use until a restart: ${reason}`,
    )
    const keys =
      this.#keys === undefined
        ? []
        : [
            `another instance has another key under the id ${this.#keys} (privacy.tokenKey or previousTokenKeys): give all the same and restart them`,
          ]
    const settings =
      this.#settings === undefined
        ? []
        : [`another instance has another ${this.#settings}: give all the same and restart them`]
    return [...files, ...certificates, ...keys, ...settings]
  }
}
