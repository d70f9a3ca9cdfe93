import { SECOND } from '../../domain/time.ts'

/** How long results that take long are shared by all users unless said otherwise, ms. */
const SHARED_FOR = 30 * SECOND
const USUAL = { fresh: SHARED_FOR, oldest: 2 * SHARED_FOR }

interface Result<T> {
  readonly key: string
  readonly at: number
  shown: Promise<T>
}

/**
 * A result that is asked for again once it is older than `fresh` ms. Until the new one is there, the old one is shown, unless it is
 * older than `oldest` ms. An error, or another key, is not waited out.
 */
export class Shared<T> {
  readonly #fresh: number
  readonly #oldest: number
  #last: Result<T> | undefined

  constructor({ fresh, oldest }: { readonly fresh: number; readonly oldest: number } = USUAL) {
    this.#fresh = fresh
    this.#oldest = oldest
  }

  get(work: () => Promise<T>, key = ''): Promise<T> {
    const now = performance.now()
    const last = this.#last?.key === key ? this.#last : undefined
    if (last && now - last.at <= this.#fresh) return last.shown
    const next = work()
    const own = { key, at: now, shown: last && now - last.at <= this.#oldest ? last.shown : next }
    this.#last = own
    next.then(
      () => {
        own.shown = next
      },
      () => {
        if (this.#last === own) this.#last = undefined
      },
    )
    return own.shown
  }
}
