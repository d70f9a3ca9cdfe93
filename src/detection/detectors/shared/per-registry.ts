import { BoundedCache } from '../../../domain/bounded-cache.ts'
import type { Registry } from '../../../domain/registry.ts'

/** Cache of results per registry, by key; freed with the registry, at most twice `limit` entries each. */
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
