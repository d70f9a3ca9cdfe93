/** Offsets from -STEPS to STEPS times STEP are tried, and their scores smoothed over SPREAD steps (standard deviation). */
const STEP = 0.05
const STEPS = 12
const SPREAD = 2
const ROUNDS = 3
/** Share of the optimal offset that is applied, because it is fitted to these texts. */
const SHARE = 0.5
/** With fewer texts of a label, its optimal offset would be noise. */
const FEWEST = 20

/**
 * Offsets for the logits of each label that raise the mean F1: one-vs-rest machines predict rare labels too seldom. They are
 * half of the optimal offsets for these logits (texts × labels) of texts not trained on, searched label by label in three
 * rounds, with scores smoothed over neighbouring offsets. They sum to 0.
 */
export function fitOffsets(logits: Float32Array, truth: readonly number[], labels: number): Float64Array {
  const offsets = new Float64Array(labels)
  const counts = new Array<number>(labels).fill(0)
  for (const k of truth) counts[k]! += 1
  if (counts.some((count) => count < FEWEST)) return offsets
  for (let round = 0; round < ROUNDS; round++) {
    for (let k = 0; k < labels; k++) {
      const scores = Array.from({ length: 2 * STEPS + 1 }, (_, i) =>
        scoreAt(logits, truth, offsets.with(k, (i - STEPS) * STEP)),
      )
      offsets[k] = (peakOf(smoothed(scores)) - STEPS) * STEP
    }
    const mean = offsets.reduce((sum, offset) => sum + offset, 0) / labels
    for (let k = 0; k < labels; k++) offsets[k] = (offsets[k] as number) - mean
  }
  return offsets.map((offset) => SHARE * offset)
}

/** Index of the maximum; of equal ones, the one nearest to the middle. */
function peakOf(values: readonly number[]): number {
  let best = STEPS
  const rise = (i: number) => (values[i] as number) - (values[best] as number)
  for (let d = 1; d <= STEPS; d++) for (const i of [STEPS - d, STEPS + d]) if (rise(i) > 1e-9) best = i
  return best
}

/** Macro-F1 with these offsets. */
function scoreAt(logits: Float32Array, truth: readonly number[], offsets: Float64Array): number {
  const labels = offsets.length
  const hits = new Float64Array(labels)
  const total = new Float64Array(labels)
  for (const [i, right] of truth.entries()) {
    let best = 0
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < labels; k++) {
      const value = (logits[i * labels + k] as number) + (offsets[k] as number)
      if (value > most) {
        most = value
        best = k
      }
    }
    total[best] = (total[best] as number) + 1
    total[right] = (total[right] as number) + 1
    if (best === right) hits[best] = (hits[best] as number) + 1
  }
  return hits.reduce((sum, hit, k) => sum + (2 * hit) / Math.max(1, total[k] as number), 0) / labels
}

/** Gaussian smoothing; values beyond the ends repeat the end values. */
function smoothed(values: readonly number[]): number[] {
  return values.map((_, i) => {
    let sum = 0
    let weights = 0
    for (let d = -4 * SPREAD; d <= 4 * SPREAD; d++) {
      const weight = Math.exp(-(d * d) / (2 * SPREAD * SPREAD))
      sum += weight * (values[Math.min(values.length - 1, Math.max(0, i + d))] as number)
      weights += weight
    }
    return sum / weights
  })
}
