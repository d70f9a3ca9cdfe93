import type * as TF from '@tensorflow/tfjs-core'
import { tf } from './tensorflow.ts'

/**
 * Wide and deep over one embedding bag. A row of the table holds `embedding` columns for the deep part and one column per label
 * for the wide part, so that one gather serves both:
 * `bag = sum(rows) / sqrt(count)`, `logits = bag[wide] + relu(bag[deep] · hidden + bias) · output + bias`.
 */
export interface NetworkShape {
  readonly rows: number
  readonly embedding: number
  readonly hidden: number
  readonly labels: number
  /**
   * Bags per text; 1 if absent. With several, each has a linear classifier and the logits are summed. The first deep column of a
   * row is then the square of its feature's value, the wide columns are weights times that value, and a bag is divided by the
   * root of the sum of squares: `logits = Σ sum(rows)[wide] / √sum(rows)[0] + bias`.
   */
  readonly bags?: number
}

/** Weights in row-major order. `table`: rows × (embedding + labels). */
export interface Weights {
  readonly table: Float32Array
  readonly hidden: Float32Array
  readonly hiddenBias: Float32Array
  readonly output: Float32Array
  readonly outputBias: Float32Array
}

/** Sum of squares assumed for a bag without a known feature. */
export const LEAST_SQUARES = 1e-6

/** 1 for each row of the table with a non-zero value. */
export function rowsInUse({ table }: Weights, shape: NetworkShape): Uint8Array {
  const columns = width(shape)
  const used = new Uint8Array(shape.rows)
  for (let at = 0; at < table.length; at++) if (table[at] !== 0) used[Math.floor(at / columns)] = 1
  return used
}

export const HEAD_PARTS = ['hidden', 'hiddenBias', 'output', 'outputBias'] as const
export const PARTS = ['table', ...HEAD_PARTS] as const
export type Part = (typeof PARTS)[number]

export function width(shape: NetworkShape): number {
  return shape.embedding + shape.labels
}

export function partShape(shape: NetworkShape, part: Part): [number] | [number, number] {
  switch (part) {
    case 'table':
      return [shape.rows, width(shape)]
    case 'hidden':
      return [shape.embedding, shape.hidden]
    case 'hiddenBias':
      return [shape.hidden]
    case 'output':
      return [shape.hidden, shape.labels]
    case 'outputBias':
      return [shape.labels]
  }
}

export function partSize(shape: NetworkShape, part: Part): number {
  return partShape(shape, part).reduce((a, b) => a * b, 1)
}

export interface HeadTensors {
  readonly hidden: TF.Tensor2D
  readonly hiddenBias: TF.Tensor1D
  readonly output: TF.Tensor2D
  readonly outputBias: TF.Tensor1D
}

/**
 * The bag of each text. `rows`: table rows of all texts; `segments`: the text of each row (ascending, none missing); `roots`: the
 * square root of each text's count, as a column.
 */
export function bag(
  table: TF.Tensor2D,
  rows: TF.Tensor1D,
  segments: TF.Tensor1D,
  roots: TF.Tensor2D,
): TF.Tensor2D {
  return tf.mul(tf.sparse.sparseSegmentMean(table, rows, segments) as TF.Tensor2D, roots)
}

/** Logits of bags: texts × labels. */
export function head(bags: TF.Tensor2D, weights: HeadTensors, shape: NetworkShape): TF.Tensor2D {
  const deep = tf.slice(bags, [0, 0], [-1, shape.embedding]) as TF.Tensor2D
  const wide = tf.slice(bags, [0, shape.embedding], [-1, shape.labels])
  const hidden = tf.relu(tf.add(tf.matMul(deep, weights.hidden), weights.hiddenBias)) as TF.Tensor2D
  return tf.add(wide, tf.add(tf.matMul(hidden, weights.output), weights.outputBias)) as TF.Tensor2D
}

/** Logits of texts with several bags: texts × labels. `segments`: the bag of each row; no bag may be empty. */
export function partedLogits(
  table: TF.Tensor2D,
  rows: TF.Tensor1D,
  segments: TF.Tensor1D,
  bias: TF.Tensor1D,
  shape: NetworkShape,
): TF.Tensor2D {
  const sums = tf.sparse.sparseSegmentSum(table, rows, segments) as TF.Tensor2D
  const squares = tf.maximum(tf.slice(sums, [0, 0], [-1, 1]), LEAST_SQUARES)
  const wide = tf.slice(sums, [0, shape.embedding], [-1, shape.labels])
  const bags = tf.reshape(tf.div(wide, tf.sqrt(squares)), [-1, shape.bags ?? 1, shape.labels])
  return tf.add(tf.sum(bags, 1), bias) as TF.Tensor2D
}
