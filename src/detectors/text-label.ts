import type { Code } from '../domain/codes.ts'
import { type MessageDetector, threshold } from '../domain/detector.ts'
import type { Label } from '../domain/labels.ts'

const CODE_OF: Readonly<Partial<Record<Label, Code>>> = {
  fraud: 'TEXT_FRAUD',
  illicit: 'TEXT_ILLICIT',
  finance: 'TEXT_FINANCE',
  marketing: 'TEXT_MARKETING',
}

/**
 * TEXT_FRAUD, TEXT_ILLICIT, TEXT_FINANCE, TEXT_MARKETING: the classifier's label, when its probability reaches
 * `minScore` (0: the threshold of the model card). Score: the probability. Evidence: `label`, `score`, `threshold`.
 */
export const textLabel: MessageDetector = {
  codes: ['TEXT_FRAUD', 'TEXT_ILLICIT', 'TEXT_FINANCE', 'TEXT_MARKETING'],
  detect(message, context) {
    const { label } = message
    const code = CODE_OF[label]
    if (code === undefined) return []
    const asked = threshold(context.judge(code), 'minScore')
    const least = asked > 0 ? asked : context.modelThresholds[label]
    const score = message.scores[label]
    return score >= least
      ? [{ code, score, evidence: { label, score: rounded(score), threshold: least } }]
      : []
  },
}

function rounded(score: number): number {
  return Math.round(score * 1000) / 1000
}
