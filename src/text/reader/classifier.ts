import { InvalidInput } from '../../domain/errors.ts'
import { LABELS, type Label, MALICE_FLOOR, type Scores } from '../../domain/labels.ts'
import type { Classifier } from '../../domain/ports.ts'
import { openHeads } from './heads.ts'
import {
  type ModelInput,
  modelInput,
  type OpenModelOptions,
  openTextModel,
  type TextModel,
} from './text-model.ts'
import { readsNumbersByShape } from './tokenizer-settings.ts'

/** Largest deviation of a golden message from its recorded score before the operator is warned. */
const DRIFT = 0.02

/**
 * Opens a model of the six labels for the pipeline. Throws InvalidInput (MODEL_INVALID) if the folder is incomplete, damaged or
 * has another label set. A model whose golden messages no longer score as recorded is used, with a notice.
 */
export async function openClassifier(options: OpenModelOptions): Promise<Classifier> {
  const model = await openTextModel(options)
  const missing = LABELS.filter((label) => !model.labels.includes(label))
  if (missing.length > 0 || model.labels.length !== LABELS.length) {
    model.close()
    const message = `has the labels ${model.labels.join(', ')}; the pipeline needs ${LABELS.join(', ')}`
    throw new InvalidInput('MODEL_INVALID', [{ file: options.dir, key: 'labels', message }])
  }
  const drift = goldenDrift(model)
  if (drift > DRIFT) {
    options.onNotice?.(
      `model ${model.id}: golden messages score up to ${drift.toFixed(3)} away from what was recorded; it was trained for another version of the text normaliser`,
    )
  }
  const columns = LABELS.map((label) => model.labels.indexOf(label)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [notice, personal, marketing, finance, fraud, illicit] = columns
  const width = LABELS.length
  const heads = openHeads(options.dir)
  const shared = heads?.reads(model.description.tokenizer) === true
  return {
    id: model.id,
    backend: model.backend,
    card: model.card,
    thresholds: thresholdsOf(model),
    readsNumbersByShape: readsNumbersByShape(model.description.tokenizer),
    classify(texts, headsOf) {
      const p = model.score(
        texts,
        heads &&
          headsOf &&
          ((text, scores, rows) => {
            if ((scores[fraud] as number) + (scores[illicit] as number) < MALICE_FLOOR) return
            headsOf[text] = shared ? heads.ofRows(rows) : heads.read(texts[text] as ModelInput)
          }),
      )
      const all: Scores[] = new Array(texts.length)
      for (let i = 0; i < texts.length; i++) {
        const row = i * width
        all[i] = {
          notice: p[row + notice] as number,
          personal: p[row + personal] as number,
          marketing: p[row + marketing] as number,
          finance: p[row + finance] as number,
          fraud: p[row + fraud] as number,
          illicit: p[row + illicit] as number,
        }
      }
      return all
    },
    close: () => model.close(),
  }
}

function thresholdsOf({ card }: TextModel): Scores {
  return Object.fromEntries(LABELS.map((label) => [label, card.thresholds[label] as number])) as Record<
    Label,
    number
  >
}

/** Largest deviation of a golden message's score from the recorded one. */
export function goldenDrift(model: TextModel): number {
  const { golden } = model.description
  const scores = model.score(golden.map(({ text }) => modelInput(text)))
  let worst = 0
  golden.forEach((message, i) => {
    message.scores.forEach((expected, k) => {
      worst = Math.max(worst, Math.abs(expected - (scores[i * model.labels.length + k] as number)))
    })
  })
  return worst
}

/** Describes a model folder in one line; throws like `openClassifier`. */
export async function inspectModel(dir: string): Promise<string> {
  const model = await openTextModel({ dir, backend: 'cpu' })
  try {
    const drift = goldenDrift(model)
    if (drift > DRIFT) {
      const message = `golden messages score up to ${drift.toFixed(3)} away from what was recorded`
      throw new InvalidInput('MODEL_INVALID', [{ file: dir, message }])
    }
    return `model: ${model.id}, labels ${model.labels.join(', ')}, golden messages score as recorded`
  } finally {
    model.close()
  }
}
