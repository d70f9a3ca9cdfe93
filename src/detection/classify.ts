import type { HeadReading } from '../domain/heads.ts'
import { argmax, COMMERCIAL, type Scores } from '../domain/labels.ts'
import type { AnalysedMessage, TextMemo, TextVerdict } from '../domain/message.ts'
import type { Classifier } from '../domain/ports.ts'

/** A message whose text has been read but not scored; `classify` fills in the scores in place. */
export type ExtractedMessage = {
  -readonly [K in keyof TextVerdict]: AnalysedMessage[K]
} & Omit<AnalysedMessage, keyof TextVerdict>

type Scorer = Pick<Classifier, 'classify' | 'thresholds' | 'readsNumbersByShape'>

/**
 * Scores a batch and derives whether texts are commercial or malicious. Texts already scored by this classifier are not scored
 * again.
 */
export function classify(batch: readonly ExtractedMessage[], classifier: Scorer): AnalysedMessage[] {
  const unknown: ExtractedMessage[] = []
  for (const message of batch) {
    const { classified } = memoOf(message, classifier)
    if (classified?.by !== classifier) unknown.push(message)
    else fillIn(message, classified.verdict)
  }
  if (unknown.length === 0) return batch as AnalysedMessage[]
  const heads: (HeadReading | undefined)[] = []
  const all = classifier.classify(
    unknown.map((m) => ({ original: m.text, normalised: m.normalised.text })),
    heads,
  )
  for (const [i, message] of unknown.entries()) {
    const verdict = verdictOf(all[i]!, heads[i], message.asksAlone, classifier)
    memoOf(message, classifier).classified = { by: classifier, verdict }
    fillIn(message, verdict)
  }
  return batch as AnalysedMessage[]
}

/** The memo of the text, or of all texts that are alike if the classifier gives them the same scores. */
function memoOf({ memo }: ExtractedMessage, { readsNumbersByShape }: Scorer): TextMemo {
  return readsNumbersByShape ? (memo.alike ?? memo) : memo
}

function verdictOf(
  scores: Scores,
  heads: HeadReading | undefined,
  asksAlone: boolean,
  { thresholds }: Scorer,
): TextVerdict {
  const label = argmax(scores)
  const above = scores[label] >= thresholds[label]
  return {
    scores,
    label,
    commercial: above && COMMERCIAL.includes(label) && !asksAlone,
    malicious: above && (label === 'fraud' || label === 'illicit'),
    heads,
  }
}

function fillIn(
  message: ExtractedMessage,
  { scores, label, commercial, malicious, heads }: TextVerdict,
): void {
  message.scores = scores
  message.label = label
  message.commercial = commercial
  message.malicious = malicious
  message.heads = heads
}
