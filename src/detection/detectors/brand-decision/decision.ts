import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Claim, Registry } from '../../../domain/registry.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import type { SignSet } from '../../rules/sign-set.ts'
import type { Traces } from '../shared/traces.ts'
import { furtherSigns } from './further-signs.ts'
import { type Sign, signsOf, signsToBlock } from './signs.ts'
import { BIAS, WEIGHTS } from './weights.ts'

export interface Weighed {
  /** Certainty that the message is forged, 0 to 1. */
  readonly certainty: number
  /** Certainty from the signs that justify a block, 0 to 1; compared with `blockFrom`. */
  readonly certaintyToBlock: number
  /** All signs of the message, strongest first. */
  readonly signs: readonly Sign[]
  /** These signs and all others used by rules. */
  readonly shown: SignSet
  readonly rules: RuleSet
}

/** Certainty below which all signs except the text count in favour of the message. */
const LOW = 0.1

/** Adds the signs that depend on the weighed certainty. */
export function shownAt(shown: SignSet, certainty: number, needed?: number): SignSet {
  const all = shown.copy()
  if (certainty < LOW) SHIPPED_RULES.add(all, 'weighed:low')
  if (needed !== undefined && certainty >= needed) SHIPPED_RULES.add(all, 'weighed:enough')
  return all
}

export function weigh(
  claim: Claim | undefined,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
  rules: RuleSet = SHIPPED_RULES,
): Weighed {
  const signs = signsOf(claim, traces, message, registry)
  const shown = rules.with(message.normalised.text, signs)
  for (const sign of furtherSigns(claim, traces, message, registry)) rules.add(shown, sign)
  return {
    certainty: certaintyOf(signs),
    certaintyToBlock: certaintyOf(signsToBlock(signs)),
    signs,
    shown,
    rules,
  }
}

function certaintyOf(signs: readonly Sign[]): number {
  return 1 / (1 + Math.exp(-signs.reduce((sum, sign) => sum + WEIGHTS[sign], BIAS)))
}
