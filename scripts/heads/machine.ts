import { HEADS } from '../../src/domain/heads.ts'
import { createRandom, shuffle } from '../../src/text/reader/random.ts'

const WIDTH = HEADS.length

/** A text in one of its variants. */
export interface Variant {
  /** Rows of the table that its features touch. */
  readonly rows: Int32Array
  /** Further inputs. */
  readonly inputs: Float32Array
}

/** A template with what is to be learnt of it: a probability for each head. */
export interface Example {
  readonly variants: readonly Variant[]
  readonly wanted: Float32Array
  readonly weight: number
}

export interface MachineSettings {
  readonly epochs: number
  readonly rate: number
  readonly decay: number
  /** Highest share of features dropped from a text; drawn again for each text. */
  readonly dropout: number
}

export const SETTINGS: MachineSettings = { epochs: 16, rate: 0.3, decay: 1e-4, dropout: 0.5 }

/** Weights that learn by Adagrad. */
class Learnt {
  readonly values: Float32Array
  readonly #squares: Float32Array

  constructor(size: number) {
    this.values = new Float32Array(size)
    this.#squares = new Float32Array(size).fill(1e-6)
  }

  step(at: number, gradient: number, rate: number): void {
    const square = (this.#squares[at] as number) + gradient * gradient
    this.#squares[at] = square
    this.values[at] = (this.values[at] as number) - (rate * gradient) / Math.sqrt(square)
  }
}

/** Logistic regressions, one a head: over the features of a text (each weighs 1 / √features) and its further inputs. */
export class HeadMachine {
  readonly #table: Learnt
  readonly #inputs: Learnt
  readonly #bias = new Learnt(WIDTH)
  readonly #logits = new Float64Array(WIDTH)

  constructor(rows: number, inputs: number) {
    this.#table = new Learnt(rows * WIDTH)
    this.#inputs = new Learnt(inputs * WIDTH)
  }

  get table(): Float32Array {
    return this.#table.values
  }
  get inputs(): Float32Array {
    return this.#inputs.values
  }
  get bias(): Float32Array {
    return this.#bias.values
  }

  /** Each epoch shows another variant of each example. */
  learn(examples: readonly Example[], settings: MachineSettings, seed: number): this {
    const random = createRandom(seed)
    const kept = new Int32Array(8192)
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const rate = settings.rate * Math.max(0.05, 1 - epoch / settings.epochs)
      for (const { variants, wanted, weight } of shuffle(examples.slice(), random)) {
        const { rows, inputs } = variants[epoch % variants.length] as Variant
        const dropped = settings.dropout * random.next()
        let count = 0
        for (const row of rows) if (!random.chance(dropped)) kept[count++] = row
        const some = kept.subarray(0, count)
        const logits = this.logits({ rows: some, inputs })
        for (let k = 0; k < WIDTH; k++)
          logits[k] = (1 / (1 + Math.exp(-(logits[k] as number))) - (wanted[k] as number)) * weight
        this.#step(some, inputs, logits, rate, settings.decay)
      }
    }
    return this
  }

  #step(rows: Int32Array, inputs: Float32Array, errors: Float64Array, rate: number, decay: number): void {
    const share = 1 / Math.sqrt(Math.max(1, rows.length))
    for (let k = 0; k < WIDTH; k++) this.#bias.step(k, errors[k] as number, rate)
    for (let i = 0; i < rows.length; i++) {
      const base = (rows[i] as number) * WIDTH
      for (let k = 0; k < WIDTH; k++) {
        const weight = this.table[base + k] as number
        this.#table.step(base + k, (errors[k] as number) * share + decay * weight, rate)
      }
    }
    for (let c = 0; c < inputs.length; c++) {
      const input = inputs[c] as number
      if (input === 0) continue
      for (let k = 0; k < WIDTH; k++) this.#inputs.step(c * WIDTH + k, (errors[k] as number) * input, rate)
    }
  }

  /** The array is valid until the next call. */
  logits({ rows, inputs }: Variant): Float64Array {
    const logits = this.#logits.fill(0)
    const share = 1 / Math.sqrt(Math.max(1, rows.length))
    for (let i = 0; i < rows.length; i++) {
      const base = (rows[i] as number) * WIDTH
      for (let k = 0; k < WIDTH; k++) logits[k] = (logits[k] as number) + (this.table[base + k] as number)
    }
    for (let k = 0; k < WIDTH; k++) logits[k] = (logits[k] as number) * share + (this.bias[k] as number)
    for (let c = 0; c < inputs.length; c++) {
      const input = inputs[c] as number
      if (input === 0) continue
      for (let k = 0; k < WIDTH; k++)
        logits[k] = (logits[k] as number) + input * (this.inputs[c * WIDTH + k] as number)
    }
    return logits
  }
}
