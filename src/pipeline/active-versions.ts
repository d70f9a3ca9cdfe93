import type { Versions, VersionsInForce } from '../domain/versions.ts'

/**
 * The versions in force. Versions loaded during a batch take effect with the next one, so that every stage of a batch
 * uses the same set.
 */
export class ActiveVersions implements VersionsInForce {
  readonly #loaded: () => Versions
  #current: Versions
  #batch: Promise<unknown> = Promise.resolve()

  /** `loaded` returns the versions loaded last. */
  constructor(loaded: () => Versions) {
    this.#loaded = loaded
    this.#current = loaded()
  }

  get current(): Versions {
    return this.#current
  }

  /** Activates the versions loaded last, at the start of a batch. */
  begin(): Versions {
    this.#current = this.#loaded()
    return this.#current
  }

  during<T>(work: () => Promise<T>): Promise<T> {
    const result = work()
    this.#batch = result.catch(() => undefined)
    return result
  }

  /** Resolves when the versions loaded last are in force and no batch uses earlier ones. */
  async adopt(): Promise<void> {
    const last = this.#batch
    await last
    // A batch that began meanwhile has already activated the new versions.
    if (this.#batch === last) this.begin()
  }
}
