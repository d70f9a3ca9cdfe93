import type { Code } from '../../../domain/codes.ts'
import type { MessageContext } from '../../../domain/detector.ts'
import { MALICE_FLOOR } from '../../../domain/labels.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import * as fields from '../evidence-fields.ts'
import { rulesOf } from '../own-rules/loaded-rules.ts'
import { LABEL_EVIDENCE, minScore, thresholdOf } from '../shared/text-label.ts'
import { tracesOf } from '../shared/traces.ts'
import { claimOf } from './claimed-brands.ts'
import { shownAt, type Weighed, weigh } from './decision.ts'
import { WEIGHED_FIELDS, weighedEvidence } from './evidence.ts'

export const MALICE_THRESHOLDS = {
  minScore: minScore('it counts'),
  minCertainty: {
    default: 0.4,
    unit: 'certainty',
    min: 0,
    max: 1,
    says: 'certainty from which a less probable text counts too, and below which a rule may clear it; 1, or a `minScore` above 0: only the text decides',
  },
}

export const MALICE_EVIDENCE = {
  ...LABEL_EVIDENCE,
  certainty: fields.optional(fields.share('certainty from all signs together, if weighed')),
  speaksFor: fields.optional(WEIGHED_FIELDS.speaksFor),
  speaksAgainst: fields.optional(WEIGHED_FIELDS.speaksAgainst),
  neutral: WEIGHED_FIELDS.neutral,
  rules: WEIGHED_FIELDS.rules,
}

/**
 * Finds fraud or illicit, whichever is more likely, if its probability or the sum of both reaches the threshold: a text between
 * the two is malicious even if a third label exceeds each. A less certain text counts if everything else about the message makes
 * it certain, and does not count if its sender is trustworthy.
 */
export function maliceFound(
  code: Code,
  label: 'fraud' | 'illicit',
  message: AnalysedMessage,
  context: MessageContext,
  thresholds: { readonly minScore: number; readonly minCertainty: number },
) {
  const { fraud, illicit } = message.scores
  if ((label === 'fraud') !== fraud >= illicit) return undefined
  const both = maliceOf(message)
  const own = message.scores[label]
  const threshold = thresholdOf(label, context, thresholds.minScore)
  const said = both >= threshold
  const text = own >= threshold ? own : both
  const evidence = { label, score: Math.round(text * 1000) / 1000, threshold }
  const { minCertainty } = thresholds
  // The text alone decides without a sender, or if the policy sets its own threshold.
  const alone = minCertainty >= 1 || thresholds.minScore > 0 || message.from === ''
  if (alone) return said ? { score: Math.min(1, text), evidence } : undefined
  if (!mayBeMalicious(message)) return undefined
  const weighed = weighMessage(message, context)
  const { certainty } = weighed
  const decided = maliceDecision(code, said, weighed, minCertainty)
  if (!decided.counts) return undefined
  return {
    score: Math.min(1, said ? text : Math.max(certainty, decided.reported ? threshold : 0)),
    evidence: {
      ...evidence,
      certainty: Math.round(certainty * 1000) / 1000,
      ...weighedEvidence(weighed, [decided.rule]),
    },
  }
}

/** Sum of fraud and illicit, so that a text between the two counts in full. */
function maliceOf({ scores }: AnalysedMessage): number {
  return scores.fraud + scores.illicit
}

/** Whether a text can count as fraud or illicit at all, whatever else is weighed. */
export function mayBeMalicious(message: AnalysedMessage): boolean {
  return maliceOf(message) >= MALICE_FLOOR
}

/**
 * Certainty that a message with these signs is fraud and the deciding rule, if TEXT_FRAUD would count it with the threshold of
 * the model card; else undefined.
 */
export function fraudWeighed(
  code: Code,
  message: AnalysedMessage,
  context: MessageContext,
  weighed: Weighed,
  minCertainty: number,
): { readonly certainty: number; readonly rule: string | undefined } | undefined {
  const both = maliceOf(message)
  const said = both >= thresholdOf('fraud', context, 0)
  const { counts, rule } = maliceDecision(code, said, weighed, minCertainty)
  return counts ? { certainty: Math.max(said ? both : 0, weighed.certainty), rule } : undefined
}

function weighMessage(message: AnalysedMessage, context: MessageContext): Weighed {
  const { registry } = context
  const claim = claimOf(message, registry)
  return weigh(claim, tracesOf(claim?.brand, message, registry), message, registry, rulesOf(context))
}

export interface MaliceDecision {
  readonly counts: boolean
  readonly reported?: boolean
  readonly rule: string | undefined
}

/** Whether a text counts, given the certainty from its signs. `said`: the text model alone reaches the threshold. */
export function maliceDecision(
  code: Code,
  said: boolean,
  { certainty, shown, rules }: Pick<Weighed, 'certainty' | 'shown' | 'rules'>,
  minCertainty: number,
): MaliceDecision {
  const reported = rules.first(code, 'report', shown)
  if (reported !== undefined) {
    const cleared = rules.firstOwn(code, 'clear', shownAt(shown, certainty, minCertainty))
    return { counts: cleared === undefined, reported: true, rule: cleared ?? reported }
  }
  const doubtful = rules.first(code, 'raise-threshold', shown)
  const needed = doubtful === undefined ? minCertainty : Math.min(1, 2 * minCertainty)
  if (!said && certainty < needed) return { counts: false, rule: doubtful }
  const cleared = rules.first(code, 'clear', shownAt(shown, certainty, needed))
  return { counts: cleared === undefined, rule: cleared ?? doubtful }
}
