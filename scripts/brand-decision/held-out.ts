import { signsToBlock } from '../../src/detection/detectors/brand-decision/signs.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import type { BrandCorpus, BrandMessage } from './corpus.ts'
import { certaintyBy, type Decision, decisionsOf, fitWeights } from './examples.ts'
import { rememberOpinions } from './wording.ts'

/** One message under one registry, by weights and words that were fitted without some writer. */
export interface HeldOut {
  readonly of: BrandMessage
  readonly registry: 'filed' | 'shipped'
  /** Highest certainty with which it might be blocked, 0 to 1. */
  readonly certainty: number
  /** What the detectors weighed of it. */
  readonly asked: readonly Decision[]
  readonly sure: (decision: Decision) => number
}

/**
 * Judges every message by weights and words that were fitted without those of one writer. The words of the other writers
 * are judged without themselves as well, so that a threshold can be chosen on them.
 */
export function judgeWithout(corpus: BrandCorpus, classifier: Classifier, writer: string): HeldOut[] {
  rememberOpinions(corpus.messages, writer)
  const decisions = decisionsOf(corpus, classifier)
  const fitted = fitWeights(decisions.filter(({ of }) => of.writer !== writer))
  const sure = ({ signs }: Decision) => certaintyBy(fitted, signs)
  const keyOf = (of: BrandMessage, registry: string) => `${registry} ${of.message.id}`
  const asked = new Map<string, Decision[]>()
  for (const decision of decisions) {
    const key = keyOf(decision.of, decision.registry)
    const known = asked.get(key)
    if (known) known.push(decision)
    else asked.set(key, [decision])
  }
  return (['filed', 'shipped'] as const).flatMap((registry) =>
    corpus.messages.map((of) => {
      const mine = asked.get(keyOf(of, registry)) ?? []
      const blocking = mine.filter(({ mayBlock }) => mayBlock)
      const certainty = Math.max(0, ...blocking.map(({ signs }) => certaintyBy(fitted, signsToBlock(signs))))
      return { of, registry, certainty, asked: mine, sure }
    }),
  )
}

/** Share of the forgeries that a higher threshold may cost. */
const COST = 0.0025
/** No threshold lies below. */
const EVEN = 0.5

/**
 * The threshold from which on to block, chosen on messages of whose words the second opinion knew nothing: e times the odds of the most certain
 * lawful one, at least 0.5, and from there on as high as it goes for a quarter of a percent of the forgeries.
 */
export function chooseBlockFrom(judged: readonly Pick<HeldOut, 'of' | 'certainty'>[]): number {
  const lawful = judged.filter(({ of }) => of.kind === 'lawful').map(({ certainty }) => certainty)
  const forged = judged.filter(({ of }) => of.kind !== 'lawful').map(({ certainty }) => certainty)
  const highest = Math.max(0, ...lawful)
  const odds = (Math.E * highest) / (1 - highest)
  const least = Math.max(EVEN, odds / (1 + odds))
  const blocked = forged.filter((certainty) => certainty >= least).sort((a, b) => a - b)
  const spared = Math.floor(COST * forged.length)
  return Math.max(least, blocked[spared] ?? least)
}
