import type * as TF from '@tensorflow/tfjs-core'
import { normalise } from '../../text/normalise.ts'
import { openBackend } from '../../text/reader/backend.ts'
import {
  bag,
  HEAD_PARTS,
  type HeadTensors,
  type NetworkShape,
  PARTS,
  partShape,
  partSize,
  type Weights,
  width,
} from '../../text/reader/network.ts'
import { createRandom, type Random, shuffle } from '../../text/reader/random.ts'
import { tf } from '../../text/reader/tensorflow.ts'
import { Tokenizer } from '../../text/reader/tokenizer.ts'
import type { TokenizerSettings } from '../../text/reader/tokenizer-settings.ts'
import { SparseAdagrad } from './optimiser.ts'

/** A training text; `allowed` is a bit mask of the labels it may have. */
export interface Example {
  readonly text: string
  readonly allowed: number
  readonly weight: number
}

export interface TrainSettings {
  readonly tokenizer: TokenizerSettings
  /** Number of networks trained from different seeds and merged. */
  readonly members: number
  /** Deep columns and hidden units of each network. */
  readonly embedding: number
  readonly hidden: number
  readonly epochs: number
  readonly batch: number
  readonly wideRate: number
  readonly deepRate: number
  readonly headRate: number
  readonly decay: number
  readonly smoothing: number
  /** Maximum share of features dropped from a text; drawn for each text. */
  readonly dropout: number
  /** Probability that the features of the signature are dropped. */
  readonly dropSignature: number
}

export const SETTINGS: TrainSettings = {
  tokenizer: { bits: 17, grams: 2, words: 2 },
  members: 2,
  embedding: 16,
  hidden: 24,
  epochs: 4,
  batch: 64,
  wideRate: 0.12,
  deepRate: 0.05,
  headRate: 0.003,
  decay: 2e-5,
  smoothing: 0.05,
  dropout: 0.7,
  dropSignature: 0.4,
}

/** Generates the texts of an epoch; called before each, so that every epoch has new ones. */
export type EpochSource = (epoch: number, random: Random) => Example[]

export interface Training {
  readonly shape: NetworkShape
  readonly weights: Weights
}

/**
 * Trains on the cpu backend, whose tensors share memory with the sparse update: bags and head run forward and backward in
 * tensorflow.js, and the table is updated in place. Deterministic for a seed. `afterEpoch` must copy weights that it keeps,
 * because they change in place. `from`: initial weights, copied; their shape overrides the settings.
 */
export async function train(
  labels: number,
  settings: TrainSettings,
  seed: number,
  source: EpochSource,
  afterEpoch: (epoch: number, loss: number, current: Training) => boolean,
  from?: Training,
): Promise<Training> {
  await openBackend('cpu', () => {})
  const random = createRandom(seed)
  const trainer = new Trainer(labels, settings, random, from)
  let done = 0
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const examples = shuffle(source(epoch, random), random)
    const total = examples.length * settings.epochs
    let lossSum = 0
    let batches = 0
    for (let from = 0; from < examples.length; from += settings.batch) {
      const batch = examples.slice(from, from + settings.batch)
      lossSum += trainer.step(batch, Math.max(0.02, 1 - done / total))
      done += batch.length
      batches++
    }
    trainer.readHead()
    if (!afterEpoch(epoch, lossSum / batches, trainer.training)) break
  }
  trainer.close()
  return trainer.training
}

/** The weights being trained and the optimiser state. */
class Trainer {
  readonly training: Training
  readonly #labels: number
  readonly #settings: TrainSettings
  readonly #random: Random
  readonly #tokenizer: Tokenizer
  readonly #table: TF.Tensor2D
  readonly #adagrad: SparseAdagrad
  readonly #variables: readonly TF.Variable[]
  readonly #adam: TF.Optimizer
  readonly #rows: Int32Array
  readonly #segments: Int32Array
  readonly #starts: Int32Array

  constructor(labels: number, settings: TrainSettings, random: Random, from?: Training) {
    const { embedding, hidden, tokenizer, batch } = settings
    const shape: NetworkShape = from?.shape ?? { rows: 1 << tokenizer.bits, embedding, hidden, labels }
    const weights = from ? copyOf(from.weights) : initial(shape, random)
    this.training = { shape, weights }
    this.#labels = labels
    this.#settings = settings
    this.#random = random
    this.#tokenizer = new Tokenizer(tokenizer)
    // The cpu backend does not copy this array, so the next forward pass sees the sparse update.
    this.#table = tf.tensor2d(weights.table, [shape.rows, width(shape)])
    this.#adagrad = new SparseAdagrad(weights.table, width(shape), shape.embedding)
    this.#variables = HEAD_PARTS.map((part) =>
      tf.variable(tf.tensor(weights[part].slice(), partShape(shape, part)), true),
    )
    this.#adam = tf.train.adam(settings.headRate)
    this.#rows = new Int32Array(batch * 2048)
    this.#segments = new Int32Array(batch * 2048)
    this.#starts = new Int32Array(batch + 1)
  }

  /** Trains on one batch with `rate` times the learning rates. Returns the loss. */
  step(batch: readonly Example[], rate: number): number {
    const { wideRate, deepRate, decay, headRate, smoothing } = this.#settings
    const texts = batch.length
    const { at, roots, allowed, importance } = this.#encode(batch)
    let loss = 0
    let gradients = new Float32Array(0)
    // Returns nothing, because tidy would search a returned value for tensors.
    tf.tidy(() => {
      const bags = bag(
        this.#table,
        tf.tensor1d(this.#rows.slice(0, at), 'int32'),
        tf.tensor1d(this.#segments.slice(0, at), 'int32'),
        tf.tensor2d(roots, [texts, 1]),
      )
      const step = backward(
        bags,
        headOf(this.#variables),
        this.training.shape,
        tf.tensor2d(allowed, [texts, this.#labels]),
        tf.tensor2d(importance, [texts, 1]),
        smoothing,
      )
      loss = step.loss.dataSync()[0] as number
      setRate(this.#adam, headRate * rate)
      this.#adam.applyGradients(
        this.#variables.map(({ name }, i) => ({ name, tensor: step.parts[i] as TF.Tensor })),
      )
      gradients = step.bags.dataSync() as Float32Array<ArrayBuffer>
    })
    const rates = { wide: wideRate * rate, deep: deepRate * rate, decay }
    this.#adagrad.apply(this.#rows, this.#starts, texts, gradients, rates)
    return loss
  }

  /** Copies the weights of the head back; those of the table are updated in place. */
  readHead(): void {
    HEAD_PARTS.forEach((part, i) => {
      this.training.weights[part].set((this.#variables[i] as TF.Variable).dataSync() as Float32Array)
    })
  }

  close(): void {
    this.#table.dispose()
    for (const variable of this.#variables) variable.dispose()
    this.#adam.dispose()
  }

  #encode(batch: readonly Example[]) {
    const labels = this.#labels
    const roots = new Float32Array(batch.length)
    const allowed = new Float32Array(batch.length * labels)
    const importance = new Float32Array(batch.length)
    let at = 0
    for (const [b, example] of batch.entries()) {
      this.#tokenizer.read(normalise(example.text).text, example.text)
      const first = at
      at = keep(this.#tokenizer, this.#rows, at, this.#settings, this.#random)
      this.#segments.fill(b, first, at)
      this.#starts[b + 1] = at
      roots[b] = Math.sqrt(at - first)
      importance[b] = example.weight
      for (let k = 0; k < labels; k++) allowed[b * labels + k] = (example.allowed >> k) & 1
    }
    return { at, roots, allowed, importance }
  }
}

export function copyOf(weights: Weights): Weights {
  return Object.fromEntries(PARTS.map((part) => [part, weights[part].slice()])) as unknown as Weights
}

function setRate(adam: TF.Optimizer, rate: number): void {
  ;(adam as unknown as { learningRate: number }).learningRate = rate
}

function headOf(parts: readonly TF.Tensor[]): HeadTensors {
  const [hidden, hiddenBias, output, outputBias] = parts
  return { hidden, hiddenBias, output, outputBias } as HeadTensors
}

/**
 * Loss and its gradients with respect to the bags and the parts of the head (in the order of HEAD_PARTS). The loss is the
 * weighted mean of `-log(sum of the probabilities of the allowed labels)`: cross entropy if one label is allowed, and undecided
 * among them if a corpus is coarser than the labels; smoothing pulls towards uniform. The gradients of both layers are written
 * out because the core package registers none.
 */
function backward(
  bags: TF.Tensor2D,
  weights: HeadTensors,
  shape: NetworkShape,
  allowed: TF.Tensor2D,
  importance: TF.Tensor2D,
  smoothing: number,
): { loss: TF.Scalar; bags: TF.Tensor2D; parts: readonly TF.Tensor[] } {
  const deep = tf.slice(bags, [0, 0], [-1, shape.embedding]) as TF.Tensor2D
  const wide = tf.slice(bags, [0, shape.embedding], [-1, shape.labels])
  const before = tf.add(tf.matMul(deep, weights.hidden), weights.hiddenBias)
  const hidden = tf.relu(before) as TF.Tensor2D
  const logits = tf.add(wide, tf.add(tf.matMul(hidden, weights.output), weights.outputBias))
  const p = tf.softmax(logits)
  const fit = tf.mul(p, allowed)
  const mass = tf.maximum(tf.sum(fit, 1, true), 1e-12)
  const share = tf.div(importance, tf.sum(importance))
  const target = tf.add(tf.mul(tf.div(fit, mass), 1 - smoothing), smoothing / shape.labels)
  const dLogits = tf.mul(tf.sub(p, target), share) as TF.Tensor2D
  const dBefore = tf.mul(
    tf.matMul(dLogits, weights.output, false, true),
    tf.cast(tf.greater(before, 0), 'float32'),
  ) as TF.Tensor2D
  return {
    loss: tf.neg(tf.sum(tf.mul(tf.log(mass), share))) as TF.Scalar,
    bags: tf.concat([tf.matMul(dBefore, weights.hidden, false, true), dLogits], 1) as TF.Tensor2D,
    parts: [
      tf.matMul(deep, dBefore, true, false),
      tf.sum(dBefore, 0),
      tf.matMul(hidden, dLogits, true, false),
      tf.sum(dLogits, 0),
    ],
  }
}

/** Copies the tokenizer's features that this pass keeps, at least one. Returns the new end. */
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
    // Zero, so that features never seen in training have no effect; the random hidden layer breaks the symmetry of the columns.
    table: new Float32Array(partSize(shape, 'table')),
    hidden: normal(partSize(shape, 'hidden'), Math.sqrt(2 / shape.embedding)),
    hiddenBias: new Float32Array(shape.hidden).fill(0.1),
    output: normal(partSize(shape, 'output'), 0.1),
    outputBias: new Float32Array(shape.labels),
  }
}
