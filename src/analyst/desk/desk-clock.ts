import { MINUTE } from '../../domain/time.ts'
import type { ArchiveReader } from '../archive/reader.ts'

/**
 * The time by the clock of the archive's database, which is the same for all desks: the clock of a desk's host may be wrong.
 * Asked once a minute and carried on by the monotonic clock.
 */
export class DeskClock {
  readonly #archive: Pick<ArchiveReader, 'now'>
  /** Of the database, less the monotonic clock, ms. */
  #offset: Promise<number> | undefined
  #until = 0

  constructor(archive: Pick<ArchiveReader, 'now'>) {
    this.#archive = archive
  }

  /** Epoch ms. Rejects with errors of the archive. */
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
