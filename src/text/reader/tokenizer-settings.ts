/** What turns a text into features; part of the artifact, so that serving reads as training did. */
export interface TokenizerSettings {
  /** log2 of the rows of the embedding table. */
  readonly bits: number
  /** Longest character gram, 1 to 4. */
  readonly grams: number
  /** Word grams of alphabetic scripts, 0 to 2. */
  readonly words: number
  /** Longest gram of code units of the text as written: case, marks, spaces and digits count. 0 to 4; 0 if absent. */
  readonly written?: number
  /** Whether features whose row of the table is all zero are left out of the bag and of its count; false if absent. */
  readonly skipUnknown?: boolean
  /**
   * Whether a text is three bags instead of one: the features of the normalised text; the grams of the text as written,
   * of which the second and the fourth occurrence are features too; its words, numbers and marks in lower case, single
   * and in pairs. False if absent.
   */
  readonly parted?: boolean
}

/** Bags of a text. */
export function bagsOf({ parted }: TokenizerSettings): number {
  return parted === true ? 3 : 1
}

/** Whether of a number nothing but its length, its first digit where it is long and the services' own are features. */
export function readsNumbersByShape({ written = 0, parted = false }: TokenizerSettings): boolean {
  return written === 0 && !parted
}
