import type { ExplainedFinding, Verdict } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import type { Reason } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { LABELS, type Label } from '../../domain/labels.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { OutputRecord } from '../../domain/ports.ts'
import type { MatchingState } from '../../domain/state.ts'
import type { Decision } from '../judge.ts'
import { combinedScore } from './alert-options.ts'
import { contactsInClear, partsOf, type SenderContacts, showEvidence } from './show.ts'

export interface VerdictContext {
  /** Wall clock, epoch ms. */
  readonly now: number
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

/**
 * The output records of the verdicts of a decision. Most decisions find nothing, and the verdict is written without building it
 * first.
 */
export function verdictRecords(
  decision: Decision,
  context: VerdictContext,
  options: VerdictOptions,
): readonly OutputRecord[] {
  const origin = decision.message.position
  if (isPlain(decision, context, options.explain) && isBare(decision, context.model)) {
    const { message } = decision
    const { id } = message.origins[0]!
    const value = bareJson(id, message.label, modelScoreOf(message), context.model, isoOf(context.now))
    return [{ channel: 'verdicts', key: id, value, origin }]
  }
  return verdictsOf(decision, context, options).map((verdict) => ({
    channel: 'verdicts',
    key: verdict.id,
    value: verdictJson(verdict),
    origin,
  }))
}

/** Whether nothing was found and no rare field is set, so that only the id, the label and its score differ between verdicts. */
function isBare({ message, reasons, states }: Decision, model: string): boolean {
  if (reasons.length + states.length > 0) return false
  const { id, ext } = message.origins[0]!
  return !ext && PLAIN.test(id) && PLAIN.test(model)
}

/** One verdict per input record of a message: each part of a joined message gets the verdict of the whole. */
export function verdictsOf(
  decision: Decision,
  context: VerdictContext,
  { explain, senderContacts }: VerdictOptions,
): Verdict[] {
  const { model, degraded } = context
  const decidedAt = isoOf(context.now)
  return isPlain(decision, context, explain)
    ? [plainVerdict(decision, model, decidedAt)]
    : fullVerdicts(decision, { model, decidedAt, degraded, explain, senderContacts })
}

/** Whether the verdict is of one record and has no rare fields. */
function isPlain(
  { message, states, late }: Decision,
  { degraded }: VerdictContext,
  explain: boolean,
): boolean {
  if (explain || degraded || late || message.record.tenant !== undefined) return false
  return !isJoined(message) && campaignOf(states) === undefined
}

/** The model's score of the label, rounded to thousandths, enough for a histogram. */
function modelScoreOf({ scores, label }: AnalysedMessage): number {
  return Math.round(scores[label] * 1000) / 1000
}

function isJoined({ partial, origins }: AnalysedMessage): boolean {
  return partial || origins.length > 1
}

/** Fast path for a message of one record without rare fields: a single literal and no empty lists. */
function plainVerdict(
  { message, reasons: found, states: open, action: asked }: Decision,
  model: string,
  decidedAt: string,
): Verdict {
  const { label } = message
  const { id, ext } = message.origins[0]!
  const action = asked === 'none' ? 'pass' : asked
  const score = found.length === 0 ? 0 : combinedScore(found)
  const modelScore = modelScoreOf(message)
  const reasons = codesOf(found)
  const states = open.length === 0 ? NONE : open.map((state) => state.id)
  return ext
    ? { id, action, label, score, model, modelScore, reasons, states, ext, decidedAt }
    : { id, action, label, score, model, modelScore, reasons, states, decidedAt }
}

/** Distinct codes of the reasons: several rules of an operator may share a code. */
function codesOf(reasons: readonly Reason[]): readonly Code[] {
  if (reasons.length === 0) return NONE
  if (reasons.length === 1) return [reasons[0]!.code]
  const codes: Code[] = []
  for (const { code } of reasons) if (!codes.includes(code)) codes.push(code)
  return codes
}

function campaignOf(states: readonly MatchingState[]): string | undefined {
  for (const { campaign } of states) if (campaign !== undefined) return campaign
  return undefined
}

interface FullContext extends Omit<VerdictContext, 'now'>, VerdictOptions {
  readonly decidedAt: string
}

function fullVerdicts(
  { message, reasons, states, action, late }: Decision,
  { model, decidedAt, degraded, explain, senderContacts }: FullContext,
): Verdict[] {
  const campaign = campaignOf(states)
  const common = {
    action: action === 'none' ? ('pass' as const) : action,
    label: message.label,
    score: combinedScore(reasons),
    model,
    modelScore: modelScoreOf(message),
    reasons: codesOf(reasons),
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
  const isPlain = modelScore !== undefined && PLAIN.test(id) && PLAIN.test(model) && areAllPlain(states)
  const isRare =
    verdict.findings ||
    verdict.campaign ||
    verdict.degraded ||
    verdict.late ||
    verdict.partial ||
    verdict.parts ||
    verdict.tenant
  if (!isPlain || isRare || verdict.ext) return JSON.stringify(verdict)
  if (action === 'pass' && score === 0 && reasons.length + states.length === 0)
    return bareJson(id, label, modelScore, model, decidedAt)
  return `{"id":"${id}","action":"${action}","label":"${label}","score":${score},"model":"${model}","modelScore":${modelScore},"reasons":${listJson(reasons)},"states":${listJson(states)},"decidedAt":"${decidedAt}"}`
}

function bareJson(id: string, label: Label, modelScore: number, model: string, decidedAt: string): string {
  const { heads, end } = partsOfBare(model, decidedAt)
  return `{"id":"${id}${heads[label]}${modelScore}${end}`
}

/** Parts shared by the JSON of verdicts without reasons and states, because each concatenation allocates as much as an object. */
let bare = { model: '', decidedAt: '', heads: {} as Readonly<Record<Label, string>>, end: '' }

function partsOfBare(model: string, decidedAt: string) {
  if (bare.model === model && bare.decidedAt === decidedAt) return bare
  const heads = Object.fromEntries(
    LABELS.map((label) => [
      label,
      `","action":"pass","label":"${label}","score":0,"model":"${model}","modelScore":`,
    ]),
  ) as Record<Label, string>
  bare = { model, decidedAt, heads, end: `,"reasons":[],"states":[],"decidedAt":"${decidedAt}"}` }
  return bare
}

function areAllPlain(strings: readonly string[]): boolean {
  for (const one of strings) if (!PLAIN.test(one)) return false
  return true
}

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
