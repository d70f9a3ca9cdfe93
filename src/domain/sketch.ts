/** Entries of a sketch. */
export const SKETCH_SIZE = 64

/** The direction of a text in 64 signed bytes: texts that say the same in other words point the same way. */
export type Sketch = Int8Array

/** The cosine of two sketches of one table, -1 to 1. */
export function likeness(a: Sketch, b: Sketch): number {
  let dot = 0
  let ofA = 0
  let ofB = 0
  for (let k = 0; k < SKETCH_SIZE; k++) {
    const [x, y] = [a[k] as number, b[k] as number]
    dot += x * y
    ofA += x * x
    ofB += y * y
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB)
}
