import type { Code } from '../../../domain/codes.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import * as fields from '../evidence-fields.ts'
import type { Weighed } from './decision.ts'
import { SIGN_NAMES } from './signs.ts'
import { WEIGHTS } from './weights.ts'

/** Chosen by `npm run bench -- brand-messages`: no lawful message of a writer who was left out reached it. */
export const BLOCK_FROM = {
  default: 0.86,
  unit: 'certainty',
  min: 0,
  max: 1,
  says: 'certainty from which the action may be `block`; below, at most `review`',
}

/** Signs that are certain by themselves, whatever the weight of the wording: that of a copy is the wording of a genuine notice. */
const CERTAIN = ['copied-notice', 'plain-impostor']
export const CERTAINTY = 0.95

export const WEIGHED_FIELDS = {
  speaksFor: fields.list(
    fields.oneOf(SIGN_NAMES, 'a sign'),
    'signs that speak for a forgery, the strongest first',
  ),
  speaksAgainst: fields.list(
    fields.oneOf(SIGN_NAMES, 'a sign'),
    'signs that speak against it, the strongest first',
  ),
  neutral: fields.optional(fields.list(fields.oneOf(SIGN_NAMES, 'a sign'), 'signs with weight 0')),
  rules: fields.optional(
    fields.list(fields.text('the name of a rule'), 'rules that decided, of docs/signs.md'),
  ),
}

/** These fields for one message. `rules`: the rules that decided. */
export function weighedEvidence({ signs }: Weighed, rules: readonly (string | undefined)[]) {
  const sorted = signs.toSorted((a, b) => Math.abs(WEIGHTS[b]) - Math.abs(WEIGHTS[a]))
  const neutral = sorted.filter((sign) => WEIGHTS[sign] === 0)
  const decided = rules.filter((rule) => rule !== undefined)
  return {
    speaksFor: sorted.filter((sign) => WEIGHTS[sign] > 0),
    speaksAgainst: sorted.filter((sign) => WEIGHTS[sign] < 0),
    ...(neutral.length > 0 ? { neutral } : {}),
    ...(decided.length > 0 ? { rules: decided } : {}),
  }
}

/** Whether a finding may block, and the rule that allows or forbids it; no rule if the certainty is too low. */
export interface BlockDecision {
  readonly cap: { readonly cap?: 'review' }
  readonly rule: string | undefined
}

type ToBlock = Pick<Weighed, 'shown' | 'certaintyToBlock'> & Partial<Pick<Weighed, 'rules'>>

const REVIEW = { cap: 'review' } as const

/**
 * Decides whether a finding of this code may block: the certainty must reach `blockFrom`, a rule must allow it and none forbid
 * it.
 */
export function blockDecision(
  code: Code,
  { shown, certaintyToBlock, rules = SHIPPED_RULES }: ToBlock,
  blockFrom: number,
): BlockDecision {
  const isPlain = CERTAIN.some((sign) => SHIPPED_RULES.shows(shown, sign))
  const certainty = isPlain ? Math.max(certaintyToBlock, CERTAINTY) : certaintyToBlock
  if (certainty < blockFrom) return { cap: REVIEW, rule: undefined }
  const may = rules.first(code, 'may-block', shown)
  if (may === undefined) return { cap: REVIEW, rule: undefined }
  const not = rules.first(code, 'at-most-review', shown)
  return not === undefined ? { cap: {}, rule: may } : { cap: REVIEW, rule: not }
}
