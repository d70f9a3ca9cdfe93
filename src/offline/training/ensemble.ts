import { type NetworkShape, partSize, type Weights, width } from '../../text/reader/network.ts'
import type { Training } from './trainer.ts'

/**
 * Merges networks of one shape into one that returns the mean of their logits: deep columns and hidden units are concatenated,
 * wide columns and outputs averaged, so that one gather serves all of them. `shares`: weight of each member, summing to 1;
 * equal by default.
 */
export function merge(members: readonly Training[], shares?: readonly number[]): Training {
  const one = (members[0] as Training).shape
  const count = members.length
  const shape: NetworkShape = { ...one, embedding: one.embedding * count, hidden: one.hidden * count }
  const columns = width(shape)
  const ownColumns = width(one)
  const weights: Weights = {
    table: new Float32Array(partSize(shape, 'table')),
    hidden: new Float32Array(partSize(shape, 'hidden')),
    hiddenBias: new Float32Array(shape.hidden),
    output: new Float32Array(partSize(shape, 'output')),
    outputBias: new Float32Array(shape.labels),
  }
  const add = (array: Float32Array, at: number, value: number) => {
    array[at] = (array[at] as number) + value
  }
  for (const [m, { weights: own }] of members.entries()) {
    const share = shares?.[m] ?? 1 / count
    for (let row = 0; row < shape.rows; row++) {
      const from = row * ownColumns
      const to = row * columns
      for (let c = 0; c < one.embedding; c++) {
        weights.table[to + m * one.embedding + c] = own.table[from + c] as number
      }
      for (let k = 0; k < one.labels; k++) {
        add(weights.table, to + shape.embedding + k, share * (own.table[from + one.embedding + k] as number))
      }
    }
    for (let c = 0; c < one.embedding; c++) {
      for (let h = 0; h < one.hidden; h++) {
        weights.hidden[(m * one.embedding + c) * shape.hidden + m * one.hidden + h] = own.hidden[
          c * one.hidden + h
        ] as number
      }
    }
    for (let h = 0; h < one.hidden; h++) {
      weights.hiddenBias[m * one.hidden + h] = own.hiddenBias[h] as number
      for (let k = 0; k < one.labels; k++) {
        weights.output[(m * one.hidden + h) * one.labels + k] =
          share * (own.output[h * one.labels + k] as number)
      }
    }
    for (let k = 0; k < one.labels; k++) add(weights.outputBias, k, share * (own.outputBias[k] as number))
  }
  return { shape, weights }
}
