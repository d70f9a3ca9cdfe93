import type { Emit } from '../domain/events.ts'

export interface TokenKeyWatchOptions {
  /** Records the keys of this instance, and resolves with the ids under which another instance has another key. */
  readonly record: () => Promise<readonly string[]>
  readonly emit: Emit
  /** Interval between comparisons, ms. */
  readonly every?: number
}

const EVERY = 60_000

/** Reports token keys that have the same id and are not the same on all instances: their tokens of one recipient differ. */
export class TokenKeyWatch {
  readonly #options: TokenKeyWatchOptions
  #keys = ''
  #timer: NodeJS.Timeout | undefined

  constructor(options: TokenKeyWatchOptions) {
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
    const { record, emit } = this.#options
    // What Redis does not answer is compared the next time; that it is away is reported elsewhere.
    const conflicting = await record().catch(() => undefined)
    if (conflicting === undefined) return
    const keys = [...conflicting].sort().join(', ')
    if (keys !== this.#keys && keys !== '')
      emit({ name: 'token_keys_conflict', keys, count: conflicting.length })
    if (keys !== this.#keys && keys === '') emit({ name: 'token_keys_agree' })
    this.#keys = keys
  }
}
