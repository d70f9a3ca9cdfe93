/** Disjoint sets of names or numbers (union-find). A set is represented by its smallest member. */
export class DisjointSets<T extends string | number> {
  readonly #above = new Map<T, T>()

  /** The representative of the member's set: the member itself if it was never joined. */
  rootOf(member: T): T {
    let root = member
    for (let above = this.#above.get(root); above !== undefined; above = this.#above.get(root)) root = above
    if (root !== member) this.#above.set(member, root)
    return root
  }

  join(a: T, b: T): void {
    const [one, other] = [this.rootOf(a), this.rootOf(b)]
    if (one < other) this.#above.set(other, one)
    else if (other < one) this.#above.set(one, other)
  }
}
