/** What a run with `--out` found. */
export interface FuzzResults {
  /** Of the working tree, and the day of the run. */
  readonly commit: string
  readonly at: string
  readonly seed: number
  readonly faults: number
  readonly targets: readonly FuzzedTarget[]
  /** Each code point, repeated to the longest text of a record: the slowest one, ms. */
  readonly codePoints?: { readonly slowest: string; readonly took: number; readonly limit: number }
}

export interface FuzzedTarget {
  readonly name: string
  readonly inputs: number
  /** Of the run, s. */
  readonly seconds: number
  /** Greatest time a character, and what it may be, µs. */
  readonly worst: number
  readonly limit: number
}
