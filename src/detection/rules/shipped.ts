import { RuleSet } from './rule-set.ts'
import { SHIPPED } from './shipped.generated.ts'

/** The rules that come with sigwatch. */
export const SHIPPED_RULES = new RuleSet(SHIPPED)
