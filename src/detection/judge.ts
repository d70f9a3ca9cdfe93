import {
  type Action,
  cappedAction,
  type Finding,
  type Reason,
  stronger,
  strongest,
  weaker,
} from '../domain/decision.ts'
import type { Detected, MessageContext } from '../domain/detector.ts'
import type { KnownTemplates } from '../domain/known-templates.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Notices } from '../domain/notices.ts'
import { isShadowed, type Policy } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { MatchingState } from '../domain/state.ts'
import { MESSAGE_CODES } from './detectors/all.ts'
import type { MessageCode } from './detectors/code-spec.ts'
import { ownFindings } from './detectors/own-rules/findings.ts'
import { type Allowing, exempted } from './exempt.ts'

/** The versions by which a message is judged. */
export interface JudgingVersions {
  readonly classifier: Pick<Classifier, 'thresholds'>
  readonly policy: Policy
  readonly registry: Registry
  /** What notices of brands look like; absent: nothing is compared with them. */
  readonly notices?: Notices
  /** What was confirmed as fraud or illicit; absent: nothing is compared with it. */
  readonly templates?: KnownTemplates
}

/** What is known of a message before it is counted. */
export interface KnownBefore extends Pick<MessageContext, 'consents' | 'askedBefore'> {
  /** What analysts' feedback allows. */
  readonly allowances: Allowing
  /** What the message does not say: codes that need it are silent. Absent: it says everything. */
  readonly lacks?: readonly ('sender' | 'time')[]
}

/** What is known of a message after it was counted, and after states were raised on the counts. */
export interface KnownAfter {
  /** Open enforced states that match the message. */
  readonly states: readonly MatchingState[]
  /** The clock by which the message is late, epoch ms. */
  readonly now: number
  /** Messages older than this are late, ms; 0: none is. */
  readonly maxAge: number
}

/** Everything that is known of a message and is not read from its text. */
export interface Knowledge extends KnownBefore, KnownAfter {}

/** What follows from the findings on one message and from the open states that match it. */
export interface Decision {
  readonly message: AnalysedMessage
  /** Every code that applies, also with action `none` or in shadow. */
  readonly reasons: readonly Reason[]
  /** Reasons of the alert; without any there is none. */
  readonly enforced: readonly Reason[]
  /** Reasons of the shadow alert. */
  readonly shadow: readonly Reason[]
  /** Open enforced states that match the message. */
  readonly states: readonly MatchingState[]
  /** The strongest action that enforced reasons and states ask for; of a late message `observe` at most. */
  readonly action: Action
  /** Too old to block anybody: what would be enforced is in `shadow`. */
  readonly late: boolean
}

export interface Judgement {
  /** What applies to the message, in the order of the codes. Exempted and allowed findings have the cap `none`. */
  readonly findings: readonly Finding[]
  readonly decision: Decision
}

const NONE: readonly never[] = []

/** Of a message of which nothing is known but what it says itself. */
export const NOTHING_KNOWN: Knowledge = {
  consents: undefined,
  askedBefore: undefined,
  allowances: { size: 0, formerTokens: () => NONE, covers: () => false },
  states: NONE,
  now: 0,
  maxAge: 0,
}

/**
 * Judges a message by what is known of it: the one way from a message to a decision. The pipeline takes its two steps,
 * `detect` and `decide`, one after the other, since between them it counts what was found and raises states on the counts.
 */
export function judge(
  message: AnalysedMessage,
  knowledge: Knowledge,
  versions: JudgingVersions,
  codes?: readonly MessageCode[],
): Judgement {
  const detected = detect(message, knowledge, versions, codes)
  return { findings: detected.findings, decision: decide(detected, knowledge, versions.policy) }
}

/** What the detectors find on a message. Exempted and allowed findings have the cap `none`. */
export function detect(
  message: AnalysedMessage,
  { consents, askedBefore, allowances, lacks }: KnownBefore,
  { classifier, policy, registry, notices, templates }: JudgingVersions,
  codes: readonly MessageCode[] = MESSAGE_CODES,
): Detected {
  const { codes: policies, quietHours } = policy.at(message.ts, message.record)
  const modelThresholds = classifier.thresholds
  const { own } = policy
  // One literal: what is spread into a new object costs several times as much.
  // biome-ignore format: as a list
  const context: MessageContext = { registry, notices, templates, own, modelThresholds, quietHours, consents, askedBefore }
  // Most messages have none, and those of a whole batch are held: a list that grew keeps room for more.
  let found: readonly Finding[] = NONE
  for (const spec of codes) {
    if (lacks?.some((one) => spec.needs.includes(one))) continue
    const finding = spec.detect(message, context, policies[spec.code])
    if (finding) found = found.length === 0 ? [finding] : [...found, finding]
  }
  if (own) found = [...found, ...ownFindings(message, context, policies)]
  return exempted({ message, findings: found }, policy, allowances)
}

/**
 * Sorts the findings on a message into what is enforced and what is shadow. An alert comes from enforced reasons only;
 * blocked messages raise nothing, and messages older than `maxAge` nothing but shadow. The age is the time since the record
 * was written to Kafka; a gateway that takes longer than `maxAge` to write it makes its messages late as well.
 */
export function decide(
  { message, findings }: Detected,
  { states, now, maxAge }: KnownAfter,
  policy: Policy,
): Decision {
  const late = maxAge > 0 && Math.max(now - message.receivedAt, message.receivedAt - message.ts) > maxAge
  if (findings.length === 0) {
    const action = states.length === 0 ? 'none' : askedAction(NONE, states, late)
    return { message, reasons: NONE, enforced: NONE, shadow: NONE, states, action, late }
  }
  const reasons = reasonsOf(findings, message, policy)
  const acting = message.record.blocked ? [] : reasons.filter((r) => r.action !== 'none')
  return {
    message,
    reasons,
    enforced: late ? [] : acting.filter((r) => r.mode === 'enforce'),
    shadow: late ? acting : acting.filter((r) => r.mode === 'shadow'),
    states,
    action: askedAction(reasons, states, late),
    late,
  }
}

/** What the policy makes of every finding on a message. */
function reasonsOf(findings: readonly Finding[], message: AnalysedMessage, policy: Policy): Reason[] {
  return findings.map(({ code, score, evidence, cap }) => {
    const { action, mode, weight } = policy.codePolicy(code, message.ts, message.record)
    return {
      code,
      score,
      evidence,
      action: cappedAction(action, cap),
      mode: isShadowed(policy, code) ? 'shadow' : mode,
      weight,
    }
  })
}

/** The strongest that the enforced reasons of a message and the open states that match it ask for. */
function askedAction(reasons: readonly Reason[], states: readonly MatchingState[], late: boolean): Action {
  const enforced = strongest(reasons.filter((r) => r.mode === 'enforce'))
  const asked = states.reduce((a, state) => stronger(a, state.action), enforced)
  return late ? weaker(asked, 'observe') : asked
}
