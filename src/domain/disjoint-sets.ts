/** Sets of names that are joined with one another; each is known by the smallest name in it. */
export class DisjointSets {
  readonly #above = new Map<string, string>()

  /** The name of the set that holds this one: itself, where it was never joined. */
  rootOf(name: string): string {
    let root = name
    for (let above = this.#above.get(root); above !== undefined; above = this.#above.get(root)) root = above
    return root
  }

  join(a: string, b: string): void {
    const [low, high] = [this.rootOf(a), this.rootOf(b)].sort() as [string, string]
    if (low !== high) this.#above.set(high, low)
  }
}
