import { type Matchable, targetsOf } from '../domain/allowance.ts'
import type { Code } from '../domain/codes.ts'
import type { Detected } from '../domain/detector.ts'
import type { Policy } from '../domain/policy.ts'

export interface Allowing {
  readonly size: number
  /** Tokens of a recipient under former keys, so that allowances and exemptions given under them still apply. */
  formerTokens(recipient: string): readonly string[]
  /** `targets`: targets of the message, including those under former tokens. */
  covers(message: Matchable, targets: readonly string[], code: Code, ts: number): boolean
}

/**
 * The findings of a message, where those exempted by the policy or allowed by an analyst lose their action: alerts and verdicts
 * still list them, but they raise no state.
 */
export function exempted(detected: Detected, policy: Policy, allowing: Allowing): Detected {
  const { message, findings } = detected
  if (findings.length === 0 || (!policy.hasExemptions && allowing.size === 0)) return detected
  const targets = targetsOf(message)
  for (const token of allowing.formerTokens(message.to)) targets.push(`recipient:${token}`)
  const isExempt = (code: Code) =>
    (policy.hasExemptions &&
      targets.some((target) => policy.exempt(target, code, message.ts, message.record.tenant))) ||
    allowing.covers(message, targets, code, message.ts)
  return {
    message,
    findings: findings.map((finding) => (isExempt(finding.code) ? { ...finding, cap: 'none' } : finding)),
  }
}
