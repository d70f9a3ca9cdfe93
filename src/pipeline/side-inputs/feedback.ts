import { CODE_BY_HAND, CODES_OF_STATES, speaksOf } from '../../detection/detectors/all.ts'
import type { AlertedMessage, Allowance, Teaching } from '../../domain/allowance.ts'
import { CODE_NAMES, type Code, isOwnCode } from '../../domain/codes.ts'
import type { Emit, FeedbackSubject } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import { isHash, stateId } from '../../domain/hash.ts'
import type { Position } from '../../domain/message.ts'
import type { Registry } from '../../domain/registry.ts'
import { givenAtOf, type StateRecord, type StateStore } from '../../domain/state-store.ts'
import { allowanceOf } from '../../stores/states/allowances.ts'
import { idsOf } from '../../stores/states/campaigns.ts'
import type { StateManager } from '../../stores/states/manager.ts'
import type { ManualStates } from '../../stores/states/manual.ts'
import { redactText } from '../../text/redact.ts'
import type { TemplateLearning } from '../template-learning.ts'
import { givenIdOf } from './feedback-id.ts'
import { FeedbackRefusal } from './feedback-refusal.ts'
import { lessonOf } from './lessons.ts'
import { coversTarget, orderedMatch } from './manual-blocks.ts'
import type { Feedback } from './rows.ts'
import { type Did, givenOf, type UndoParts, undoFeedback } from './undo.ts'

export interface FeedbackParts {
  readonly states: Pick<StateManager, 'release' | 'open' | 'allowances'>
  readonly store: Pick<StateStore, 'alerted'> & UndoParts['store']
  readonly deployment: string
  readonly emit: Emit
  readonly registry: Registry
  readonly own?: readonly Code[]
  readonly manual?: Pick<ManualStates, 'raise' | 'idOf' | 'withdraw'>
  /** Learns from confirmations; absent if disabled. */
  readonly templates?: TemplateLearning
  /** Orders take effect only after a second person has approved them. */
  readonly needsApproval?: boolean
  readonly position: Position
  /**
   * The row was written before this instance started, and the store may have lost its subject since: an unknown subject
   * is no reason to refuse it.
   */
  readonly isOfBefore?: boolean
  /** When a later row undid it, epoch ms: the row has no effect. */
  readonly undoneAt?: number | undefined
}

interface Subject {
  readonly names: FeedbackSubject
  readonly codes: readonly Code[]
  readonly states: readonly StateRecord[]
  /** Ids of states that may not have risen yet. */
  readonly beforehand: readonly string[]
  readonly teaches?: Teaching | undefined
  readonly allowed: readonly Omit<Allowance, 'id' | 'until'>[]
}

export type FeedbackOutcome =
  | {
      readonly outcome: 'applied'
      readonly states: readonly string[]
      readonly until: number
      /** It takes effect once a second person has approved it. */
      readonly pending?: true
    }
  | { readonly outcome: 'undone'; readonly states: readonly string[] }
  | { readonly outcome: 'refused'; readonly why: string }

interface Planned {
  readonly does: Did
  readonly codes: readonly Code[]
  /** Resolves with the number of states changed, and whether the change awaits approval. */
  readonly act: () => Promise<{ readonly states: number; readonly pending?: true }>
}

/**
 * Applies an analyst's feedback: releases states, suppresses them until its end and allows what raised them; raises and
 * ends states manually; or undoes earlier feedback. Feedback on an unknown subject is refused with the reason. Rejects
 * with a retryable error if the store cannot be reached. Idempotent, and without effect once it was undone.
 */
export async function applyFeedback(row: Feedback, parts: FeedbackParts): Promise<FeedbackOutcome> {
  const { verdict, by, note, until } = row
  const names = namesOf(row)
  const report = (codes: readonly Code[], states: number, isNew: boolean) =>
    parts.emit({
      name: 'feedback_applied',
      ...{ verdict, by, names, codes, states },
      ...given({ note: note === undefined ? undefined : redactText(note) }),
      until: new Date(until).toISOString(),
      ...restoredIf(parts.isOfBefore && !isNew),
    })
  try {
    if (row.undo !== undefined) {
      const { states, isNew } = await undoFeedback(row, parts)
      report([], states.length, isNew)
      return { outcome: 'undone', states }
    }
    const { given } = parts.store
    const before = await given.get(givenIdOf(row))
    if (before?.undone !== undefined) return { outcome: 'undone', states: before.states }
    const { does, codes, act } =
      verdict === 'block'
        ? await ordered(row, parts)
        : await judged(row, await subjectOf(row, parts), before, parts)
    if (parts.undoneAt !== undefined && verdict !== 'unblock') {
      await given.keep({ ...givenOf(row, does, before), undone: parts.undoneAt })
      return { outcome: 'undone', states: does.states }
    }
    // Before acting: a later instance may no longer find its subject.
    await given.keep(givenOf(row, does, before))
    const { states, ...pending } = await act()
    report(codes, states, before === undefined)
    return { outcome: 'applied', states: does.states, until, ...pending }
  } catch (error) {
    if (!(error instanceof FeedbackRefusal)) throw error
    const restored = restoredIf(parts.isOfBefore)
    parts.emit({ name: 'feedback_refused', verdict, by, names, reason: error.message, ...restored })
    return { outcome: 'refused', why: error.message }
  }
}

function restoredIf(is: boolean | undefined): { readonly restored?: true } {
  return is ? { restored: true } : {}
}

function namesOf({ stateId, messageId, undo }: Feedback): FeedbackSubject {
  if (undo !== undefined) return 'feedback'
  return stateId !== undefined ? 'state' : messageId !== undefined ? 'message' : 'target'
}

async function ordered(row: Feedback, parts: FeedbackParts): Promise<Planned> {
  const { by, note = '', until, ts, action = 'block', perMinute, labels } = row
  const { registry, store, states, manual, needsApproval, position } = parts
  if (!manual) throw new FeedbackRefusal('manual blocks are not possible here')
  const { target, match } = await orderedMatch(
    { target: row.target!, labels },
    { registry, open: states.open, store },
  )
  const id = manual.idOf(target)
  return {
    does: { states: [id], silenced: [], allowed: [], raised: id },
    codes: [CODE_BY_HAND],
    async act() {
      const { byHand } = await manual.raise({
        ...{ target, match, action, by, why: note, ts, until, position },
        ...given({
          limit: perMinute === undefined ? undefined : { perMinute },
          pending: needsApproval ? (true as const) : undefined,
        }),
      })
      const isPending = byHand?.pending || byHand?.proposed?.ts === ts
      return { states: 1, ...given({ pending: isPending ? (true as const) : undefined }) }
    },
  }
}

async function judged(
  row: Feedback,
  subject: Subject,
  before: Did | undefined,
  parts: FeedbackParts,
): Promise<Planned> {
  const { verdict, by, note, until, ts } = row
  const { states, beforehand, codes } = subject
  const feedback = { by, until, ...given({ note }) }
  const releases = verdict !== 'confirmed'
  const allows = verdict === 'false_positive' || verdict === 'exempt'
  const allowed = allows ? subject.allowed.map((one) => allowanceOf(one.codes, one.of, until)) : []
  const known = states.flatMap((state) => idsOf(state, parts.deployment))
  const { templates } = parts
  const lesson = templates && (await lessonOf(row, subject, before, templates))
  return {
    does: {
      states: states.map(({ id }) => id),
      silenced: releases ? [...known, ...beforehand] : [],
      allowed,
      ...lesson?.does,
    },
    codes,
    async act() {
      if (lesson) await templates?.change(lesson.changes)
      let released = 0
      if (releases) {
        for (const { id } of states) if (await parts.states.release(id, ts, feedback)) released++
        // What raised an unknown state is allowed once a signal shows what it was.
        const how = verdict === 'false_positive' && subject.names === 'state' ? 'allowed' : 'silent'
        for (const id of beforehand) await parts.states.release(id, ts, feedback, how)
      }
      for (const allowance of allowed) await parts.states.allowances.add(allowance)
      return { states: released }
    },
  }
}

function subjectOf(row: Feedback, parts: FeedbackParts): Promise<Subject> {
  if (row.stateId !== undefined) return ofState(row.stateId, row, parts)
  return row.messageId === undefined ? ofTarget(row, parts) : ofMessage(row.messageId, row, parts)
}

async function ofState(id: string, row: Feedback, { store, isOfBefore }: FeedbackParts): Promise<Subject> {
  const { codes } = row
  // Anything that is not an id, such as a number entered by mistake, is not looked up.
  const [state] = isHash(id) ? await store.get([id]) : []
  if (!state && isOfBefore && isHash(id))
    return { names: 'state', codes: codes ?? [], states: [], beforehand: [id], allowed: [] }
  if (!state)
    throw new FeedbackRefusal(
      'a state of this id is not known: it was never raised, or ended more than a day ago',
    )
  if (row.verdict === 'unblock' && !state.byHand)
    throw new FeedbackRefusal('the state is not a manual block: release it')
  if (codes && !codes.includes(state.code)) throw new FeedbackRefusal(`the state is only about ${state.code}`)
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
    throw new FeedbackRefusal(
      'a message of this id is not known: no open state shows it, and no alert of the last day that asks for review or more',
    )
  }
  if (row.verdict === 'release' && shown.length === 0) {
    throw new FeedbackRefusal('no open state shows the message: there is nothing to release')
  }
  const own = alerted?.codes.filter(isMeant) ?? []
  const codes = [...new Set([...own, ...shown.map(({ code }) => code)])]
  if (codes.length === 0) throw new FeedbackRefusal(`it was alerted only for ${alerted!.codes.join(', ')}`)
  if (row.verdict === 'false_positive' && shown.length === 0 && !alerted?.match) {
    throw new FeedbackRefusal('the message is too short to have a template: exempt its sender')
  }
  return {
    names: 'message',
    codes,
    states: shown,
    beforehand: [],
    teaches: alerted?.teaches,
    allowed: [...likeIt(alerted, own), ...shown.map(({ code, match }) => ({ codes: [code], of: { match } }))],
  }
}

function likeIt(alerted: AlertedMessage | undefined, codes: readonly Code[]) {
  return alerted?.match && codes.length > 0 ? [{ codes, of: { match: alerted.match } }] : []
}

async function ofTarget(
  { target, codes, verdict, ts }: Feedback,
  { store, deployment, isOfBefore, manual, states, own = [] }: FeedbackParts,
): Promise<Subject> {
  if (verdict === 'unblock') {
    const [state] = manual ? await store.get([manual.idOf(target!)]) : []
    const found = { names: 'target', beforehand: [], allowed: [] } as const
    if (state?.open && state.byHand && givenAtOf(state.byHand) <= ts)
      return { ...found, codes: [state.code], states: [state] }
    if (isOfBefore) return { ...found, codes: [CODE_BY_HAND], states: [] }
    throw new FeedbackRefusal(
      state?.open && state.byHand
        ? 'it was blocked again after this row was written'
        : 'this target has no manual block',
    )
  }
  const silent = codes?.find((code) => !speaksOf(code, target!.kind))
  if (silent !== undefined) throw new FeedbackRefusal(`${silent} does not apply to a ${target!.kind}`)
  const owned = codes?.filter(isOwnCode) ?? own
  const stateCodes = [...CODES_OF_STATES.filter((code) => codes?.includes(code) ?? true), ...owned]
  const ids = stateCodes.map((code) => stateId(deployment, code, target!))
  const isMeant = (state: StateRecord) =>
    // The later of an order and an exemption wins.
    (state.byHand === undefined || givenAtOf(state.byHand) < ts) && (codes?.includes(state.code) ?? true)
  const covered = [...states.open].filter(
    (state) => verdict === 'exempt' && !ids.includes(state.id) && coversTarget(target!, state.target),
  )
  const named = (await store.get(ids)).filter((state) => state !== undefined)
  const known = [...named, ...covered].filter(isMeant)
  const allowed = [{ codes: codes ?? [...CODE_NAMES, ...own], of: { target: target! } }]
  if (verdict === 'exempt' || (isOfBefore && known.length === 0)) {
    const beforehand = ids.filter((id) => !known.some((state) => state.id === id))
    return { names: 'target', codes: codes ?? [], states: known, beforehand, allowed }
  }
  if (known.length === 0) {
    throw new FeedbackRefusal(
      'no state of this target is known: it was never raised, or ended more than a day ago',
    )
  }
  return { names: 'target', codes: known.map(({ code }) => code), states: known, beforehand: [], allowed }
}
