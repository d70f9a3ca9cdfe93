import { BoundedCache } from './bounded-cache.ts'

/** Keys per generation of the cache. */
const REMEMBERED = 4_096

/**
 * The last list by key. A few senders send nearly everything and count the same for each of their messages, and the
 * lists of a batch are held until it is counted: equal ones are shared.
 */
export class SharedLists<T> {
  readonly #last = new BoundedCache<{ list: readonly T[] }>(REMEMBERED)

  last(key: string): readonly T[] {
    return this.#last.get(key, none).list
  }

  share(key: string, list: readonly T[]): readonly T[] {
    this.#last.get(key, none).list = list
    return list
  }
}

function none(): { list: readonly never[] } {
  return { list: [] }
}
