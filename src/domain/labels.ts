/** The label set of the shipped text model, in the order of its output row. */
export const LABELS = ['notice', 'personal', 'marketing', 'finance', 'fraud', 'illicit'] as const
export type Label = (typeof LABELS)[number]

/** Probabilities by label; they sum to 1. */
export type Scores = Readonly<Record<Label, number>>

/** The most likely label; the first of equal ones. */
export function argmax(scores: Scores): Label {
  let best: Label = 'notice'
  for (const label in scores) {
    if (scores[label as Label] > scores[best]) best = label as Label
  }
  return best
}

/** Sum of the fraud and illicit scores below which a text cannot count as malicious, whatever else is weighed. */
export const MALICE_FLOOR = 0.02

/** Commercial traffic: requires consent, an opt-out and a filed scope. */
export const COMMERCIAL: readonly Label[] = ['marketing', 'finance']
/** Unsolicited messages: the positive class of the ROC-AUC in `evaluate`. */
export const UNSOLICITED: readonly Label[] = ['marketing', 'finance', 'fraud', 'illicit']

/** Groups in which the rate features count messages. */
export const TRAFFIC_GROUPS = ['commercial', 'notice', 'fraud'] as const
export type TrafficGroup = (typeof TRAFFIC_GROUPS)[number]
