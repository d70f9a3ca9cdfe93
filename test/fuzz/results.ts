/** What a run with `--out` found. */
export interface FuzzResults {
  /** Of the working tree, and the day of the run. */
  readonly commit: string
  readonly at: string
  readonly seed: number
  readonly faults: number
  /** Processes that shared the inputs; absent: one. */
  readonly workers?: number
  readonly targets: readonly FuzzedTarget[]
  /** Each code point, repeated to the longest text of a record: the slowest one, ms. */
  readonly codePoints?: { readonly slowest: string; readonly took: number; readonly limit: number }
}

export interface FuzzedTarget {
  readonly name: string
  readonly inputs: number
  /** Of the run, s; with several workers the sum of theirs. */
  readonly seconds: number
  /** Greatest time a character, and what it may be, µs. */
  readonly worst: number
  readonly limit: number
  /** By how much the heap had grown when the inputs after the first few were done, MB; absent: earlier runs did not look. */
  readonly grown?: number
}

/** The same target of several workers as one. */
export function together(parts: readonly FuzzedTarget[]): FuzzedTarget {
  const sum = (of: (part: FuzzedTarget) => number): number => parts.reduce((all, part) => all + of(part), 0)
  const most = (of: (part: FuzzedTarget) => number): number => Math.max(...parts.map(of))
  return {
    ...parts[0]!,
    inputs: sum(({ inputs }) => inputs),
    seconds: sum(({ seconds }) => seconds),
    worst: most(({ worst }) => worst),
    grown: most(({ grown = 0 }) => grown),
  }
}
