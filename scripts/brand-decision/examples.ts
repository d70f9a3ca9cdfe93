import { claimOf } from '../../src/detection/detectors/brand-decision/claimed-brands.ts'
import { type Weighed, weigh } from '../../src/detection/detectors/brand-decision/decision.ts'
import { SIGN_NAMES, type Sign } from '../../src/detection/detectors/brand-decision/signs.ts'
import type { MessageCode } from '../../src/detection/detectors/code-spec.ts'
import { forgedBrand, plainForgery } from '../../src/detection/detectors/forged-brand.ts'
import { lookalikeDomain } from '../../src/detection/detectors/lookalike-domain.ts'
import { lookalikeSignature } from '../../src/detection/detectors/lookalike-signature.ts'
import { tracesOf } from '../../src/detection/detectors/shared/traces.ts'
import { textFraud } from '../../src/detection/detectors/text-fraud.ts'
import { textIllicit } from '../../src/detection/detectors/text-illicit.ts'
import { detect, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import type { SignSet } from '../../src/detection/rules/sign-set.ts'
import type { Code } from '../../src/domain/codes.ts'
import type { Evidence } from '../../src/domain/decision.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import type { Registry } from '../../src/domain/registry.ts'
import { parsePolicy } from '../../test/helpers/policies.ts'
import type { BrandCorpus, BrandMessage } from './corpus.ts'
import { type Example, type Fitted, fitLogistic, sigmoid } from './regression.ts'

/** One decision that a detector asks for about a message of the corpus, under one registry. */
export interface Decision {
  readonly of: BrandMessage
  /** `anonymous`: the shipped list, and nothing known of the sender. */
  readonly registry: 'filed' | 'shipped' | 'anonymous'
  readonly code: Code
  readonly signs: readonly Sign[]
  /** A brand code that may block, were it certain enough. */
  readonly mayBlock: boolean
  /** Reported whatever the weights. */
  readonly plain: boolean
  /** What rules are asked about. */
  readonly shown: SignSet
}

const WEIGHING: readonly MessageCode[] = [
  forgedBrand,
  lookalikeSignature,
  lookalikeDomain,
  textFraud,
  textIllicit,
]
/** Every claim and every text is reported, however uncertain. */
const { policy: REPORTING } = parsePolicy(
  '',
  `codes:
  FORGED_BRAND: {thresholds: {minScore: 0, blockFrom: 0}}
  LOOKALIKE_SIGNATURE: {thresholds: {blockFrom: 0}}
  LOOKALIKE_DOMAIN: {thresholds: {blockFrom: 0}}
  TEXT_FRAUD: {thresholds: {minCertainty: 0}}
  TEXT_ILLICIT: {thresholds: {minCertainty: 0}}`,
)

/** Ridge on each weight: a sign that few messages have keeps near 0. */
const RIDGE = 1

/** What detectors weigh of the corpus, under the shipped list alone and with every lawful signature filed. */
export function decisionsOf(corpus: BrandCorpus, classifier: Classifier): Decision[] {
  return (['filed', 'shipped', 'anonymous'] as const).flatMap((registry) =>
    corpus.messages.flatMap((of) => {
      const known = registry === 'anonymous' ? corpus.shipped : corpus[registry]
      const message = registry === 'anonymous' ? { ...of.message, from: '' } : of.message
      const versions = { classifier, policy: REPORTING!, registry: known }
      return detect(message, NOTHING_KNOWN, versions, WEIGHING)
        .findings.filter(({ evidence }) => evidence.speaksFor !== undefined)
        .map(({ code, evidence, cap }) => {
          const weighed = weighedOf(message, known)
          return {
            of,
            registry,
            code,
            signs: signsIn(evidence),
            mayBlock: cap === undefined && !code.startsWith('TEXT_'),
            plain: code === 'FORGED_BRAND' && plainForgery(weighed) !== undefined,
            shown: weighed.shown,
          }
        })
    }),
  )
}

function weighedOf(message: AnalysedMessage, registry: Registry): Weighed {
  const claim = claimOf(message, registry)
  return weigh(claim, tracesOf(claim?.brand, message, registry), message, registry)
}

/** The signs that the evidence of a finding lists, in the order of their names. */
function signsIn({ speaksFor, speaksAgainst, neutral = [] }: Evidence): readonly Sign[] {
  const there = new Set([speaksFor, speaksAgainst, neutral].flatMap((signs) => signs as readonly Sign[]))
  return SIGN_NAMES.filter((sign) => there.has(sign))
}

const COLUMN = new Map(SIGN_NAMES.map((sign, index) => [sign, index]))
const columnsOf = (signs: readonly Sign[]) => signs.map((sign) => COLUMN.get(sign)!)

/** Fits the weights of the signs on these decisions. */
export function fitWeights(decisions: readonly Decision[]): Fitted {
  const seen = new Map<BrandMessage, Set<string>>()
  const examples: Example[] = []
  for (const { signs, of, registry } of decisions) {
    // Several codes may ask for the same decision.
    const asked = seen.get(of) ?? new Set()
    const key = [registry, ...signs].join(' ')
    if (asked.has(key)) continue
    seen.set(of, asked.add(key))
    examples.push({ columns: columnsOf(signs), positive: of.kind !== 'lawful', weight: 1 })
  }
  return fitInMeaning(examples)
}

/** Signs of one opinion, from the least sure to the surest. */
const SCALES = ['text:', 'wording:'].map((kind) =>
  SIGN_NAMES.flatMap((sign, column) => (sign.startsWith(kind) && sign.includes('%') ? [column] : [])),
)

/**
 * Fits until every weight says what its sign means: a weight on the wrong side comes from signs that go together, and would
 * tell an analyst that a foreign link speaks for a message. Such a sign counts for nothing. Two steps of an opinion of which
 * the surer would say less count alike.
 */
function fitInMeaning(examples: readonly Example[]): Fitted {
  const silent = new Set<number>()
  /** By column, which column it counts as. */
  const as = SIGN_NAMES.map((_, column) => column)
  for (;;) {
    const left = examples.map((one) => ({
      ...one,
      columns: one.columns.filter((c) => !silent.has(c)).map((c) => as[c]!),
    }))
    const { bias, weights } = fitLogistic(left, SIGN_NAMES.length, RIDGE)
    const fitted = { bias, weights: as.map((column) => weights[column]!) }
    const wrong = SIGN_NAMES.flatMap((sign, column) =>
      fitted.weights[column]! * meaningOf(sign) < -1e-6 ? [column] : [],
    )
    for (const column of wrong) silent.add(column)
    const isTied = tieFalling(fitted.weights, as)
    if (wrong.length === 0 && !isTied) return fitted
  }
}

/** Lets steps count alike whose weights fall where they should rise. Returns whether there were any. */
function tieFalling(weights: readonly number[], as: number[]): boolean {
  let isTied = false
  for (const scale of SCALES)
    for (let i = 1; i < scale.length; i++) {
      const [less, more] = [scale[i - 1]!, scale[i]!]
      if (weights[more]! >= weights[less]! - 1e-6) continue
      const [from, to] = [as[more]!, as[less]!]
      for (const column of scale) if (as[column] === from) as[column] = to
      isTied = true
    }
  return isTied
}

const FOR =
  /^(?:claim:imitation|sender:(?:foreign-port|mobile|overseas)|signed:anybody|link:(?:foreign|cheap|imitates|disguised)|contact:(?:handle|overseas|spaced|account)|asks:|words:(?:lure|pressure|disguised))/
const AGAINST =
  /^(?:sender:(?:own|filed|official)|signed:public|link:(?:own|official)|contact:official|leads:nowhere|words:(?:errand|warning|opt-out|one-time-password)|text:personal)/

/** 1: can only speak for a forgery; -1: only against one; 0: either. */
function meaningOf(sign: Sign): number {
  return FOR.test(sign) ? 1 : AGAINST.test(sign) ? -1 : 0
}

/** How sure these weights are that a message with these signs is forged, 0 to 1. */
export function certaintyBy({ bias, weights }: Fitted, signs: readonly Sign[]): number {
  return sigmoid(columnsOf(signs).reduce((sum, column) => sum + weights[column]!, bias))
}
