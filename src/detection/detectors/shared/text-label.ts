import type { MessageContext } from '../../../domain/detector.ts'
import type { Label } from '../../../domain/labels.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import * as fields from '../evidence-fields.ts'

export const LABEL_EVIDENCE = {
  label: fields.label('label of the text'),
  score: fields.share(
    'its probability; of fraud and illicit together if neither reaches the threshold alone',
  ),
  threshold: fields.share('threshold of the label'),
}

/** The threshold of a label's code. `counts`: what the text counts as from there. */
export const minScore = (counts: string) => ({
  default: 0,
  unit: 'probability',
  min: 0,
  max: 1,
  says: `probability of the label from which ${counts}; 0: threshold of the model card`,
})

interface LabelSettings {
  readonly thresholds: { readonly minScore: number }
}

/** Finds the model's label, if it is this one and its probability reaches the threshold. */
export function labelFound(label: Label) {
  return (message: AnalysedMessage, context: MessageContext, { thresholds }: LabelSettings) => {
    const score = message.scores[label]
    const threshold = thresholdOf(label, context, thresholds.minScore)
    if (message.label !== label || score < threshold) return undefined
    return {
      score: Math.min(1, score),
      evidence: { label, score: Math.round(score * 1000) / 1000, threshold },
    }
  }
}

/** The effective threshold: `minScore` of the policy, or that of the model card if 0. */
export function thresholdOf(label: Label, { modelThresholds }: MessageContext, minScore: number): number {
  return minScore > 0 ? minScore : modelThresholds[label]
}
