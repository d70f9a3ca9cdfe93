import { LABELS } from '../../domain/labels.ts'
import { occurrences } from '../../domain/maps.ts'
import { argmaxRow, recallAt, reportOf, rocAuc } from './metrics.ts'
import { allowedLabels, heldTexts, type Part } from './plan.ts'

/** Texts not trained on, used for early stopping, calibration and thresholds. */
export interface HeldOut {
  readonly texts: readonly { readonly text: string; readonly label: string }[]
  readonly allowed: readonly number[]
  /** Weights that give each label the same total. */
  readonly weights: readonly number[]
}

/** The messages of held-out rows, two per template. */
export function heldSet(parts: readonly Part[], labels: readonly string[], seed: number): HeldOut {
  const texts = heldTexts(parts, seed, 2)
  const counts = occurrences(texts.map(({ label }) => label))
  return {
    texts,
    allowed: texts.map(({ label }) => allowedLabels(label, labels)),
    weights: texts.map(({ label }) => 1 / (counts.get(label) as number)),
  }
}

/** Macro-F1 over the texts whose label is one of the model's. */
export function heldScore(logits: Float32Array, labels: readonly string[], held: HeldOut): number {
  const truth: number[] = []
  const predicted: number[] = []
  for (const [i, { label }] of held.texts.entries()) {
    const k = labels.indexOf(label)
    if (k < 0) continue
    truth.push(k)
    predicted.push(argmaxRow(logits, i, labels.length))
  }
  return reportOf(labels, truth, predicted).macroF1
}

/** Scores for the model card, over the held-out texts whose label is one of the model's. */
export function heldScores(
  labels: readonly string[],
  truth: readonly number[],
  p: Float32Array,
): Record<string, unknown> {
  if (truth.length === 0) return {}
  const width = labels.length
  const { accuracy, macroF1, perClass } = reportOf(
    labels,
    truth,
    truth.map((_, i) => argmaxRow(p, i, width)),
  )
  const round = (x: number) => Math.round(x * 1e4) / 1e4
  const scores: Record<string, unknown> = {
    heldOutTexts: truth.length,
    accuracy: round(accuracy),
    macroF1: round(macroF1),
    f1: Object.fromEntries(labels.map((label) => [label, round(perClass[label]?.f1 ?? 0)])),
    histogram: scoreHistogram(labels, p),
  }
  if (LABELS.every((label) => labels.includes(label))) {
    const genuine = ['notice', 'personal'].map((label) => labels.indexOf(label))
    const unsolicited = truth.map(
      (_, i) => 1 - genuine.reduce((sum, k) => sum + (p[i * width + k] as number), 0),
    )
    const positive = truth.map((t) => !genuine.includes(t))
    scores.rocAucUnsolicited = round(rocAuc(unsolicited, positive))
    scores.recallUnsolicitedAtFpr1pc = round(recallAt(unsolicited, positive, 0.01))
  }
  return scores
}

/** Number of equal steps from 0 to 1 in a histogram. */
const STEPS = 10

/** Number of texts by most likely label and by its score, in ten steps; the reference for drift. `p`: texts × labels. */
export function scoreHistogram(labels: readonly string[], p: Float32Array): Record<string, number[]> {
  const width = labels.length
  const counts = labels.map(() => new Array<number>(STEPS).fill(0))
  for (let i = 0; i * width < p.length; i++) {
    const k = argmaxRow(p, i, width)
    const step = Math.min(STEPS - 1, Math.floor((p[i * width + k] as number) * STEPS))
    counts[k]![step]! += 1
  }
  return Object.fromEntries(labels.map((label, k) => [label, counts[k]!]))
}
