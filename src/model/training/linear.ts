import { type NetworkShape, partSize, width } from '../network.ts'
import { createRandom, type Random, shuffle } from '../random.ts'
import type { TokenizerSettings } from '../tokenizer.ts'
import type { Encoded } from './encode.ts'
import type { Training } from './trainer.ts'

export interface LinearSettings {
  readonly tokenizer: TokenizerSettings
  /** What a unit of squared loss weighs against half the squared weights: C of liblinear. */
  readonly cost: number
  /** Texts that must hold a feature for it to be known: what one alone has is a name or a slip. */
  readonly texts: number
  /** Training of a label ends when no text is further than this from its optimum, or after `passes` over the texts. */
  readonly tolerance: number
  readonly passes: number
}

export const LINEAR: LinearSettings = {
  tokenizer: { bits: 21, grams: 3, words: 2, written: 3, skipUnknown: true },
  cost: 10,
  texts: 2,
  tolerance: 0.1,
  passes: 200,
}

/**
 * Support vector machines, one a label against the rest, with squared hinge loss, by dual coordinate descent (Hsieh,
 * Chang, Lin, Keerthi, Sundararajan 2008), as a network without a deep part: its one deep column only marks the rows of
 * known features. `label[i]`: of text i. A text is learnt as its known features, each 1 / √(count of all),
 * and read as 1 / √(count of the known): new text has more that is unknown, which must not lower every score.
 */
export function trainLinear(
  texts: Encoded,
  label: ArrayLike<number>,
  labels: number,
  settings: LinearSettings,
  seed: number,
): Training {
  const shape: NetworkShape = { rows: 1 << settings.tokenizer.bits, embedding: 1, hidden: 1, labels }
  const columns = width(shape)
  const table = new Float32Array(partSize(shape, 'table'))
  const outputBias = new Float32Array(labels)
  const known = sharedRows(texts.rows, shape.rows, settings.texts)
  const bags = bagsOf(texts, known)
  const random = createRandom(seed)
  for (let k = 0; k < labels; k++) {
    const sides = Array.from(label, (own) => (own === k ? 1 : -1))
    const { weights, bias } = machine(bags, sides, shape.rows, settings, random)
    for (let row = 0; row < shape.rows; row++) table[row * columns + 1 + k] = weights[row] as number
    outputBias[k] = bias
  }
  for (let row = 0; row < shape.rows; row++) table[row * columns] = known[row] as number
  const zeros = (part: 'hidden' | 'hiddenBias' | 'output') => new Float32Array(partSize(shape, part))
  return {
    shape,
    weights: {
      table,
      hidden: zeros('hidden'),
      hiddenBias: zeros('hiddenBias'),
      output: zeros('output'),
      outputBias,
    },
  }
}

/** 1 for each row of the table that at least `least` texts touch; `rows`: of all texts, each once a text. */
function sharedRows(rows: Int32Array, size: number, least: number): Uint8Array {
  const texts = new Int32Array(size)
  for (const row of rows) texts[row] = (texts[row] as number) + 1
  return Uint8Array.from(texts, (count) => (count >= least ? 1 : 0))
}

/** Texts as their known features; `share`: the value of each feature of a text. */
interface Bags extends Encoded {
  readonly share: Float64Array
}

function bagsOf({ rows, starts }: Encoded, known: Uint8Array): Bags {
  const kept = new Int32Array(rows.length)
  const bounds = new Int32Array(starts.length)
  const share = new Float64Array(starts.length - 1)
  let end = 0
  for (let i = 0; i < share.length; i++) {
    const from = starts[i] as number
    const to = starts[i + 1] as number
    for (let at = from; at < to; at++) {
      const row = rows[at] as number
      if (known[row] === 1) kept[end++] = row
    }
    bounds[i + 1] = end
    share[i] = 1 / Math.sqrt(to - from)
  }
  return { rows: kept.subarray(0, end), starts: bounds, share }
}

/** `sides[i]`: 1 or -1. The bias is the weight of one more feature, which every text has with the value 1. */
function machine(
  { rows, starts, share }: Bags,
  sides: readonly number[],
  size: number,
  { cost, tolerance, passes }: LinearSettings,
  random: Random,
): { weights: Float64Array; bias: number } {
  const weights = new Float64Array(size)
  let bias = 0
  const slack = 1 / (2 * cost)
  const alpha = new Float64Array(sides.length)
  const order = sides.map((_, i) => i)
  for (let pass = 0; pass < passes; pass++) {
    let most = 0
    for (const i of shuffle(order, random)) {
      const from = starts[i] as number
      const to = starts[i + 1] as number
      const value = share[i] as number
      const side = sides[i] as number
      let sum = 0
      for (let at = from; at < to; at++) sum += weights[rows[at] as number] as number
      const before = alpha[i] as number
      const gradient = side * (sum * value + bias) - 1 + slack * before
      if (before === 0 && gradient >= 0) continue
      most = Math.max(most, Math.abs(gradient))
      const after = Math.max(0, before - gradient / (1 + (to - from) * value * value + slack))
      alpha[i] = after
      const step = (after - before) * side
      bias += step
      for (let at = from; at < to; at++) {
        const row = rows[at] as number
        weights[row] = (weights[row] as number) + step * value
      }
    }
    if (most < tolerance) break
  }
  return { weights, bias }
}
