import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Claim, Registry } from '../../../domain/registry.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import type { SignSet } from '../../rules/sign-set.ts'
import type { Traces } from '../shared/traces.ts'
import { furtherSigns } from './further-signs.ts'
import { type Sign, signsOf, signsToBlock } from './signs.ts'
import { BIAS, WEIGHTS } from './weights.ts'

/** How the signs of a message were weighed. */
export interface Weighed {
  /** How sure it is that the message is forged, 0 to 1. */
  readonly certainty: number
  /** The same by the signs that bear out a block, 0 to 1: what `blockFrom` is compared with. */
  readonly certaintyToBlock: number
  /** All signs of the message, the strongest first. */
  readonly signs: readonly Sign[]
  /** Those that speak for a forgery and against it, in the same order. */
  readonly speaksFor: readonly Sign[]
  readonly speaksAgainst: readonly Sign[]
  /** Signs that are there and count for nothing. */
  readonly neutral: readonly Sign[]
  /** The signs with all others that rules ask for. */
  readonly shown: SignSet
  /** The rules that decide about them. */
  readonly rules: RuleSet
}

/** Below that all signs but the text speak for a message. */
const LOW = 0.1

/** What a message shows when its signs make it so certain: the signs that are known only after weighing are added. */
export function shownAt(shown: SignSet, certainty: number, needed?: number): SignSet {
  const all = shown.copy()
  if (certainty < LOW) SHIPPED_RULES.add(all, 'weighed:low')
  if (needed !== undefined && certainty >= needed) SHIPPED_RULES.add(all, 'weighed:enough')
  return all
}

/** Weighs the signs of a message, and of the brand that it claims. */
export function weigh(
  claim: Claim | undefined,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
  rules: RuleSet = SHIPPED_RULES,
): Weighed {
  const signs = signsOf(claim, traces, message, registry)
  const sorted = signs.toSorted((a, b) => Math.abs(WEIGHTS[b]) - Math.abs(WEIGHTS[a]))
  return {
    certainty: certaintyOf(signs),
    certaintyToBlock: certaintyOf(signsToBlock(signs)),
    signs: sorted,
    speaksFor: sorted.filter((sign) => WEIGHTS[sign] > 0),
    speaksAgainst: sorted.filter((sign) => WEIGHTS[sign] < 0),
    neutral: sorted.filter((sign) => WEIGHTS[sign] === 0),
    shown: rules.with(message.normalised.text, [...signs, ...furtherSigns(claim, traces, message, registry)]),
    rules,
  }
}

function certaintyOf(signs: readonly Sign[]): number {
  return 1 / (1 + Math.exp(-signs.reduce((sum, sign) => sum + WEIGHTS[sign], BIAS)))
}
