import {
  type Action,
  cappedAction,
  type Finding,
  type Mode,
  type Reason,
  stronger,
  strongest,
  weaker,
} from '../domain/decision.ts'
import type { Detected, MessageContext } from '../domain/detector.ts'
import type { KnownTemplates } from '../domain/known-templates.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Notices } from '../domain/notices.ts'
import { isShadowed, type Policy, type QuietHours } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { MatchingState } from '../domain/state.ts'
import { MESSAGE_CODES } from './detectors/all.ts'
import type { MessageCode } from './detectors/code-spec.ts'
import { ownFindings } from './detectors/own-rules/findings.ts'
import { type Allowing, exempted } from './exempt.ts'

export interface JudgingVersions {
  readonly classifier: Pick<Classifier, 'thresholds'>
  readonly policy: Policy
  readonly registry: Registry
  /** Known notices of brands; absent: not compared. */
  readonly notices?: Notices
  /** Templates confirmed as fraud or illicit; absent: not compared. */
  readonly templates?: KnownTemplates
}

export interface KnownBefore extends Pick<MessageContext, 'consents' | 'askedBefore'> {
  readonly allowances: Allowing
  /** Inputs the message lacks: codes that need them are silent. Absent: none. */
  readonly lacks?: readonly ('sender' | 'time')[]
}

/** What is known of a message after counting, when states have been raised on the counts. */
export interface KnownAfter {
  readonly states: readonly MatchingState[]
  /** The time used to determine lateness, epoch ms. */
  readonly now: number
  /** Messages older than this are late, ms; 0: never. */
  readonly maxAge: number
}

export interface Knowledge extends KnownBefore, KnownAfter {}

/** Outcome of the findings on a message and the open states that match it. */
export interface Decision {
  readonly message: AnalysedMessage
  /** All codes that apply, including those with action `none` or in shadow. */
  readonly reasons: readonly Reason[]
  readonly enforced: readonly Reason[]
  readonly shadow: readonly Reason[]
  readonly states: readonly MatchingState[]
  /** The strongest action of enforced reasons and states; at most `observe` for a late message. */
  readonly action: Action
  /** Too old to be enforced: reasons that would be enforced are in `shadow`. */
  readonly late: boolean
}

export interface Judgement {
  /** Findings in the order of the codes. Exempted and allowed findings have the cap `none`. */
  readonly findings: readonly Finding[]
  readonly decision: Decision
}

const NONE: readonly never[] = []

/** Knowledge for a message of which only its own fields are known. */
export const NOTHING_KNOWN: Knowledge = {
  consents: undefined,
  askedBefore: undefined,
  allowances: { size: 0, formerTokens: () => NONE, covers: () => false },
  states: NONE,
  now: 0,
  maxAge: 0,
}

/**
 * Judges a message given what is known of it: the single way from a message to a decision. The pipeline runs the two steps,
 * `detect` and `decide`, separately, and counts findings and raises states in between.
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

/** Runs the detectors on a message. Exempted and allowed findings have the cap `none`. */
export function detect(
  message: AnalysedMessage,
  known: KnownBefore,
  versions: JudgingVersions,
  codes: readonly MessageCode[] = MESSAGE_CODES,
): Detected {
  const { allowances, lacks } = known
  const { policy } = versions
  const { codes: policies, quietHours } = policy.at(message.ts, message.record)
  const { own } = policy
  const context = contextOf(known, versions, quietHours)
  // Most messages have no finding. Lists are held for a whole batch, and a grown list keeps spare capacity.
  let found: readonly Finding[] = NONE
  for (const spec of codes) {
    if (lacks !== undefined && needsOneOf(spec, lacks)) continue
    const finding = spec.detect(message, context, policies[spec.code])
    if (finding) found = found.length === 0 ? [finding] : [...found, finding]
  }
  const ownFound = own ? ownFindings(message, context, policies) : NONE
  if (ownFound.length > 0) found = [...found, ...ownFound]
  return exempted({ message, findings: found }, policy, allowances)
}

let lastContext: MessageContext | undefined

/** Detector context of a message; reuses the previous one if nothing differs, as for most messages of a batch. */
function contextOf(
  { consents, askedBefore }: KnownBefore,
  { classifier, policy, registry, notices, templates }: JudgingVersions,
  quietHours: QuietHours,
): MessageContext {
  const { own } = policy
  const modelThresholds = classifier.thresholds
  const last = lastContext
  if (
    last?.registry === registry &&
    last.notices === notices &&
    last.templates === templates &&
    last.own === own &&
    last.modelThresholds === modelThresholds &&
    last.quietHours === quietHours &&
    last.consents === consents &&
    last.askedBefore === askedBefore
  )
    return last
  // A single literal: spreading into a new object costs several times as much.
  // biome-ignore format: as a list
  lastContext = { registry, notices, templates, own, modelThresholds, quietHours, consents, askedBefore }
  return lastContext
}

/** Separate function: a closure in the loop would be allocated for each code of each message. */
function needsOneOf({ needs }: MessageCode, lacks: NonNullable<KnownBefore['lacks']>): boolean {
  return lacks.some((one) => needs.includes(one))
}

/**
 * Splits the findings on a message into enforced and shadow. Alerts come from enforced reasons only. Blocked messages raise
 * nothing, and messages older than `maxAge` only shadow alerts. The age is the time since the record was written to Kafka, or the
 * time the gateway took to write it, if that is longer.
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
  const acting = message.record.blocked ? NONE : actingOf(reasons)
  return {
    message,
    reasons,
    enforced: late ? NONE : ofMode(acting, 'enforce'),
    shadow: late ? acting : ofMode(acting, 'shadow'),
    states,
    action: askedAction(reasons, states, late),
    late,
  }
}

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

function actingOf(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.some(({ action }) => action === 'none')
    ? reasons.filter(({ action }) => action !== 'none')
    : reasons
}

/** Usually all or none are enforced; no list is allocated then. */
function ofMode(reasons: readonly Reason[], mode: Mode): readonly Reason[] {
  let count = 0
  for (const reason of reasons) if (reason.mode === mode) count++
  if (count === 0) return NONE
  return count === reasons.length ? reasons : reasons.filter((reason) => reason.mode === mode)
}

/** The strongest action of the enforced reasons of a message and of the open states that match it. */
function askedAction(reasons: readonly Reason[], states: readonly MatchingState[], late: boolean): Action {
  const enforced = strongest(ofMode(reasons, 'enforce'))
  const asked = states.reduce((a, state) => stronger(a, state.action), enforced)
  return late ? weaker(asked, 'observe') : asked
}
