import type { PackedRows } from './packed-rows.ts'

/** Number of changed rows in the map from which all are repacked. */
const OVERLAY = 20_000

/**
 * Rows by key that change occasionally: packed rows, plus a map of changes. Immutable: a change makes a new instance that shares
 * the packed rows.
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

  /** Like that of the packed rows; keys of all changes included. */
  *keysHaving(texts: readonly string[]): Generator<string | undefined> {
    yield* this.#overlay.keys()
    yield* this.#packed.keysHaving(texts)
  }

  *entries(): Generator<[string, T]> {
    for (const entry of this.#packed.entries()) if (!this.#overlay.has(entry[0])) yield entry
    yield* this.#overlay
  }
}
