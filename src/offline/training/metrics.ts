export interface ClassScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly support: number
}

export interface Report {
  readonly accuracy: number
  /** Mean F1 over the labels present in the test set. */
  readonly macroF1: number
  readonly perClass: Readonly<Record<string, ClassScore>>
  /** Rows: truth, columns: prediction. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export function argmaxRow(p: Float32Array, row: number, width: number): number {
  let best = 0
  for (let k = 1; k < width; k++)
    if ((p[row * width + k] as number) > (p[row * width + best] as number)) best = k
  return best
}

/** Scores of hard predictions (indexes into `labels`). */
export function reportOf(
  labels: readonly string[],
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
): Report {
  const n = labels.length
  const counts = new Float64Array(n * n)
  let right = 0
  for (let i = 0; i < truth.length; i++) {
    const at = (truth[i] as number) * n + (predicted[i] as number)
    counts[at] = (counts[at] as number) + 1
    if (truth[i] === predicted[i]) right++
  }
  const perClass: Record<string, ClassScore> = {}
  const confusion: Record<string, Record<string, number>> = {}
  let sum = 0
  let present = 0
  for (const [k, label] of labels.entries()) {
    let support = 0
    let called = 0
    const row: Record<string, number> = {}
    for (const [j, other] of labels.entries()) {
      support += counts[k * n + j] as number
      called += counts[j * n + k] as number
      row[other] = counts[k * n + j] as number
    }
    const hit = counts[k * n + k] as number
    const precision = called > 0 ? hit / called : 0
    const recall = support > 0 ? hit / support : 0
    const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0
    perClass[label] = { precision, recall, f1, support }
    confusion[label] = row
    if (support > 0) {
      sum += f1
      present++
    }
  }
  return {
    accuracy: truth.length > 0 ? right / truth.length : 0,
    macroF1: present > 0 ? sum / present : 0,
    perClass,
    confusion,
  }
}

/** Area under the ROC curve by ranks, with ties counted half (Mann–Whitney); NaN without both classes. */
export function rocAuc(scores: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  )
  let rankSum = 0
  let positives = 0
  for (let i = 0; i < order.length; ) {
    let j = i
    while (j < order.length && scores[order[j] as number] === scores[order[i] as number]) j++
    const rank = (i + j + 1) / 2
    for (; i < j; i++) {
      if (positive[order[i] as number]) {
        rankSum += rank
        positives++
      }
    }
  }
  const negatives = scores.length - positives
  return positives > 0 && negatives > 0
    ? (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
    : Number.NaN
}

/** The lowest threshold at which at most `rate` of the negatives score at or above it. */
export function thresholdAt(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  rate: number,
): number {
  const negatives: number[] = []
  for (let i = 0; i < scores.length; i++) if (!positive[i]) negatives.push(scores[i] as number)
  negatives.sort((a, b) => b - a)
  const allowed = Math.floor(rate * negatives.length)
  if (allowed >= negatives.length) return 0
  return Math.min(1, (negatives[allowed] as number) * (1 + 1e-6) + 1e-9)
}

/** Recall at the threshold for a false-positive rate of `rate`. */
export function recallAt(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  rate: number,
): number {
  const threshold = thresholdAt(scores, positive, rate)
  let positives = 0
  let hit = 0
  for (let i = 0; i < scores.length; i++) {
    if (!positive[i]) continue
    positives++
    if ((scores[i] as number) >= threshold) hit++
  }
  return positives > 0 ? hit / positives : Number.NaN
}
