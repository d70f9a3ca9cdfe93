import { BoundedCache } from '../../../domain/bounded-cache.ts'
import type { Registry } from '../../../domain/registry.ts'

/** Answers that a registry gives, by key, kept while it serves; at most twice `limit` of each registry. */
export class PerRegistry<V> {
  readonly #limit: number
  readonly #caches = new WeakMap<Registry, BoundedCache<V>>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(registry: Registry, key: string, compute: () => V): V {
    let cache = this.#caches.get(registry)
    if (cache === undefined) {
      cache = new BoundedCache(this.#limit)
      this.#caches.set(registry, cache)
    }
    return cache.get(key, compute)
  }
}
