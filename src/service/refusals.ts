import type { Event, LOADABLE } from '../domain/events.ts'

type Loadable = (typeof LOADABLE)[number]

/** What was refused when it was read last (`reload_refused`), so that `/readyz` names it until it is read without a fault. */
export class Refusals {
  /** Of a reading under way. */
  readonly #fresh = new Map<Loadable, string>()
  readonly #held = new Map<Loadable, string>()

  take(event: Event): void {
    if (event.name === 'reload_refused') this.#fresh.set(event.what, event.reason)
  }

  /** These have been read: what was not refused since is well. */
  settle(whats: readonly Loadable[]): void {
    for (const what of whats) {
      const reason = this.#fresh.get(what)
      if (reason === undefined) this.#held.delete(what)
      else this.#held.set(what, reason)
      this.#fresh.delete(what)
    }
  }

  /** For `notes` of `/readyz`. */
  notes(): readonly string[] {
    return [...this.#held].map(
      ([what, reason]) => `${what}: a new version is refused and the old one stays in use: ${reason}`,
    )
  }
}
