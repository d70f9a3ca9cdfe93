import { SECOND } from '../../domain/time.ts'

/** How long results that take long are shared by all users unless said otherwise, ms. */
const SHARED_FOR = 30 * SECOND
const USUAL = { fresh: SHARED_FOR, oldest: 2 * SHARED_FOR }

/** Number of keys whose results are kept, those asked for last. */
const KEYS = 8

interface Result<T> {
  readonly at: number
  shown: Promise<T>
}

/**
 * Results by key, each asked for again once it is older than `fresh` ms. Until the new one is there, the old one is shown, unless
 * it is older than `oldest` ms. Errors are not kept.
 */
export class Shared<T> {
  readonly #fresh: number
  readonly #oldest: number
  readonly #results = new Map<string, Result<T>>()

  constructor({ fresh, oldest }: { readonly fresh: number; readonly oldest: number } = USUAL) {
    this.#fresh = fresh
    this.#oldest = oldest
  }

  get(work: () => Promise<T>, key = ''): Promise<T> {
    const now = performance.now()
    const last = this.#results.get(key)
    if (last && now - last.at <= this.#fresh) return last.shown
    const next = work()
    const own = { at: now, shown: last && now - last.at <= this.#oldest ? last.shown : next }
    this.#keep(key, own)
    next.then(
      () => {
        own.shown = next
      },
      () => {
        if (this.#results.get(key) === own) this.#results.delete(key)
      },
    )
    return own.shown
  }

  #keep(key: string, result: Result<T>): void {
    this.#results.delete(key)
    this.#results.set(key, result)
    const [eldest] = this.#results.keys()
    if (this.#results.size > KEYS) this.#results.delete(eldest!)
  }
}
