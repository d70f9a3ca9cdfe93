import { cappedAction, type Finding, type Reason } from '../domain/decision.ts'
import type { Detected } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'

/** What follows from the findings on one message. */
export interface Decision {
  readonly message: AnalysedMessage
  /** Every code that applies, also with action `none` or in shadow. */
  readonly reasons: readonly Reason[]
  /** Reasons of the alert; without any there is none. */
  readonly enforced: readonly Reason[]
  /** Reasons of the shadow alert. */
  readonly shadow: readonly Reason[]
  /** Too old to block anybody: what would be enforced is in `shadow`. */
  readonly late: boolean
}

const NONE: readonly never[] = []

/** What the policy makes of every finding on a message. */
function reasonsOf(findings: readonly Finding[], message: AnalysedMessage, policy: Policy): Reason[] {
  return findings.map(({ code, score, evidence, cap }) => {
    const { action, mode, weight } = policy.codePolicy(code, message.ts, message.record.carrier)
    return {
      code,
      score,
      evidence,
      action: cappedAction(action, cap),
      mode: policy.mode === 'shadow' ? 'shadow' : mode,
      weight,
    }
  })
}

/**
 * Sorts the findings on a message into what is enforced and what is shadow. An alert comes from enforced reasons only;
 * blocked messages raise nothing, and messages older than `maxAge` (ms, 0: never) nothing but shadow. How old one is shows
 * since when its record lies in Kafka, at the clock `now`; a gateway that is slower than `maxAge` is as good as a replay.
 */
export function decide(
  { message, findings }: Detected,
  policy: Policy,
  { now, maxAge }: { readonly now: number; readonly maxAge: number },
): Decision {
  const late = maxAge > 0 && Math.max(now - message.receivedAt, message.receivedAt - message.ts) > maxAge
  if (findings.length === 0) return { message, reasons: NONE, enforced: NONE, shadow: NONE, late }
  const reasons = reasonsOf(findings, message, policy)
  const acting = message.record.blocked ? [] : reasons.filter((r) => r.action !== 'none')
  return {
    message,
    reasons,
    enforced: late ? [] : acting.filter((r) => r.mode === 'enforce'),
    shadow: late ? acting : acting.filter((r) => r.mode === 'shadow'),
    late,
  }
}
