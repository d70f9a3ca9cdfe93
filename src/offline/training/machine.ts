import { type Random, shuffle } from '../../text/reader/random.ts'

/** One bag of every text, as known features numbered from 0. */
export interface Bag {
  /** Concatenated features of all texts. `starts`: start of each text, plus the end of the last. */
  readonly features: Int32Array
  readonly starts: Int32Array
  /** Table row and squared value of each feature. */
  readonly ids: Int32Array
  readonly squares: Float64Array
  /** 1 / Euclidean length of each text; 0 if it has no known feature. */
  readonly share: Float64Array
}

export interface MachineSettings {
  readonly cost: number
  readonly tolerance: number
  readonly passes: number
}

/** `weights`: weight times value for each feature. */
export interface Machine {
  readonly weights: Float64Array
  readonly bias: number
}

/**
 * Trains a support vector machine with squared hinge loss by dual coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan
 * 2008). `sides[i]` is 1 or -1. The bias is the weight of an additional feature with value 1 in every text.
 */
export function machine(
  { features, starts, squares, share }: Bag,
  sides: readonly number[],
  { cost, tolerance, passes }: MachineSettings,
  random: Random,
): Machine {
  const weights = new Float64Array(squares.length)
  let bias = 0
  const slack = 1 / (2 * cost)
  const alpha = new Float64Array(sides.length)
  const order = sides.map((_, i) => i)
  for (let pass = 0; pass < passes; pass++) {
    let most = 0
    for (const i of shuffle(order, random)) {
      const from = starts[i] as number
      const to = starts[i + 1] as number
      const scale = share[i] as number
      const side = sides[i] as number
      let sum = 0
      for (let at = from; at < to; at++) sum += weights[features[at] as number] as number
      const before = alpha[i] as number
      const gradient = side * (sum * scale + bias) - 1 + slack * before
      if (before === 0 && gradient >= 0) continue
      most = Math.max(most, Math.abs(gradient))
      const after = Math.max(0, before - gradient / ((scale > 0 ? 2 : 1) + slack))
      alpha[i] = after
      const step = (after - before) * side
      bias += step
      const move = step * scale
      for (let at = from; at < to; at++) {
        const feature = features[at] as number
        weights[feature] = (weights[feature] as number) + move * (squares[feature] as number)
      }
    }
    if (most < tolerance) break
  }
  return { weights, bias }
}
