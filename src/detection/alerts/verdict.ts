import type { ExplainedFinding, Verdict } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import type { Reason } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Decision } from '../judge.ts'
import { combinedScore } from './alert-options.ts'
import { contactsInClear, partsOf, type SenderContacts, showEvidence } from './show.ts'

export interface VerdictContext {
  /** Wall clock, epoch ms. */
  readonly now: number
  /** Id of the text model that labelled the message. */
  readonly model: string
  readonly degraded: boolean
}

export interface VerdictOptions {
  /** Adds `findings`, the evidence of the reasons. */
  readonly explain: boolean
  readonly senderContacts: SenderContacts
}

const NONE: readonly never[] = []

/** Cached, as the clock changes only once per batch. */
const lastTime = { ms: 0, iso: new Date(0).toISOString() }

function isoOf(ms: number): string {
  if (lastTime.ms !== ms) {
    lastTime.iso = new Date(ms).toISOString()
    lastTime.ms = ms
  }
  return lastTime.iso
}

/** One verdict per input record of a message: each part of a joined message gets the verdict of the whole. */
export function verdictsOf(
  decision: Decision,
  { now, model, degraded }: VerdictContext,
  { explain, senderContacts }: VerdictOptions,
): Verdict[] {
  const decidedAt = isoOf(now)
  const { message, reasons, states, late } = decision
  // Fast path without lists: nothing applies to most messages.
  const isBare = reasons.length + states.length === 0 && !explain && !degraded && !late
  if (isBare && !isJoined(message) && message.record.tenant === undefined)
    return bareVerdicts(message, model, decidedAt)
  return fullVerdicts(decision, { model, decidedAt, degraded, explain, senderContacts })
}

/** The model's score of the label, rounded to thousandths, enough for a histogram. */
function modelScoreOf({ scores, label }: AnalysedMessage): number {
  return Math.round(scores[label] * 1000) / 1000
}

/** Whether the message has, or should have, several parts. */
function isJoined({ partial, origins }: AnalysedMessage): boolean {
  return partial || origins.length > 1
}

/** Verdicts of a message without reasons or states. */
function bareVerdicts(message: AnalysedMessage, model: string, decidedAt: string): Verdict[] {
  const { label, origins } = message
  const modelScore = modelScoreOf(message)
  const verdicts = new Array<Verdict>(origins.length)
  for (let i = 0; i < origins.length; i++) {
    const { id, ext } = origins[i]!
    verdicts[i] = ext
      ? {
          id,
          action: 'pass',
          label,
          score: 0,
          model,
          modelScore,
          reasons: NONE,
          states: NONE,
          ext,
          decidedAt,
        }
      : { id, action: 'pass', label, score: 0, model, modelScore, reasons: NONE, states: NONE, decidedAt }
  }
  return verdicts
}

interface FullContext extends Omit<VerdictContext, 'now'>, VerdictOptions {
  readonly decidedAt: string
}

function fullVerdicts(
  { message, reasons, states, action, late }: Decision,
  { model, decidedAt, degraded, explain, senderContacts }: FullContext,
): Verdict[] {
  const campaign = states.find((state) => state.campaign !== undefined)?.campaign
  const common = {
    action: action === 'none' ? ('pass' as const) : action,
    label: message.label,
    score: combinedScore(reasons),
    model,
    modelScore: modelScoreOf(message),
    reasons: [...new Set<Code>(reasons.map((r) => r.code))],
    ...(explain
      ? { findings: findingsShown(message, reasons, contactsInClear(action, senderContacts)) }
      : {}),
    states: states.map((state) => state.id),
    ...(campaign === undefined ? {} : { campaign }),
    ...(degraded ? { degraded: true as const } : {}),
    ...(late ? { late: true as const } : {}),
    ...(message.partial ? { partial: true as const } : {}),
    ...partsOf(message),
    ...given({ tenant: message.record.tenant }),
  }
  return message.origins.map((origin) => ({
    id: origin.id,
    ...common,
    ...(origin.ext ? { ext: origin.ext } : {}),
    decidedAt,
  }))
}

/** Strings that need no escaping in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Serialises a verdict exactly as `JSON.stringify` does; verdicts without rare fields take a faster path. */
export function verdictJson(verdict: Verdict): string {
  const { id, action, label, score, model = '', modelScore, reasons, states, decidedAt } = verdict
  const isPlain =
    modelScore !== undefined &&
    PLAIN.test(id) &&
    PLAIN.test(model) &&
    states.every((state) => PLAIN.test(state))
  const isRare =
    verdict.findings ||
    verdict.campaign ||
    verdict.degraded ||
    verdict.late ||
    verdict.partial ||
    verdict.parts ||
    verdict.tenant
  if (!isPlain || isRare || verdict.ext) return JSON.stringify(verdict)
  return `{"id":"${id}","action":"${action}","label":"${label}","score":${score},"model":"${model}","modelScore":${modelScore},"reasons":${listJson(reasons)},"states":${listJson(states)},"decidedAt":"${decidedAt}"}`
}

/** Serialises a list of strings that need no escaping. */
function listJson(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `["${items.join('","')}"]`
}

function findingsShown(
  { to }: AnalysedMessage,
  reasons: readonly Reason[],
  clear: boolean,
): ExplainedFinding[] {
  return reasons.map(({ code, score, evidence }) => ({
    code,
    score,
    evidence: showEvidence(evidence, clear, to),
  }))
}
