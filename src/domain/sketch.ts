export const SKETCH_SIZE = 64

/** Norm of a sketch as a vector, up to rounding. */
export const SKETCH_LENGTH = 127

/** Embedding of a text in 64 signed bytes: texts of the same meaning point in the same direction. */
export type Sketch = Int8Array

/** Cosine similarity of two sketches of the same table, -1 to 1, to within one percent. */
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

/** The signs of the entries of a sketch as two 32-bit words: the fewer differ, the more similar the texts. */
export type Signs = readonly [number, number]

export function signsOf(sketch: Sketch | Int32Array): Signs {
  let [first, second] = [0, 0]
  for (let k = 0; k < 32; k++) {
    if ((sketch[k] as number) > 0) first |= 1 << k
    if ((sketch[32 + k] as number) > 0) second |= 1 << k
  }
  return [first >>> 0, second >>> 0]
}

/** How many of the 64 signs differ: 0 for the same text, about 30 for unrelated ones. */
export function differingSigns(a: Signs, b: Signs): number {
  return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1])
}

function ones(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
