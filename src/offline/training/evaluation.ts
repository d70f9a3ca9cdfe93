import { InvalidInput } from '../../domain/errors.ts'
import { LABELS, UNSOLICITED } from '../../domain/labels.ts'
import { modelInput, type TextModel } from '../../text/reader/text-model.ts'
import { argmaxRow, type ClassScore, recallAt, reportOf, rocAuc } from './metrics.ts'

/** Output of `evaluate --json`. */
export interface Evaluation {
  readonly accuracy: number
  readonly macroF1: number
  readonly rocAuc?: number
  readonly perClass: Readonly<Record<string, ClassScore>>
  readonly recallAtFpr?: Readonly<Record<string, number>>
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export const FALSE_POSITIVE_RATES = ['0.001', '0.01'] as const

/** Labels that count as spam in ham/spam corpora. */
const SPAM = ['spam', 'smishing']
const HAM = 'ham'

/**
 * Scores a labelled corpus. A ham/spam corpus is scored with a model of the six labels by its summed probability of unsolicited
 * labels: spam from 0.5. Throws InvalidInput if the corpus has labels the model does not know.
 */
export function evaluate(
  model: TextModel,
  rows: readonly { readonly label: string; readonly text: string }[],
  file: string,
): Evaluation {
  const six = LABELS.every((label) => model.labels.includes(label)) && model.labels.length === LABELS.length
  const present = new Set(rows.map((row) => row.label))
  const coarse = present.has(HAM) || SPAM.some((label) => present.has(label))
  const width = model.labels.length
  const p = model.score(rows.map((row) => modelInput(row.text)))

  if (six && coarse) {
    const positive = rows.map((row) => SPAM.includes(row.label))
    refuseUnknown(present, [HAM, ...SPAM], file)
    const scores = unsolicitedScores(p, model.labels, rows.length)
    const report = reportOf(
      [HAM, 'spam'],
      positive.map(Number),
      scores.map((score) => Number(score >= 0.5)),
    )
    return { ...withCurve(report, scores, positive) }
  }
  refuseUnknown(present, model.labels, file)
  const report = reportOf(
    model.labels,
    rows.map((row) => model.labels.indexOf(row.label)),
    rows.map((_, i) => argmaxRow(p, i, width)),
  )
  if (six) {
    const positive = rows.map((row) => (UNSOLICITED as readonly string[]).includes(row.label))
    return withCurve(report, unsolicitedScores(p, model.labels, rows.length), positive)
  }
  const ham = model.labels.indexOf(HAM)
  if (ham >= 0 && model.labels.every((label) => label === HAM || SPAM.includes(label))) {
    const scores = rows.map((_, i) => 1 - (p[i * width + ham] as number))
    return withCurve(
      report,
      scores,
      rows.map((row) => row.label !== HAM),
    )
  }
  return report
}

function withCurve(
  report: Pick<Evaluation, 'accuracy' | 'macroF1' | 'perClass' | 'confusion'>,
  scores: readonly number[],
  positive: readonly boolean[],
): Evaluation {
  const { accuracy, macroF1, perClass, confusion } = report
  // With a single class there is no ROC curve.
  if (!positive.includes(true) || !positive.includes(false)) return report
  return {
    accuracy,
    macroF1,
    rocAuc: rocAuc(scores, positive),
    perClass,
    recallAtFpr: Object.fromEntries(
      FALSE_POSITIVE_RATES.map((rate) => [rate, recallAt(scores, positive, Number(rate))]),
    ),
    confusion,
  }
}

function unsolicitedScores(p: Float32Array, labels: readonly string[], rows: number): number[] {
  const columns = UNSOLICITED.map((label) => labels.indexOf(label))
  return Array.from({ length: rows }, (_, i) =>
    columns.reduce((sum, k) => sum + (p[i * labels.length + k] as number), 0),
  )
}

function refuseUnknown(present: ReadonlySet<string>, known: readonly string[], file: string): void {
  const unknown = [...present].filter((label) => !known.includes(label))
  if (unknown.length === 0) return
  const message = `has the labels ${unknown.join(', ')}, which the model does not know (${known.join(', ')})`
  throw new InvalidInput('USAGE', [{ file, message }])
}
