import type { Code } from '../../../domain/codes.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import * as fields from '../evidence-fields.ts'
import type { Weighed } from './decision.ts'
import { SIGN_NAMES } from './signs.ts'

/** Chosen by `npm run bench -- brand-messages`: no lawful message of a writer who was left out reached it. */
export const BLOCK_FROM = {
  default: 0.84,
  unit: 'certainty',
  min: 0,
  max: 1,
  says: 'certainty of a forgery from which on the action may be block; below it is at most review',
}

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
}

/** The same of one message. */
export function weighedEvidence({ speaksFor, speaksAgainst, neutral }: Weighed) {
  return { speaksFor, speaksAgainst, ...(neutral.length > 0 ? { neutral } : {}) }
}

/**
 * The cap on a finding of this code: the evidence may not be certain enough for what the policy asks (`blockFrom`), no
 * rule lets it block, or one says that it must not.
 */
export function capOf(
  code: Code,
  { shown, certaintyToBlock }: Pick<Weighed, 'shown' | 'certaintyToBlock'>,
  blockFrom: number,
): { readonly cap?: 'review' } {
  const mayBlock =
    certaintyToBlock >= blockFrom &&
    SHIPPED_RULES.first(code, 'may-block', shown) !== undefined &&
    SHIPPED_RULES.first(code, 'at-most-review', shown) === undefined
  return mayBlock ? {} : { cap: 'review' }
}
