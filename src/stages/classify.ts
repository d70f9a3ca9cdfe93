import { COMMERCIAL, type Scores } from '../domain/labels.ts'
import type { AnalysedMessage, Extracted, Message } from '../domain/message.ts'
import type { Classifier } from '../domain/ports.ts'

/** A message with what its text says, not yet scored. */
export type ExtractedMessage = Message & Extracted & { readonly toToken: string }

/** Scores a batch and derives what counts as commercial and as malicious (contract, section 3). */
export function classify(batch: readonly ExtractedMessage[], classifier: Classifier): AnalysedMessage[] {
  const classified = classifier.classify(
    batch.map((m) => ({ original: m.text, normalised: m.normalised.text })),
  )
  const { thresholds } = classifier
  return batch.map((message, i) => {
    const scores = classified[i]!
    const label = argmax(scores)
    const above = scores[label] >= thresholds[label]
    const commercial = above && COMMERCIAL.includes(label) && !message.asksConsent
    const malicious = above && (label === 'fraud' || label === 'illicit')
    return { ...message, scores, label, commercial, malicious }
  })
}

export function argmax(scores: Scores): keyof Scores {
  let best: keyof Scores = 'notice'
  for (const label in scores) {
    if (scores[label as keyof Scores] > scores[best]) best = label as keyof Scores
  }
  return best
}
