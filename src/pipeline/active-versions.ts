import type { Versions, VersionsInForce } from '../domain/versions.ts'

/**
 * The versions in force: those that were loaded last when a batch begins stay until the next one, so that a batch is
 * worked on with one set from its first stage to its last.
 */
export class ActiveVersions implements VersionsInForce {
  readonly #loaded: () => Versions
  #current: Versions
  /** The batch that is worked on, or was last. */
  #batch: Promise<unknown> = Promise.resolve()

  /** `loaded` gives what was loaded last. */
  constructor(loaded: () => Versions) {
    this.#loaded = loaded
    this.#current = loaded()
  }

  get current(): Versions {
    return this.#current
  }

  /** Puts in force what was loaded last: at the beginning of a batch. */
  begin(): Versions {
    this.#current = this.#loaded()
    return this.#current
  }

  /** Runs the work on one batch. */
  during<T>(work: () => Promise<T>): Promise<T> {
    const result = work()
    this.#batch = result.catch(() => undefined)
    return result
  }

  /** Resolves when what was loaded last is in force and no batch works with the versions before any more. */
  async adopt(): Promise<void> {
    const last = this.#batch
    await last
    // A batch that has begun meanwhile took the new versions itself.
    if (this.#batch === last) this.begin()
  }
}
