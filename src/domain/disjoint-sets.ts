/** Disjoint sets of names (union-find). A set is represented by its smallest name. */
export class DisjointSets {
  readonly #above = new Map<string, string>()

  /** The representative of the name's set: the name itself if it was never joined. */
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
