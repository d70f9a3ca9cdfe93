/** Settings of the tokenizer; part of the artifact, so that serving and training read texts alike. */
export interface TokenizerSettings {
  /** log2 of the number of rows of the embedding table. */
  readonly bits: number
  /** Longest character gram, 1 to 4. */
  readonly grams: number
  /** Word grams of alphabetic scripts, 0 to 2. */
  readonly words: number
  /** Longest gram of code units of the original text, including case, marks, spaces and digits. 0 to 4; 0 if absent. */
  readonly written?: number
  /** Whether features with an all-zero row are excluded from the bag and its count; false if absent. */
  readonly skipUnknown?: boolean
  /**
   * Whether a text has three bags instead of one: the features of the normalised text; the grams of the original text, of which
   * the second and fourth occurrence are also features; its words, numbers and marks in lower case, singly and in pairs. False if
   * absent.
   */
  readonly parted?: boolean
}

export function bagsOf({ parted }: TokenizerSettings): number {
  return parted === true ? 3 : 1
}

/** Whether features of numbers are limited to the length, the first digit of long numbers, and service numbers. */
export function readsNumbersByShape({ written = 0, parted = false }: TokenizerSettings): boolean {
  return written === 0 && !parted
}
