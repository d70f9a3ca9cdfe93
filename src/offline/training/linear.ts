import { type NetworkShape, partSize, width } from '../../text/reader/network.ts'
import { createRandom } from '../../text/reader/random.ts'
import { bagsOf, type TokenizerSettings } from '../../text/reader/tokenizer-settings.ts'
import type { Encoded } from './encode.ts'
import { type Bag, type Machine, machine } from './machine.ts'
import type { Training } from './trainer.ts'

/** Training settings of one bag of features. */
export interface BagSettings {
  /** Weight of the squared loss relative to half the squared weights: C of liblinear. */
  readonly cost: number
  /** Whether the value of a feature is its inverse document frequency, `ln((1 + texts) / (1 + holders)) + 1`; otherwise it is 1. */
  readonly rarity: boolean
}

export interface LinearSettings {
  readonly tokenizer: TokenizerSettings
  readonly bags: readonly BagSettings[]
  /** Minimum number of texts a feature must occur in. A feature of a single text is usually a name or a typo. */
  readonly texts: number
  /** Training of a label stops when no text violates its optimality condition by more than this, or after `passes` over the texts. */
  readonly tolerance: number
  readonly passes: number
  /** Folds of the cross-validation for the label offsets. */
  readonly folds: number
}

export const LINEAR: LinearSettings = {
  tokenizer: { bits: 21, grams: 3, words: 2, written: 3, skipUnknown: true, parted: true },
  bags: [
    { cost: 5, rarity: false },
    { cost: 10, rarity: true },
    { cost: 10, rarity: true },
  ],
  texts: 2,
  tolerance: 0.1,
  passes: 200,
  folds: 4,
}

/**
 * Trains linear support vector machines, one-vs-rest for each label and bag, and returns them as a network with several bags:
 * the logits of a text are the mean margins of its bags, with each bag scaled to Euclidean length 1. `label[i]` is the label of
 * text i.
 */
export function trainLinear(
  texts: Encoded,
  label: ArrayLike<number>,
  labels: number,
  settings: LinearSettings,
  seed: number,
): Training {
  const bags = bagsOf(settings.tokenizer)
  const shape: NetworkShape = { rows: 1 << settings.tokenizer.bits, embedding: 1, hidden: 1, labels, bags }
  const columns = width(shape)
  const table = new Float32Array(partSize(shape, 'table'))
  const outputBias = new Float32Array(labels)
  const random = createRandom(seed)
  for (let b = 0; b < bags; b++) {
    const own = settings.bags[b] as BagSettings
    const bag = bagOf(texts, b, shape.rows, settings.texts, own)
    let last: Machine | undefined
    for (let k = 0; k < labels; k++) {
      const sides = Array.from(label, (is) => (is === k ? 1 : -1))
      // With two labels, the second machine is the negation of the first.
      const mirrored = labels === 2 && k === 1 ? last : undefined
      last = mirrored ? opposite(mirrored) : machine(bag, sides, { ...settings, cost: own.cost }, random)
      const { weights, bias } = last
      for (const [id, row] of bag.ids.entries()) table[row * columns + 1 + k] = (weights[id] as number) / bags
      outputBias[k] = (outputBias[k] as number) + bias / bags
    }
    for (const [id, row] of bag.ids.entries()) table[row * columns] = bag.squares[id] as number
  }
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

function opposite({ weights, bias }: Machine): Machine {
  return { weights: weights.map((weight) => -weight), bias: -bias }
}

/** The features of bag `b` that occur in at least `least` texts. `size`: number of rows of the table. */
function bagOf(
  { rows, starts, bags }: Encoded,
  b: number,
  size: number,
  least: number,
  { rarity }: BagSettings,
): Bag {
  const texts = (starts.length - 1) / bags
  const holders = new Int32Array(size)
  const each = (visit: (row: number) => void, text: number) => {
    const at = text * bags + b
    for (let i = starts[at] as number; i < (starts[at + 1] as number); i++) visit(rows[i] as number)
  }
  let most = 0
  for (let text = 0; text < texts; text++) {
    each((row) => {
      holders[row] = (holders[row] as number) + 1
      most++
    }, text)
  }
  const ids = Int32Array.from(
    (function* () {
      for (let row = 0; row < size; row++) if ((holders[row] as number) >= least) yield row
    })(),
  )
  const squares = Float64Array.from(ids, (row) => {
    return rarity ? (Math.log((1 + texts) / (1 + (holders[row] as number))) + 1) ** 2 : 1
  })
  // From here on it maps a row to its feature number, from 1; 0 for unknown.
  holders.fill(0)
  for (const [id, row] of ids.entries()) holders[row] = id + 1
  const features = new Int32Array(most)
  const bounds = new Int32Array(texts + 1)
  const share = new Float64Array(texts)
  let end = 0
  for (let text = 0; text < texts; text++) {
    let sum = 0
    each((row) => {
      const feature = (holders[row] as number) - 1
      if (feature < 0) return
      features[end++] = feature
      sum += squares[feature] as number
    }, text)
    bounds[text + 1] = end
    share[text] = sum > 0 ? 1 / Math.sqrt(sum) : 0
  }
  return { features: features.subarray(0, end), starts: bounds, ids, squares, share }
}
