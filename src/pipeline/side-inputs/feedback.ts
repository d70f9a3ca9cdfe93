import { CODES_OF_STATES, speaksOf } from '../../detection/detectors/all.ts'
import type { AlertedMessage, Allowance } from '../../domain/allowance.ts'
import { CODE_NAMES, type Code } from '../../domain/codes.ts'
import type { Emit, FeedbackSubject } from '../../domain/events.ts'
import { isHash, stateId } from '../../domain/hash.ts'
import type { StateRecord, StateStore } from '../../domain/state-store.ts'
import { allowanceOf } from '../../stores/states/allowances.ts'
import type { StateManager } from '../../stores/states/manager.ts'
import { redactText } from '../../text/redact.ts'
import type { Feedback } from './rows.ts'

export interface FeedbackParts {
  readonly states: Pick<StateManager, 'release' | 'open' | 'allowances'>
  readonly store: Pick<StateStore, 'get' | 'alerted'>
  readonly deployment: string
  readonly emit: Emit
  /**
   * The row was said before this instance began, and the store may have lost what it speaks of since: it is no reason to
   * refuse it.
   */
  readonly isOfBefore?: boolean
}

/** What a row speaks of. */
interface Subject {
  readonly names: FeedbackSubject
  readonly codes: readonly Code[]
  /** Those that it releases. */
  readonly states: readonly StateRecord[]
  /** States that may not have risen yet. */
  readonly beforehand: readonly string[]
  /** What is allowed with it. */
  readonly allowed: readonly Omit<Allowance, 'id' | 'until'>[]
}

/** Why a row is refused. */
class Refusal extends Error {}

/**
 * Lets an analyst's feedback take effect: releases states and keeps them down until its time, and allows what they were
 * raised for. Feedback on what is not known is refused, with the reason. Rejects with a retryable error when the store
 * cannot be reached; applied again it changes nothing.
 */
export async function applyFeedback(row: Feedback, parts: FeedbackParts): Promise<void> {
  const { verdict, by, note, until, ts } = row
  const names = row.stateId !== undefined ? 'state' : row.messageId !== undefined ? 'message' : 'target'
  let subject: Subject
  try {
    subject = await subjectOf(row, parts)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    parts.emit({ name: 'feedback_refused', verdict, by, names, reason: error.message })
    return
  }
  const shown = note === undefined ? {} : { note: redactText(note) }
  const feedback = { by, until, ...(note === undefined ? {} : { note }) }
  let released = 0
  if (verdict !== 'confirmed') {
    for (const { id } of subject.states) if (await parts.states.release(id, ts, feedback)) released++
    // What was raised for a state that is not known any more is allowed once its signal tells what that is.
    const how = verdict === 'false_positive' && subject.names === 'state' ? 'allowed' : 'silent'
    for (const id of subject.beforehand) await parts.states.release(id, ts, feedback, how)
  }
  if (verdict === 'false_positive' || verdict === 'exempt') {
    for (const { codes, of } of subject.allowed)
      await parts.states.allowances.add(allowanceOf(codes, of, until))
  }
  parts.emit({
    name: 'feedback_applied',
    verdict,
    by,
    ...shown,
    names,
    codes: subject.codes,
    states: released,
    until: new Date(until).toISOString(),
  })
}

function subjectOf(row: Feedback, parts: FeedbackParts): Promise<Subject> {
  if (row.stateId !== undefined) return ofState(row.stateId, row, parts)
  return row.messageId === undefined ? ofTarget(row, parts) : ofMessage(row.messageId, row, parts)
}

async function ofState(
  id: string,
  { codes }: Feedback,
  { store, isOfBefore }: FeedbackParts,
): Promise<Subject> {
  // What is no id, a number by mistake, is asked for nowhere.
  const [state] = isHash(id) ? await store.get([id]) : []
  if (!state && isOfBefore && isHash(id))
    return { names: 'state', codes: codes ?? [], states: [], beforehand: [id], allowed: [] }
  if (!state)
    throw new Refusal('a state of this id is not known: it never rose, or ended more than a day ago')
  if (codes && !codes.includes(state.code)) throw new Refusal(`the state is one of ${state.code} alone`)
  const { code, match } = state
  return {
    names: 'state',
    codes: [code],
    states: [state],
    beforehand: [],
    allowed: [{ codes: [code], of: { match } }],
  }
}

async function ofMessage(id: string, row: Feedback, { states, store }: FeedbackParts): Promise<Subject> {
  const isMeant = (code: Code) => row.codes?.includes(code) ?? true
  const shown = [...states.open].filter((state) => state.shown?.includes(id) && isMeant(state.code))
  const alerted = await store.alerted(id)
  if (shown.length === 0 && !alerted) {
    throw new Refusal(
      'a message of this id is not known: no open state shows it, and no alert of the last day',
    )
  }
  if (row.verdict === 'release' && shown.length === 0) {
    throw new Refusal('no open state shows the message: there is nothing to release')
  }
  const own = alerted?.codes.filter(isMeant) ?? []
  const codes = [...new Set([...own, ...shown.map(({ code }) => code)])]
  if (codes.length === 0) throw new Refusal(`it was alerted for ${alerted!.codes.join(', ')} alone`)
  if (row.verdict === 'false_positive' && shown.length === 0 && !alerted?.match) {
    throw new Refusal('the message is too short to have a template: exempt its sender')
  }
  return {
    names: 'message',
    codes,
    states: shown,
    beforehand: [],
    allowed: [...likeIt(alerted, own), ...shown.map(({ code, match }) => ({ codes: [code], of: { match } }))],
  }
}

function likeIt(alerted: AlertedMessage | undefined, codes: readonly Code[]) {
  return alerted?.match && codes.length > 0 ? [{ codes, of: { match: alerted.match } }] : []
}

async function ofTarget(
  { target, codes, verdict }: Feedback,
  { store, deployment, isOfBefore }: FeedbackParts,
): Promise<Subject> {
  const silent = codes?.find((code) => !speaksOf(code, target!.kind))
  if (silent !== undefined) throw new Refusal(`${silent} speaks of no ${target!.kind}`)
  const stateCodes = CODES_OF_STATES.filter((code) => codes?.includes(code) ?? true)
  const ids = stateCodes.map((code) => stateId(deployment, code, target!))
  const known = (await store.get(ids)).filter((state) => state !== undefined)
  const allowed = [{ codes: codes ?? CODE_NAMES, of: { target: target! } }]
  if (verdict === 'exempt' || (isOfBefore && known.length === 0)) {
    const beforehand = ids.filter((id) => !known.some((state) => state.id === id))
    return { names: 'target', codes: codes ?? [], states: known, beforehand, allowed }
  }
  if (known.length === 0) {
    throw new Refusal('no state of this target is known: it never rose, or ended more than a day ago')
  }
  return { names: 'target', codes: known.map(({ code }) => code), states: known, beforehand: [], allowed }
}
