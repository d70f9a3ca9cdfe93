import type { Code } from '../../../domain/codes.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import * as fields from '../evidence-fields.ts'
import type { Weighed } from './decision.ts'
import { SIGN_NAMES } from './signs.ts'

/** Chosen by `npm run bench -- brand-messages`: no lawful message of a writer who was left out reached it. */
export const BLOCK_FROM = {
  default: 0.86,
  unit: 'certainty',
  min: 0,
  max: 1,
  says: 'certainty of a forgery from which on the action may be block; below it is at most review',
}

/** How sure a copied notice is by itself: its words are those of a genuine one, so that what they weigh does not count. */
const COPIED = 0.95

/** What spoke for and against a forgery, in evidence. */
export const WEIGHED_FIELDS = {
  speaksFor: fields.list(
    fields.oneOf(SIGN_NAMES, 'a sign'),
    'signs that speak for a forgery, the strongest first',
  ),
  speaksAgainst: fields.list(
    fields.oneOf(SIGN_NAMES, 'a sign'),
    'signs that speak against it, the strongest first',
  ),
  neutral: fields.optional(
    fields.list(fields.oneOf(SIGN_NAMES, 'a sign'), 'signs that are there and count for nothing'),
  ),
  rules: fields.optional(
    fields.list(fields.text('the name of a rule'), 'rules that decided, of those in docs/signs.md'),
  ),
}

/** The same of one message. `rules`: the rules that decided. */
export function weighedEvidence(
  { speaksFor, speaksAgainst, neutral }: Weighed,
  rules: readonly (string | undefined)[],
) {
  const decided = rules.filter((rule) => rule !== undefined)
  return {
    speaksFor,
    speaksAgainst,
    ...(neutral.length > 0 ? { neutral } : {}),
    ...(decided.length > 0 ? { rules: decided } : {}),
  }
}

/** Whether a finding may block, and the rule that says so or says that it must not; none where it is not certain enough. */
export interface BlockDecision {
  readonly cap: { readonly cap?: 'review' }
  readonly rule: string | undefined
}

type ToBlock = Pick<Weighed, 'shown' | 'certaintyToBlock'> & Partial<Pick<Weighed, 'rules'>>

const REVIEW = { cap: 'review' } as const

/**
 * What the rules say of blocking by this code: the evidence may not be certain enough for what the policy asks
 * (`blockFrom`), no rule lets it block, or one says that it must not.
 */
export function blockDecision(
  code: Code,
  { shown, certaintyToBlock, rules = SHIPPED_RULES }: ToBlock,
  blockFrom: number,
): BlockDecision {
  const isCopy = SHIPPED_RULES.shows(shown, 'copied-notice')
  const certainty = isCopy ? Math.max(certaintyToBlock, COPIED) : certaintyToBlock
  if (certainty < blockFrom) return { cap: REVIEW, rule: undefined }
  const may = rules.first(code, 'may-block', shown)
  if (may === undefined) return { cap: REVIEW, rule: undefined }
  const not = rules.first(code, 'at-most-review', shown)
  return not === undefined ? { cap: {}, rule: may } : { cap: REVIEW, rule: not }
}
