import { RuleSet } from './rule-set.ts'
import { SHIPPED } from './shipped.generated.ts'

export const SHIPPED_RULES = new RuleSet(SHIPPED)
