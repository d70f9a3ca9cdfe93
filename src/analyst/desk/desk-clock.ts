import { MINUTE } from '../../domain/time.ts'
import type { ArchiveReader } from '../archive/reader.ts'

/**
 * The time of the archive's database, which is the same for all desks even if the clock of a host is wrong. Read once a minute
 * and advanced by the monotonic clock.
 */
export class DeskClock {
  readonly #archive: Pick<ArchiveReader, 'now'>
  /** Time of the database minus the monotonic clock, ms. */
  #offset: Promise<number> | undefined
  #until = 0

  constructor(archive: Pick<ArchiveReader, 'now'>) {
    this.#archive = archive
  }

  /** Epoch ms. Rejects with the errors of the archive. */
  async now(): Promise<number> {
    if (performance.now() >= this.#until || this.#offset === undefined) {
      this.#until = performance.now() + MINUTE
      this.#offset = this.#ask()
    }
    return Math.round(performance.now() + (await this.#offset))
  }

  async #ask(): Promise<number> {
    try {
      return (await this.#archive.now()) - performance.now()
    } catch (error) {
      this.#offset = undefined
      throw error
    }
  }
}
