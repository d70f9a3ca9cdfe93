import type { Verdict } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import { ACTIONS, type Action } from '../../domain/decision.ts'

/** What of a verdict is compared; verdicts as they were written may hold codes and actions of another version. */
export type Compared = Pick<Verdict, 'id' | 'action' | 'label' | 'reasons' | 'states'> &
  Pick<Partial<Verdict>, 'degraded' | 'late' | 'campaign'>

/** From weakest to strongest, `pass` asking for nothing. */
export const ASKING = ['observe', 'review', 'throttle', 'block'] as const
export type Asking = (typeof ASKING)[number]

export interface Difference {
  /** The action became this stronger one. */
  readonly newly?: Asking
  /** The action was this one and became weaker. */
  readonly released?: Asking
  readonly labelChanged: boolean
  readonly reasons: Change<Code>
  readonly states: Change<string>
}

interface Change<T> {
  readonly raised: readonly T[]
  readonly released: readonly T[]
}

/** What the replayed verdict says otherwise; undefined: nothing. The order of codes and states means nothing. */
export function differenceOf(was: Compared, is: Compared): Difference | undefined {
  const reasons = changeOf(was.reasons, is.reasons)
  // Of a message that was judged late the states were shadows, and its action at most `observe`.
  const states = was.late ? UNCHANGED : changeOf(was.states, is.states)
  const before = rank(was.action)
  const after = was.late ? lateRank(is, before) : rank(is.action)
  const labelChanged = was.label !== is.label
  const same = before === after && !labelChanged && isEmpty(reasons) && isEmpty(states)
  if (same) return undefined
  return {
    ...(after > before ? { newly: askingOf(after) } : {}),
    ...(after < before ? { released: askingOf(before) } : {}),
    labelChanged,
    reasons,
    states,
  }
}

const UNCHANGED = { raised: [], released: [] }

function changeOf<T>(was: readonly T[], is: readonly T[]): Change<T> {
  if (was.length === 0 && is.length === 0) return UNCHANGED
  return {
    raised: is.filter((one) => !was.includes(one)),
    released: was.filter((one) => !is.includes(one)),
  }
}

function isEmpty({ raised, released }: Change<unknown>): boolean {
  return raised.length === 0 && released.length === 0
}

/** 0 for `pass`, and for an action that is not known. */
function rank(action: string): number {
  return Math.max(0, ACTIONS.indexOf(action as Action))
}

/** What a state asked for was not in a late verdict: with one, the actions cannot be compared. */
function lateRank(is: Compared, before: number): number {
  return is.states.length > 0 ? before : Math.min(rank(is.action), rank('observe'))
}

function askingOf(value: number): Asking {
  return ASKING[value - 1]!
}
