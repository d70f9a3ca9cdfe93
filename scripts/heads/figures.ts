import { HEADS, type Head } from '../../src/domain/heads.ts'
import { rocAuc } from '../../src/offline/training/metrics.ts'

interface Answer {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** How the list of the detectors and the head do on texts of which so many have it, and the head at one half. */
export interface HeadFigures {
  readonly texts: number
  readonly list: Answer
  readonly head: Answer & { readonly auc: number }
}

const HALF = 0.5

export function figuresOf(
  heads: readonly Float32Array[],
  lists: readonly Float32Array[],
  truth: readonly Float32Array[],
): Record<Head, HeadFigures> {
  const entries = HEADS.map((head, k) => {
    const is = truth.map((row) => row[k] === 1)
    const scores = heads.map((row) => row[k] as number)
    const figures = {
      texts: is.filter(Boolean).length,
      list: answerOf(
        lists.map((row) => row[k] === 1),
        is,
      ),
      head: {
        ...answerOf(
          scores.map((score) => score >= HALF),
          is,
        ),
        auc: round(rocAuc(scores, is)),
      },
    }
    return [head, figures] as const
  })
  return Object.fromEntries(entries) as Record<Head, HeadFigures>
}

function answerOf(said: readonly boolean[], is: readonly boolean[]): Answer {
  const hits = said.filter((one, i) => one && is[i]).length
  const called = said.filter(Boolean).length
  const there = is.filter(Boolean).length
  const precision = called > 0 ? hits / called : 0
  const recall = there > 0 ? hits / there : 0
  const f1 = hits > 0 ? (2 * precision * recall) / (precision + recall) : 0
  return { precision: round(precision), recall: round(recall), f1: round(f1) }
}

const round = (value: number) => Math.round(value * 1000) / 1000
