import type * as TF from '@tensorflow/tfjs-core'
import { SigwatchError } from '../../domain/errors.ts'
import { normalise } from '../normalise.ts'
import { type Artifact, loadArtifact, type ModelCard, type ModelDescription, shapeOf } from './artifact.ts'
import { type Backend, type BackendChoice, openBackend, useBackend } from './backend.ts'
import {
  bag,
  type HeadTensors,
  head,
  type NetworkShape,
  partedLogits,
  partShape,
  rowsInUse,
  type Weights,
} from './network.ts'
import { tf } from './tensorflow.ts'
import { Tokenizer } from './tokenizer.ts'
import type { TokenizerSettings } from './tokenizer-settings.ts'

export interface ModelInput {
  readonly original: string
  /** Result of `normalise`. */
  readonly normalised: string
}

export function modelInput(text: string): ModelInput {
  return { original: text, normalised: normalise(text).text }
}

export type Scored = (text: number, probabilities: Float32Array, rows: Int32Array) => void

export interface TextModel {
  readonly id: string
  readonly labels: readonly string[]
  readonly backend: Backend
  readonly card: ModelCard
  readonly description: ModelDescription
  /**
   * Probabilities, texts × labels. The score of a text does not depend on its batch. `scored` is called for each text with its
   * index, its probabilities and the rows of its features, which are valid during the call.
   */
  score(inputs: readonly ModelInput[], scored?: Scored): Float32Array
  close(): void
}

export interface OpenModelOptions {
  readonly dir: string
  readonly backend?: BackendChoice
  /** Called with notices for the operator, such as a backend that does not load. */
  readonly onNotice?: (message: string) => void
}

/** Texts per run of the network: the rows of more do not fit the cache. */
const BATCH = 128

/** Opens a model folder. Throws InvalidInput (MODEL_INVALID), or SigwatchError if the requested backend is missing. */
export async function openTextModel(options: OpenModelOptions): Promise<TextModel> {
  const artifact = loadArtifact(options.dir)
  const backend = await openBackend(options.backend ?? 'auto', options.onNotice ?? (() => {}))
  return textModel(artifact, backend)
}

export function servingTokenizer(
  settings: TokenizerSettings,
  weights: Weights,
  shape: NetworkShape,
): Tokenizer {
  return new Tokenizer(settings, settings.skipUnknown === true ? rowsInUse(weights, shape) : undefined)
}

/** `backend` must be initialised. The model holds the weights only as tensors, which on wasm are its own copy. */
export function textModel(artifact: Artifact, backend: Backend): TextModel {
  return new NetworkModel(artifact, backend)
}

class NetworkModel implements TextModel {
  readonly id: string
  readonly labels: readonly string[]
  readonly backend: Backend
  readonly card: ModelCard
  readonly description: ModelDescription
  readonly #shape: NetworkShape
  readonly #tokenizer: Tokenizer
  readonly #table: TF.Tensor2D
  readonly #parts: HeadTensors
  #rows = new Int32Array(BATCH * 256)
  #segments = new Int32Array(BATCH * 256)
  #closed = false

  constructor(artifact: Artifact, backend: Backend) {
    const { description, weights, card } = artifact
    this.id = `${description.name}@${description.version}`
    this.labels = description.labels
    this.backend = backend
    this.card = card
    this.description = description
    const shape = shapeOf(description)
    this.#shape = shape
    this.#tokenizer = servingTokenizer(description.tokenizer, weights, shape)
    useBackend(backend)
    this.#table = tf.tensor2d(weights.table, partShape(shape, 'table') as [number, number])
    this.#parts = {
      hidden: tf.tensor2d(weights.hidden, partShape(shape, 'hidden') as [number, number]),
      hiddenBias: tf.tensor1d(weights.hiddenBias),
      output: tf.tensor2d(weights.output, partShape(shape, 'output') as [number, number]),
      outputBias: tf.tensor1d(weights.outputBias),
    }
  }

  score(inputs: readonly ModelInput[], scored?: Scored): Float32Array {
    if (this.#closed) throw new SigwatchError('INTERNAL', 'the model is closed')
    useBackend(this.backend)
    const out = new Float32Array(inputs.length * this.labels.length)
    for (let from = 0; from < inputs.length; from += BATCH) {
      this.#scoreBatch(inputs, from, Math.min(inputs.length, from + BATCH), out, scored)
    }
    return out
  }

  #scoreBatch(
    inputs: readonly ModelInput[],
    from: number,
    to: number,
    out: Float32Array,
    scored: Scored | undefined,
  ): void {
    const texts = to - from
    const roots = new Float32Array(texts)
    const ends = new Int32Array(texts)
    const tokenizer = this.#tokenizer
    let at = 0
    for (let t = 0; t < texts; t++) {
      const { original, normalised } = inputs[from + t] as ModelInput
      tokenizer.read(normalised, original)
      const { count } = tokenizer
      if (at + count > this.#rows.length) {
        this.#rows = grown(this.#rows, at, count)
        this.#segments = grown(this.#segments, at, count)
      }
      const rows = this.#rows
      for (let i = 0; i < count; i++) rows[at + i] = tokenizer.rows[i] as number
      const bags = tokenizer.ends.length
      for (let b = 0, from = 0; b < bags; b++) {
        const end = tokenizer.ends[b] as number
        this.#segments.fill(t * bags + b, at + from, at + end)
        from = end
      }
      roots[t] = Math.sqrt(count)
      at += count
      ends[t] = at
    }
    const { temperature } = this.description
    const width = this.labels.length
    softmax(this.#logits(at, roots), width, temperature, out, from * width)
    if (scored === undefined) return
    for (let t = 0; t < texts; t++) {
      const probabilities = out.subarray((from + t) * width, (from + t + 1) * width)
      scored(from + t, probabilities, this.#rows.subarray(t === 0 ? 0 : ends[t - 1], ends[t]))
    }
  }

  /** Runs the network over the first `count` rows of a batch with one root per text. */
  #logits(count: number, roots: Float32Array): Float32Array {
    let logits = new Float32Array(0)
    // Return nothing: tidy would search the numbers for tensors.
    tf.tidy(() => {
      // Slices, not views: the cpu backend keeps its inputs.
      const rows = tf.tensor1d(this.#rows.slice(0, count), 'int32')
      const segments = tf.tensor1d(this.#segments.slice(0, count), 'int32')
      const given =
        this.#tokenizer.ends.length > 1
          ? partedLogits(this.#table, rows, segments, this.#parts.outputBias, this.#shape)
          : head(
              bag(this.#table, rows, segments, tf.tensor2d(roots, [roots.length, 1])),
              this.#parts,
              this.#shape,
            )
      logits = given.dataSync() as Float32Array<ArrayBuffer>
    })
    return logits
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    tf.dispose([this.#table, ...Object.values(this.#parts)])
  }
}

function grown(array: Int32Array, used: number, more: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length + more)
  larger.set(array.subarray(0, used))
  return larger
}

/** Softmax of rows of `width` logits divided by `temperature`, written to `out` at `offset`. */
export function softmax(
  logits: Float32Array,
  width: number,
  temperature: number,
  out: Float32Array,
  offset: number,
): void {
  for (let row = 0; row < logits.length; row += width) {
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < width; k++) most = Math.max(most, logits[row + k] as number)
    let sum = 0
    for (let k = 0; k < width; k++) {
      const e = Math.exp(((logits[row + k] as number) - most) / temperature)
      out[offset + row + k] = e
      sum += e
    }
    for (let k = 0; k < width; k++) out[offset + row + k] = (out[offset + row + k] as number) / sum
  }
}
