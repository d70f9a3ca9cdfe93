import type { Allowance } from '../../domain/allowance.ts'
import { given } from '../../domain/given.ts'
import {
  type GivenFeedback,
  type GivenFeedbackStore,
  givenAtOf,
  type StateStore,
} from '../../domain/state-store.ts'
import type { StateManager } from '../../stores/states/manager.ts'
import type { ManualStates } from '../../stores/states/manual.ts'
import type { TemplateLearning } from '../template-learning.ts'
import { feedbackIdOf, givenIdOf } from './feedback-id.ts'
import { FeedbackRefusal } from './feedback-refusal.ts'
import { unlearned } from './lessons.ts'
import type { Feedback } from './rows.ts'

export interface UndoParts {
  readonly states: Pick<StateManager, 'release' | 'allowances'>
  readonly store: Pick<StateStore, 'get' | 'suppress'> & { readonly given: GivenFeedbackStore }
  readonly manual?: Pick<ManualStates, 'withdraw'>
  readonly templates?: Pick<TemplateLearning, 'change'>
}

/** Before every message, epoch ms. */
const OVER = 0

export type Did = Pick<GivenFeedback, 'states' | 'silenced' | 'allowed' | 'raised' | 'taught' | 'untaught'>

/** A row as stored for an undo. `before` is the record of another instance, made when more was known of its subject. */
export function givenOf(
  row: Feedback,
  { states, silenced, allowed, raised, taught, untaught }: Did,
  before?: Did,
): GivenFeedback {
  const { batch, by, ts, until, verdict } = row
  const unblocks = verdict === 'unblock' ? { unblocks: true as const } : {}
  const allowances = [...(before?.allowed ?? []), ...allowed].map((one) => [one.id, one] as const)
  return {
    ...{ id: givenIdOf(row), feedbackId: feedbackIdOf(row), ...given({ batch }), by, ts, until },
    states: [...new Set([...(before?.states ?? []), ...states])],
    silenced: [...new Set([...(before?.silenced ?? []), ...silenced])],
    allowed: [...new Map(allowances).values()],
    ...given({ raised, taught, untaught }),
    ...unblocks,
  }
}

export interface Undone {
  readonly states: readonly string[]
  /** False if they had all been undone before. */
  readonly isNew: boolean
}

/**
 * Undoes earlier rows with a `feedbackId` or `batch`: their states may rise again, what they allowed is judged again,
 * and what they blocked is released, unless other feedback says otherwise. Throws
 * FeedbackRefusal if there is nothing to undo. Idempotent: every instance undoes, as one that is behind may have
 * applied the rows meanwhile.
 */
export async function undoFeedback(row: Feedback, parts: UndoParts): Promise<Undone> {
  const all = await parts.store.given.all()
  const named = all.filter(
    ({ feedbackId, batch, ts }) => (feedbackId === row.undo || batch === row.undo) && ts <= row.ts,
  )
  if (named.length === 0)
    throw new FeedbackRefusal(
      'no feedback of this id or batch took effect before: it was never given, was refused, or ended over a day ago',
    )
  const meant = named.filter(({ unblocks }) => !unblocks)
  if (meant.length === 0)
    throw new FeedbackRefusal('the end of a manual block cannot be undone: block it again')
  const isNew = meant.some(({ undone }) => undone === undefined)
  const others = all
    .filter((one) => one.undone === undefined && !meant.includes(one))
    .sort((a, b) => a.ts - b.ts)
  for (const one of meant) {
    const undone = one.undone ?? row.ts
    await takeBack(one, others, { ...row, ts: undone }, parts)
    await parts.store.given.keep({ ...one, undone })
  }
  return { states: [...new Set(meant.flatMap(({ states }) => states))], isNew }
}

async function takeBack(
  one: GivenFeedback,
  others: readonly GivenFeedback[],
  { by, note, ts }: Feedback,
  { states, store, manual, templates }: UndoParts,
): Promise<void> {
  for (const id of one.silenced) {
    // The latest other feedback on the state holds; an order ends earlier feedback.
    const last = others.findLast(({ silenced, raised }) => silenced.includes(id) || raised === id)
    if (!last) states.allowances.forgetSignal(id)
    await store.suppress(id, last?.raised === id ? last.ts : (last?.until ?? OVER), last?.by ?? by)
  }
  for (const allowance of one.allowed) {
    const last = others.findLast(({ allowed }) => allowed.some(({ id }) => id === allowance.id))
    const isSame = ({ id }: Allowance) => id === allowance.id
    await states.allowances.add(last?.allowed.find(isSame) ?? { ...allowance, until: OVER })
  }
  await templates?.change(unlearned(one, others, ts))
  if (one.raised === undefined) return
  await manual?.withdraw(one.raised, one.ts)
  const [state] = await store.get([one.raised])
  // A later order on the same target stays in force.
  if (!state?.open || !state.byHand || givenAtOf(state.byHand) !== one.ts) return
  await states.release(state.id, ts, { by, until: Math.max(ts, one.ts + 1), ...given({ note }) })
}
