/**
 * AdaGrad (Duchi, Hazan, Singer 2011) on the table rows used by a batch. The gradient of `sum(rows) / sqrt(count)` with respect
 * to each row of a text is the gradient of its bag over `sqrt(count)`, so no dense gradient of the table is needed.
 */
export class SparseAdagrad {
  readonly #table: Float32Array
  readonly #squares: Float32Array
  readonly #width: number
  /** Columns below this one are the deep part, which has its own learning rate. */
  readonly #deep: number

  constructor(table: Float32Array, width: number, deep: number) {
    this.#table = table
    this.#squares = new Float32Array(table.length).fill(1e-3)
    this.#width = width
    this.#deep = deep
  }

  /** `gradients[b * width + c]` is for column c of text b. `decay`: share of each used weight subtracted, times the learning rate. */
  apply(
    rows: Int32Array,
    starts: Int32Array,
    texts: number,
    gradients: Float32Array,
    rates: { readonly wide: number; readonly deep: number; readonly decay: number },
  ): void {
    const width = this.#width
    const table = this.#table
    const squares = this.#squares
    for (let b = 0; b < texts; b++) {
      const from = starts[b] as number
      const to = starts[b + 1] as number
      const share = 1 / Math.sqrt(to - from)
      for (let i = from; i < to; i++) {
        const base = (rows[i] as number) * width
        for (let c = 0; c < width; c++) {
          const at = base + c
          const w = table[at] as number
          const g = (gradients[b * width + c] as number) * share
          const square = (squares[at] as number) + g * g
          squares[at] = square
          const rate = c < this.#deep ? rates.deep : rates.wide
          table[at] = w - rate * (g / Math.sqrt(square) + rates.decay * w)
        }
      }
    }
  }
}
