import { BoundedCache } from '../../../domain/bounded-cache.ts'
import type { Registry } from '../../../domain/registry.ts'

/** Cache of results per registry, by key; freed with the registry, at most twice `limit` entries each. */
export class PerRegistry<Q, V> {
  readonly #limit: number
  readonly #answer: (question: Q, registry: Registry) => V
  readonly #caches = new WeakMap<Registry, BoundedCache<V>>()

  constructor(limit: number, answer: (question: Q, registry: Registry) => V) {
    this.#limit = limit
    this.#answer = answer
  }

  /** `key`: identifies the query; equal keys must have equal results. */
  get(registry: Registry, key: string, question: Q): V {
    let cache = this.#caches.get(registry)
    if (cache === undefined) {
      cache = new BoundedCache(this.#limit)
      this.#caches.set(registry, cache)
    }
    const known = cache.known(key)
    return known === undefined && !cache.has(key) ? this.#asked(cache, registry, key, question) : (known as V)
  }

  /** Separate function, so that a cached result allocates no closure. */
  #asked(cache: BoundedCache<V>, registry: Registry, key: string, question: Q): V {
    return cache.get(key, () => this.#answer(question, registry))
  }
}
