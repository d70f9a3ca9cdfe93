// Policies and own rules for tests: from a text, or the policy without its problems.
import { type OwnRulesReading, rulesOf } from '../../src/detection/detectors/own-rules/read.ts'
import { combinePolicy, type PolicyReading, readPolicy } from '../../src/detection/policy/load.ts'
import { InvalidInput } from '../../src/domain/errors.ts'
import type { OwnRules, Policy } from '../../src/domain/policy.ts'
import { parseOperatorText } from '../../src/settings/files/operator-file.ts'

/** Like `readPolicy` for a given text; `name` is used for the file in problems. */
export function parsePolicy(name: string, text: string, rules?: OwnRules): PolicyReading {
  const { document, problems } = parseOperatorText(name, text)
  return document ? combinePolicy(document, rules) : { problems, own: {} }
}

/** Loads the policy; throws InvalidInput with all problems. */
export function loadPolicy(file?: string, rules?: OwnRules): Policy {
  const { policy, problems } = readPolicy(file, rules)
  if (!policy) throw new InvalidInput('POLICY_INVALID', problems)
  return policy
}

/** Like `readOwnRules` for a given text; `name` is used for the file in problems. */
export function parseOwnRules(name: string, text: string): OwnRulesReading {
  const { document, problems } = parseOperatorText(name, text)
  return document ? rulesOf(document) : { problems, own: {} }
}
