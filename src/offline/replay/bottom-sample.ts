import { hash48 } from '../../domain/hash.ts'

interface Drawn<T> {
  readonly rank: number
  readonly item: T
}

/**
 * Bottom-k sample: keeps the cases of each kind whose hash with the seed is lowest. The same seed draws the same cases, in
 * whatever order they arrive and however often the drawing is interrupted.
 */
export class BottomSample<T> {
  readonly #size: number
  readonly #seed: number
  /** Drawn cases by kind, ascending by rank. */
  readonly #drawn = new Map<string, Drawn<T>[]>()

  constructor(size: number, seed: number, drawn: readonly (readonly [string, readonly Drawn<T>[]])[] = []) {
    this.#size = size
    this.#seed = seed
    for (const [kind, items] of drawn) this.#drawn.set(kind, [...items])
  }

  /** `id` identifies the case within its kind; `make` is called only if it is drawn, if only for the time being. */
  offer(kind: string, id: string, make: () => T): void {
    if (this.#size === 0) return
    const rank = hash48(`${this.#seed}\n${kind}\n${id}`)
    const drawn = this.#drawn.get(kind) ?? []
    if (drawn.length === this.#size && rank >= drawn.at(-1)!.rank) return
    // A repeated record is one case.
    if (drawn.some((other) => other.rank === rank)) return
    const at = drawn.findIndex((other) => other.rank > rank)
    drawn.splice(at < 0 ? drawn.length : at, 0, { rank, item: make() })
    if (drawn.length > this.#size) drawn.pop()
    this.#drawn.set(kind, drawn)
  }

  /** The cases of a kind in random order. */
  of(kind: string): T[] {
    return (this.#drawn.get(kind) ?? []).map(({ item }) => item)
  }

  kinds(): string[] {
    return [...this.#drawn.keys()]
  }

  /** The state, as the constructor takes it. */
  toJSON(): [string, Drawn<T>[]][] {
    return [...this.#drawn]
  }
}
