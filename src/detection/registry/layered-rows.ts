import type { PackedRows } from './packed-rows.ts'

/** Changed rows in a map from which on all are repacked. */
const OVERLAY = 20_000

/**
 * Rows by key that change now and then: packed ones, and a map of those that changed since. Immutable: a change makes
 * another one, which shares what is packed.
 */
export class LayeredRows<T> {
  readonly #packed: PackedRows<T>
  readonly #overlay: ReadonlyMap<string, T>

  constructor(packed: PackedRows<T>, overlay: ReadonlyMap<string, T> = new Map()) {
    this.#packed = packed
    this.#overlay = overlay
  }

  get isEmpty(): boolean {
    return this.#packed.size === 0 && this.#overlay.size === 0
  }

  get(key: string): T | undefined {
    return this.#overlay.get(key) ?? this.#packed.get(key)
  }

  with(rows: ReadonlyMap<string, T>): LayeredRows<T> {
    const overlay = new Map([...this.#overlay, ...rows])
    if (overlay.size < OVERLAY) return new LayeredRows(this.#packed, overlay)
    const packed = this.#packed.copy()
    for (const [key, row] of overlay) packed.set(key, row)
    return new LayeredRows(packed)
  }

  *entries(): Generator<[string, T]> {
    for (const entry of this.#packed.entries()) if (!this.#overlay.has(entry[0])) yield entry
    yield* this.#overlay
  }
}
