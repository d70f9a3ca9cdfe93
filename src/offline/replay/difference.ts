import type { Verdict } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import { ACTIONS, type Action } from '../../domain/decision.ts'

/** The compared members of a verdict. Stored verdicts may contain codes and actions of another version. */
export type Compared = Pick<Verdict, 'id' | 'action' | 'label' | 'reasons' | 'states'> &
  Pick<Partial<Verdict>, 'degraded' | 'late' | 'campaign'>

/** Actions from weakest to strongest. `pass` is not among them because it asks for nothing. */
export const ASKING = ['observe', 'review', 'throttle', 'block'] as const
export type Asking = (typeof ASKING)[number]

export interface Difference {
  /** The new action, if it is stronger. */
  readonly newly?: Asking
  /** The old action, if the new one is weaker. */
  readonly released?: Asking
  readonly labelChanged: boolean
  readonly reasons: Change<Code>
  readonly states: Change<string>
}

interface Change<T> {
  readonly raised: readonly T[]
  readonly released: readonly T[]
}

/** How the replayed verdict differs, or undefined if it does not. The order of codes and states is ignored. */
export function differenceOf(was: Compared, is: Compared): Difference | undefined {
  const reasons = changeOf(was.reasons, is.reasons)
  // A message judged late had no effective states and an action of at most `observe`.
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

/** Rank of an action; 0 for `pass` and for unknown actions. */
function rank(action: string): number {
  return Math.max(0, ACTIONS.indexOf(action as Action))
}

/** A late verdict left out what its states asked for, so the actions cannot be compared if the new verdict has states. */
function lateRank(is: Compared, before: number): number {
  return is.states.length > 0 ? before : Math.min(rank(is.action), rank('observe'))
}

function askingOf(value: number): Asking {
  return ASKING[value - 1]!
}
