import { COMMERCIAL, type Scores } from '../domain/labels.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Classifier } from '../domain/ports.ts'

/** A message with what its text says, not yet scored: the scores are filled in by `classify`, in place. */
export type ExtractedMessage = {
  -readonly [K in 'scores' | 'label' | 'commercial' | 'malicious']: AnalysedMessage[K]
} & Omit<AnalysedMessage, 'scores' | 'label' | 'commercial' | 'malicious'>

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
    message.scores = scores
    message.label = label
    message.commercial = above && COMMERCIAL.includes(label) && !message.asksConsent
    message.malicious = above && (label === 'fraud' || label === 'illicit')
    return message
  })
}

export function argmax(scores: Scores): keyof Scores {
  let best: keyof Scores = 'notice'
  for (const label in scores) {
    if (scores[label as keyof Scores] > scores[best]) best = label as keyof Scores
  }
  return best
}
