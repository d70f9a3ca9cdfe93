import type { Alert, Contacts, Provenance, ShownMessage, Verdict } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import {
  type Action,
  type Evidence,
  type Finding,
  type Mode,
  type Reason,
  type Severity,
  senderId,
  stronger,
} from '../domain/decision.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'

export const ALERT_SCHEMA = 'urn:sigwatch:schema:alert:1'

/** How long a message alert is valid after the message's own time, ms. */
const MESSAGE_VALIDITY = 15 * 60_000

/** An open enforced state that matches a message. */
export interface MatchingState {
  readonly id: string
  readonly action: Action
  readonly campaign?: string
}

export interface Decision {
  readonly alert?: Alert
  readonly shadowAlert?: Alert
  readonly verdicts: readonly Verdict[]
  readonly reasons: readonly Reason[]
}

export interface DecideOptions {
  readonly deployment: string
  /** `source` of events when it is not `/sigwatch/<deployment>`. */
  readonly source?: string
  /** Sentence and rule of a finding, in the configured language. */
  readonly describe: (finding: Finding) => { readonly detail: string; readonly rule?: string }
  readonly alertId: (messageId: string, mode: Mode) => string
  readonly show: (message: AnalysedMessage, action: Action) => ShownMessage
  readonly contacts: (message: AnalysedMessage, action: Action) => Contacts
  readonly showEvidence: (evidence: Evidence, action: Action, to: string) => Evidence
  /** Whether somebody reads shadow alerts, or verdicts: nothing is built that nobody reads. */
  readonly wants: { readonly shadowAlerts: boolean; readonly verdicts: boolean }
  /** Alerts for messages older than this are shadow with `late`, ms; 0: never. */
  readonly maxAge: number
}

export interface DecideContext {
  readonly policy: Policy
  readonly provenance: Omit<Provenance, 'topic' | 'partition' | 'offset'>
  /** Wall clock, epoch ms. */
  readonly now: number
  /** The rates of this message could not be counted. */
  readonly degraded: boolean
}

/** 1 − Π(1 − weight × score) */
export function combinedScore(
  reasons: readonly { readonly weight: number; readonly score: number }[],
): number {
  const rest = reasons.reduce((product, r) => product * (1 - r.weight * r.score), 1)
  return Math.round((1 - rest) * 1e4) / 1e4
}

export function severityOf(action: Action, score: number): Severity {
  if (action === 'block') return score >= 0.9 ? 'critical' : 'high'
  if (action === 'throttle') return 'high'
  return action === 'review' ? 'medium' : 'low'
}

/** The judgement of every finding on a message or its target. */
export function judge(
  findings: readonly Finding[],
  message: AnalysedMessage,
  context: DecideContext,
  options: DecideOptions,
): Reason[] {
  const { policy } = context
  const targets = [
    `port:${message.from}`,
    `sender:${senderId(message.signature?.name, message.from)}`,
    ...(message.signature ? [`signature:${message.signature.name}`] : []),
  ]
  return findings.map((finding) => {
    const { action, mode, weight } = policy.judge(finding.code, message.ts, message.record.carrier)
    const all = finding.domain === undefined ? targets : [...targets, `domain:${finding.domain}`]
    const exempt = all.some((target) => policy.exempt(target, finding.code, message.ts) !== undefined)
    return {
      code: finding.code,
      score: finding.score,
      evidence: finding.evidence,
      action: exempt ? 'none' : action,
      mode: policy.mode === 'shadow' ? 'shadow' : mode,
      weight,
      ...options.describe(finding),
    }
  })
}

function strongest(reasons: readonly Reason[]): Action {
  return reasons.reduce<Action>((action, reason) => stronger(action, reason.action), 'none')
}

/**
 * Turns the findings on one message into its alert, its shadow alert and the verdicts of its input records. An alert
 * comes from enforced reasons only; blocked and late messages block nobody (contract, section 3).
 */
export function createDecide(options: DecideOptions) {
  const source = options.source ?? `/sigwatch/${options.deployment}`

  function messageAlert(
    message: AnalysedMessage,
    reasons: readonly Reason[],
    mode: Mode,
    late: boolean,
    context: DecideContext,
  ): Alert {
    const action = strongest(reasons)
    const score = combinedScore(reasons)
    const time = new Date(message.ts).toISOString()
    return {
      specversion: '1.0',
      id: options.alertId(message.id, mode),
      source,
      time,
      type: 'sigwatch.alert.raised',
      subject: `message:${message.id}`,
      datacontenttype: 'application/json',
      dataschema: ALERT_SCHEMA,
      data: {
        action,
        mode,
        severity: severityOf(action, score),
        score,
        label: message.label,
        reasons: reasons.map((r) => ({
          code: r.code,
          score: r.score,
          action: r.action,
          detail: r.detail,
          ...(r.rule === undefined ? {} : { rule: r.rule }),
          evidence: options.showEvidence(r.evidence, action, message.to),
        })),
        target: { kind: 'message', id: message.id },
        message: options.show(message, action),
        contacts: options.contacts(message, action),
        ...(context.degraded ? { degraded: true } : {}),
        ...(late ? { late: true } : {}),
        validFrom: time,
        expiresAt: new Date(message.ts + MESSAGE_VALIDITY).toISOString(),
        provenance: { ...context.provenance, ...message.origins[0]!.position },
      },
    }
  }

  function verdicts(
    message: AnalysedMessage,
    reasons: readonly Reason[],
    states: readonly MatchingState[],
    context: DecideContext,
  ): Verdict[] {
    const enforced = reasons.filter((r) => r.mode === 'enforce')
    const action = states.reduce((a, state) => stronger(a, state.action), strongest(enforced))
    const campaign = states.find((state) => state.campaign !== undefined)?.campaign
    const common = {
      action: action === 'none' ? ('pass' as const) : action,
      label: message.label,
      score: combinedScore(reasons),
      reasons: [...new Set<Code>(reasons.map((r) => r.code))],
      states: states.map((state) => state.id),
      ...(campaign === undefined ? {} : { campaign }),
      ...(context.degraded ? { degraded: true as const } : {}),
      ...(message.partial ? { partial: true as const } : {}),
    }
    const decidedAt = new Date(context.now).toISOString()
    return message.origins.map((origin) => ({
      id: origin.id,
      ...common,
      ...(origin.ext ? { ext: origin.ext } : {}),
      decidedAt,
    }))
  }

  return function decide(
    message: AnalysedMessage,
    findings: readonly Finding[],
    states: readonly MatchingState[],
    context: DecideContext,
  ): Decision {
    const reasons = findings.length > 0 ? judge(findings, message, context, options) : []
    const acting = message.record.blocked ? [] : reasons.filter((r) => r.action !== 'none')
    const late = options.maxAge > 0 && context.now - message.ts > options.maxAge
    const enforced = late ? [] : acting.filter((r) => r.mode === 'enforce')
    const shadow = late ? acting : acting.filter((r) => r.mode === 'shadow')
    return {
      reasons,
      ...(enforced.length > 0 ? { alert: messageAlert(message, enforced, 'enforce', false, context) } : {}),
      ...(shadow.length > 0 && options.wants.shadowAlerts
        ? { shadowAlert: messageAlert(message, shadow, 'shadow', late, context) }
        : {}),
      verdicts: options.wants.verdicts ? verdicts(message, reasons, states, context) : [],
    }
  }
}
