export interface AgreementWatchOptions {
  /** Records the values of this instance, and resolves with the names under which another instance has another value. */
  readonly record: () => Promise<readonly string[]>
  /** Called when the names change, and with none once all instances agree again. */
  readonly differ: (names: readonly string[]) => void
  /** Interval between comparisons, ms. */
  readonly every?: number
}

const EVERY = 60_000

/** Reports values that have to be the same on all instances of a deployment and are not. */
export class AgreementWatch {
  readonly #options: AgreementWatchOptions
  #names = ''
  #timer: NodeJS.Timeout | undefined

  constructor(options: AgreementWatchOptions) {
    this.#options = options
  }

  /** Compares once, then periodically until closed. Never rejects. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#compare(), this.#options.every ?? EVERY).unref()
    await this.#compare()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #compare(): Promise<void> {
    const { record, differ } = this.#options
    // What Redis does not answer is compared the next time; that it is away is reported elsewhere.
    const conflicting = (await record().catch(() => undefined))?.toSorted()
    if (conflicting === undefined || conflicting.join() === this.#names) return
    this.#names = conflicting.join()
    differ(conflicting)
  }
}
