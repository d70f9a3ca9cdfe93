import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { normalise } from '../../stages/normalise.ts'
import {
  bag,
  HEAD_PARTS,
  type HeadTensors,
  type NetworkShape,
  partShape,
  partSize,
  type Weights,
  width,
} from '../network.ts'
import { createRandom, type Random, shuffle } from '../random.ts'
import { Tokenizer, type TokenizerSettings } from '../tokenizer.ts'
import { SparseAdagrad } from './optimiser.ts'

/** A text to learn from: `allowed` has a bit for every label that it may have. */
export interface Example {
  readonly text: string
  readonly allowed: number
  readonly weight: number
}

export interface TrainSettings {
  readonly tokenizer: TokenizerSettings
  /** Networks trained from different seeds and merged into one. */
  readonly members: number
  /** Deep columns and hidden units of each. */
  readonly embedding: number
  readonly hidden: number
  readonly epochs: number
  readonly batch: number
  readonly wideRate: number
  readonly deepRate: number
  readonly headRate: number
  readonly decay: number
  readonly smoothing: number
  /** Highest share of features dropped from a text; drawn anew for each text. */
  readonly dropout: number
  /** How often the features inside the signature are dropped. */
  readonly dropSignature: number
}

export const SETTINGS: TrainSettings = {
  tokenizer: { bits: 17, grams: 2, words: 2 },
  members: 2,
  embedding: 16,
  hidden: 24,
  epochs: 12,
  batch: 64,
  wideRate: 0.12,
  deepRate: 0.05,
  headRate: 0.003,
  decay: 2e-5,
  smoothing: 0.05,
  dropout: 0.7,
  dropSignature: 0.4,
}

/** Feature rows of texts, end to end. `starts` has one more entry. */
export interface Encoded {
  readonly rows: Int32Array
  readonly starts: Int32Array
}

export function encode(tokenizer: Tokenizer, texts: readonly string[]): Encoded {
  let rows = new Int32Array(texts.length * 160)
  const starts = new Int32Array(texts.length + 1)
  let at = 0
  for (const [i, text] of texts.entries()) {
    tokenizer.read(normalise(text).text, text)
    if (at + tokenizer.count > rows.length) {
      const grown = new Int32Array(2 * rows.length + tokenizer.count)
      grown.set(rows)
      rows = grown
    }
    rows.set(tokenizer.rows.subarray(0, tokenizer.count), at)
    at += tokenizer.count
    starts[i + 1] = at
  }
  return { rows: rows.subarray(0, at), starts }
}

/** The texts of one epoch; called before each, so that every epoch sees new ones. */
export type EpochSource = (epoch: number, random: Random) => Example[]

export interface Training {
  readonly shape: NetworkShape
  readonly weights: Weights
}

/**
 * Trains on the cpu backend, which shares the memory of the table with the sparse update: bags and head run through
 * tensorflow.js forward and backward, the table is changed in place. Deterministic for a seed.
 * `afterEpoch` may keep a copy of the weights; they change in place.
 */
export async function train(
  labels: number,
  settings: TrainSettings,
  seed: number,
  source: EpochSource,
  afterEpoch: (epoch: number, loss: number, current: Training) => boolean,
): Promise<Training> {
  tf.enableProdMode()
  await tf.setBackend('cpu')
  const random = createRandom(seed)
  const tokenizer = new Tokenizer(settings.tokenizer)
  const shape: NetworkShape = {
    rows: 1 << settings.tokenizer.bits,
    embedding: settings.embedding,
    hidden: settings.hidden,
    labels,
  }
  const weights = initial(shape, random)
  const training = { shape, weights }
  const columns = width(shape)
  // The cpu backend keeps the array that it is given: the sparse update below is seen by the next forward pass.
  const table = tf.tensor2d(weights.table, [shape.rows, columns])
  const adagrad = new SparseAdagrad(weights.table, columns, shape.embedding)
  const variables = HEAD_PARTS.map((part) =>
    tf.variable(tf.tensor(weights[part].slice(), partShape(shape, part)), true),
  )
  const adam = tf.train.adam(settings.headRate)
  const buffer = new Int32Array(settings.batch * 2048)
  const segments = new Int32Array(settings.batch * 2048)
  const starts = new Int32Array(settings.batch + 1)
  let done = 0
  let total = 0

  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const examples = shuffle(source(epoch, random), random)
    total = examples.length * settings.epochs
    let lossSum = 0
    let batches = 0
    for (let from = 0; from < examples.length; from += settings.batch) {
      const batch = examples.slice(from, from + settings.batch)
      const texts = batch.length
      const roots = new Float32Array(texts)
      const allowed = new Float32Array(texts * labels)
      const importance = new Float32Array(texts)
      let at = 0
      for (const [b, example] of batch.entries()) {
        tokenizer.read(normalise(example.text).text, example.text)
        const first = at
        at = keep(tokenizer, buffer, at, settings, random)
        segments.fill(b, first, at)
        starts[b + 1] = at
        roots[b] = Math.sqrt(at - first)
        importance[b] = example.weight
        for (let k = 0; k < labels; k++) allowed[b * labels + k] = (example.allowed >> k) & 1
      }
      const progress = done / total
      const rate = Math.max(0.02, 1 - progress)
      let gradients = new Float32Array(0)
      // Nothing is returned: tidy would look for tensors among the numbers.
      tf.tidy(() => {
        const bags = bag(
          table,
          tf.tensor1d(buffer.slice(0, at), 'int32'),
          tf.tensor1d(segments.slice(0, at), 'int32'),
          tf.tensor2d(roots, [texts, 1]),
        )
        const step = backward(
          bags,
          headOf(variables),
          shape,
          tf.tensor2d(allowed, [texts, labels]),
          tf.tensor2d(importance, [texts, 1]),
          settings.smoothing,
        )
        lossSum += step.loss.dataSync()[0] as number
        setRate(adam, settings.headRate * rate)
        adam.applyGradients(variables.map(({ name }, i) => ({ name, tensor: step.parts[i] as tf.Tensor })))
        gradients = step.bags.dataSync() as Float32Array<ArrayBuffer>
      })
      adagrad.apply(buffer, starts, texts, gradients, {
        wide: settings.wideRate * rate,
        deep: settings.deepRate * rate,
        decay: settings.decay,
      })
      done += texts
      batches++
    }
    HEAD_PARTS.forEach((part, i) => {
      weights[part].set((variables[i] as tf.Variable).dataSync() as Float32Array)
    })
    if (!afterEpoch(epoch, lossSum / batches, training)) break
  }
  table.dispose()
  for (const variable of variables) variable.dispose()
  adam.dispose()
  return training
}

function setRate(adam: tf.Optimizer, rate: number): void {
  ;(adam as unknown as { learningRate: number }).learningRate = rate
}

function headOf(parts: readonly tf.Tensor[]): HeadTensors {
  const [hidden, hiddenBias, output, outputBias] = parts
  return { hidden, hiddenBias, output, outputBias } as HeadTensors
}

/**
 * Loss and its gradients by bags and by the parts of the head (in the order of HEAD_PARTS).
 * The loss is the weighted mean of `-log(sum of the probabilities of the allowed labels)`: cross entropy where one
 * label is allowed, and open in its choice where a corpus tells less than the labels do; smoothing pulls towards
 * uniform. The chain of two layers is written out: the core package registers no gradients.
 */
function backward(
  bags: tf.Tensor2D,
  weights: HeadTensors,
  shape: NetworkShape,
  allowed: tf.Tensor2D,
  importance: tf.Tensor2D,
  smoothing: number,
): { loss: tf.Scalar; bags: tf.Tensor2D; parts: readonly tf.Tensor[] } {
  const deep = tf.slice(bags, [0, 0], [-1, shape.embedding]) as tf.Tensor2D
  const wide = tf.slice(bags, [0, shape.embedding], [-1, shape.labels])
  const before = tf.add(tf.matMul(deep, weights.hidden), weights.hiddenBias)
  const hidden = tf.relu(before) as tf.Tensor2D
  const logits = tf.add(wide, tf.add(tf.matMul(hidden, weights.output), weights.outputBias))
  const p = tf.softmax(logits)
  const fit = tf.mul(p, allowed)
  const mass = tf.maximum(tf.sum(fit, 1, true), 1e-12)
  const share = tf.div(importance, tf.sum(importance))
  const target = tf.add(tf.mul(tf.div(fit, mass), 1 - smoothing), smoothing / shape.labels)
  const dLogits = tf.mul(tf.sub(p, target), share) as tf.Tensor2D
  const dBefore = tf.mul(
    tf.matMul(dLogits, weights.output, false, true),
    tf.cast(tf.greater(before, 0), 'float32'),
  ) as tf.Tensor2D
  return {
    loss: tf.neg(tf.sum(tf.mul(tf.log(mass), share))) as tf.Scalar,
    bags: tf.concat([tf.matMul(dBefore, weights.hidden, false, true), dLogits], 1) as tf.Tensor2D,
    parts: [
      tf.matMul(deep, dBefore, true, false),
      tf.sum(dBefore, 0),
      tf.matMul(hidden, dLogits, true, false),
      tf.sum(dLogits, 0),
    ],
  }
}

/** Copies the features of the tokenizer that this pass of training keeps; at least one. Returns the new end. */
function keep(
  tokenizer: Tokenizer,
  into: Int32Array,
  at: number,
  settings: TrainSettings,
  random: Random,
): number {
  const drop = settings.dropout * random.next()
  const unsigned = random.chance(settings.dropSignature)
  let end = at
  const limit = Math.min(tokenizer.count, 2000)
  for (let i = 0; i < limit; i++) {
    if (unsigned && tokenizer.inSignature[i] === 1) continue
    if (random.next() < drop) continue
    into[end++] = tokenizer.rows[i] as number
  }
  if (end === at) into[end++] = tokenizer.rows[0] as number
  return end
}

function initial(shape: NetworkShape, random: Random): Weights {
  const normal = (size: number, deviation: number) =>
    Float32Array.from({ length: size }, () => {
      const u = Math.sqrt(-2 * Math.log(1 - random.next()))
      return deviation * u * Math.cos(2 * Math.PI * random.next())
    })
  return {
    // Zero, so that features never seen in training say nothing; the random hidden layer tells the columns apart.
    table: new Float32Array(partSize(shape, 'table')),
    hidden: normal(partSize(shape, 'hidden'), Math.sqrt(2 / shape.embedding)),
    hiddenBias: new Float32Array(shape.hidden).fill(0.1),
    output: normal(partSize(shape, 'output'), 0.1),
    outputBias: new Float32Array(shape.labels),
  }
}

/** Logits of encoded texts with weights as they stand: plain arithmetic, for scores during training. */
export function logitsOf({ shape, weights }: Training, encoded: Encoded): Float32Array {
  const texts = encoded.starts.length - 1
  const columns = width(shape)
  const sum = new Float64Array(columns)
  const out = new Float32Array(texts * shape.labels)
  for (let t = 0; t < texts; t++) {
    sum.fill(0)
    const from = encoded.starts[t] as number
    const to = encoded.starts[t + 1] as number
    for (let i = from; i < to; i++) {
      const base = (encoded.rows[i] as number) * columns
      for (let c = 0; c < columns; c++) sum[c] = (sum[c] as number) + (weights.table[base + c] as number)
    }
    const share = 1 / Math.sqrt(to - from)
    for (let k = 0; k < shape.labels; k++) {
      out[t * shape.labels + k] =
        (sum[shape.embedding + k] as number) * share + (weights.outputBias[k] as number)
    }
    for (let h = 0; h < shape.hidden; h++) {
      let x = weights.hiddenBias[h] as number
      for (let c = 0; c < shape.embedding; c++) {
        x += (sum[c] as number) * share * (weights.hidden[c * shape.hidden + h] as number)
      }
      if (x <= 0) continue
      for (let k = 0; k < shape.labels; k++) {
        const at = t * shape.labels + k
        out[at] = (out[at] as number) + x * (weights.output[h * shape.labels + k] as number)
      }
    }
  }
  return out
}
