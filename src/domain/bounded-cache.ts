/**
 * Cache of computed values by key, at most twice `limit`. Two generations: when the young one is full, the old one is dropped; a
 * hit in the old one moves to the young.
 */
export class BoundedCache<V> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  known(key: string): V | undefined {
    return this.#young.get(key)
  }

  /** Whether the young generation has the key. */
  has(key: string): boolean {
    return this.#young.has(key)
  }

  /** The cached value, or `compute(key)`, which is then cached. */
  get(key: string, compute: (key: string) => V): V {
    let value = this.#young.get(key)
    if (value !== undefined || this.#young.has(key)) return value as V
    value = this.#old.has(key) ? (this.#old.get(key) as V) : compute(key)
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
    return value
  }
}
