import { SECOND } from '../../domain/time.ts'

/** How long results that take long are shared by all users, ms. */
const SHARED_FOR = 30 * SECOND

interface Result<T> {
  readonly key: string
  readonly at: number
  shown: Promise<T>
}

/**
 * A result that is asked for again once it is older than 30 seconds. Until the new one is there, and for at most another 30 seconds,
 * the old one is shown. An error, or another key, is not waited out.
 */
export class Shared<T> {
  #last: Result<T> | undefined

  get(work: () => Promise<T>, key = ''): Promise<T> {
    const now = performance.now()
    const last = this.#last?.key === key ? this.#last : undefined
    if (last && now - last.at <= SHARED_FOR) return last.shown
    const next = work()
    const own = { key, at: now, shown: last && now - last.at <= 2 * SHARED_FOR ? last.shown : next }
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
