/** Entries of a sketch. */
export const SKETCH_SIZE = 64

/** The length of a sketch as a vector, but for rounding. */
export const SKETCH_LENGTH = 127

/** The direction of a text in 64 signed bytes: texts that say the same in other words point the same way. */
export type Sketch = Int8Array

/** The cosine of two sketches of one table, -1 to 1, to within a percent. */
export function likeness(a: Sketch, b: Sketch): number {
  let dot = 0
  for (let k = 0; k < SKETCH_SIZE; k += 4)
    dot +=
      (a[k] as number) * (b[k] as number) +
      (a[k + 1] as number) * (b[k + 1] as number) +
      (a[k + 2] as number) * (b[k + 2] as number) +
      (a[k + 3] as number) * (b[k + 3] as number)
  return Math.max(-1, Math.min(1, dot / (SKETCH_LENGTH * SKETCH_LENGTH)))
}
