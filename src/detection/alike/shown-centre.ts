import { SKETCH_LENGTH, SKETCH_SIZE } from '../../domain/sketch.ts'

/** Number of cells a centre is published under: centres of one campaign in two instances share at least one (99%). */
const CELLS = 3
const ROUNDS = 3

export interface ShownCentre {
  readonly vector: Float32Array
  readonly since: number
  readonly key: string
}

/** The vector of a centre, in a byte an entry. */
export function shown({ vector }: Pick<ShownCentre, 'vector'>): string {
  return Buffer.from(Int8Array.from(vector, (value) => Math.round(value * SKETCH_LENGTH)).buffer).toString(
    'base64',
  )
}

export function written({ since, key, ...centre }: ShownCentre): string {
  return `${since}.${key}.${shown(centre)}`
}

/** Parses a published centre; undefined for anything else. */
export function readCentre(text: string): ShownCentre | undefined {
  const found = /^(\d{1,15})\.([0-9a-f]{8})\.([A-Za-z0-9+/=]{88})$/.exec(text)
  if (found === null) return undefined
  const bytes = Buffer.from(found[3] as string, 'base64')
  if (bytes.length !== SKETCH_SIZE) return undefined
  const vector = Float32Array.from(new Int8Array(bytes), (value) => value / SKETCH_LENGTH)
  return { since: Number(found[1]), key: found[2] as string, vector }
}

/** Signs of the random rotations, from a fixed sequence. */
const SIGNS = (() => {
  let state = 0x9e3779b9
  return Array.from({ length: CELLS * ROUNDS * SKETCH_SIZE }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    return ((state ^ (state >>> 13)) & 1) === 0 ? 1 : -1
  })
})()

/** Locality-sensitive cells of a vector, mostly equal for similar vectors: for each rotation, the axis it points along. */
export function cellsOf(vector: Float32Array): string[] {
  return Array.from({ length: CELLS }, (_, cell) => `${cell}.${axisOf(vector, cell * ROUNDS)}`)
}

function axisOf(vector: Float32Array, from: number): number {
  const turned = Float64Array.from(vector)
  for (let round = from; round < from + ROUNDS; round++) {
    for (let k = 0; k < SKETCH_SIZE; k++)
      turned[k] = (turned[k] as number) * (SIGNS[round * SKETCH_SIZE + k] as number)
    hadamard(turned)
  }
  let axis = 0
  for (let k = 1; k < SKETCH_SIZE; k++)
    if (Math.abs(turned[k] as number) > Math.abs(turned[axis] as number)) axis = k
  return (turned[axis] as number) < 0 ? axis + SKETCH_SIZE : axis
}

/** Walsh-Hadamard transform, in place. */
function hadamard(values: Float64Array): void {
  for (let half = 1; half < SKETCH_SIZE; half *= 2) {
    for (let from = 0; from < SKETCH_SIZE; from += 2 * half) {
      for (let k = from; k < from + half; k++) {
        const [a, b] = [values[k] as number, values[k + half] as number]
        values[k] = a + b
        values[k + half] = a - b
      }
    }
  }
}
