import { softmax } from '../../text/reader/text-model.ts'
import { thresholdAt } from './metrics.ts'

/**
 * Fits the temperature (Guo et al. 2017) that maximises the likelihood of held-out texts, by golden-section search over its
 * logarithm. `allowed`: bit mask of the labels that each text may have; `weights`: weight of each text.
 */
export function fitTemperature(
  logits: Float32Array,
  width: number,
  allowed: ArrayLike<number>,
  weights: ArrayLike<number>,
): number {
  const p = new Float32Array(logits.length)
  const loss = (log: number) => {
    softmax(logits, width, Math.exp(log), p, 0)
    let sum = 0
    for (let i = 0; i < allowed.length; i++) {
      let mass = 0
      for (let k = 0; k < width; k++)
        if (((allowed[i] as number) >> k) & 1) mass += p[i * width + k] as number
      sum -= (weights[i] as number) * Math.log(Math.max(mass, 1e-12))
    }
    return sum
  }
  const golden = (Math.sqrt(5) - 1) / 2
  let low = Math.log(0.2)
  let high = Math.log(5)
  for (let i = 0; i < 40; i++) {
    const a = high - golden * (high - low)
    const b = low + golden * (high - low)
    if (loss(a) < loss(b)) high = b
    else low = a
  }
  return Math.exp((low + high) / 2)
}

/** Lowest threshold for each label at which at most `rates[label]` of the texts with other labels exceed it. */
export function fitThresholds(
  labels: readonly string[],
  truth: readonly number[],
  probabilities: Float32Array,
  rates: (label: string) => number,
): Record<string, number> {
  const thresholds: Record<string, number> = {}
  for (const [k, label] of labels.entries()) {
    const scores = truth.map((_, i) => probabilities[i * labels.length + k] as number)
    const at = thresholdAt(
      scores,
      truth.map((t) => t === k),
      rates(label),
    )
    thresholds[label] = Math.round(Math.min(0.95, Math.max(1 / labels.length, at)) * 1000) / 1000
  }
  return thresholds
}
