import type { Change } from '../../domain/change.ts'
import type { OwnCode } from '../../domain/codes.ts'
import type { Action, Mode } from '../../domain/decision.ts'

export interface WordGroup {
  readonly says: string
  /** Words in normalised form; `转{出,账}` stands for 转出 and 转账. */
  readonly list?: readonly string[]
  readonly groups?: readonly string[]
  /** Longer words within which the listed words do not count. */
  readonly except?: readonly string[]
}

export interface DerivedSign {
  readonly says: string
  readonly when: string
}

/**
 * Effect of a row of `composites` on findings of its codes. `clear` drops the finding; `report` reports it at least at the plain
 * score of the code or the threshold of its label (a text even if a shipped row clears it); `raise-threshold` requires twice the
 * certainty; `may-block` allows a block; `at-most-review` forbids it, overriding `may-block`.
 */
export const CONSEQUENCES = ['clear', 'report', 'raise-threshold', 'may-block', 'at-most-review'] as const
export type Consequence = (typeof CONSEQUENCES)[number]

export interface Composite {
  readonly name: string
  readonly codes: readonly string[]
  readonly when: string
  readonly then: Consequence
  readonly because: string
}

export interface RulesFile {
  readonly words: Readonly<Record<string, WordGroup>>
  readonly signs: Readonly<Record<string, DerivedSign>>
  readonly composites: readonly Composite[]
}

export interface RuleExample {
  readonly text: string
  /** The sender; absent if unknown. */
  readonly from?: string
  readonly filed?: string
  /** The port it is filed for; absent: the sender. */
  readonly port?: string
}

/** Examples: a message the row applies to, and a similar one it does not apply to. */
export interface Shown {
  readonly example: RuleExample
  readonly nearMiss: RuleExample
}

export const RULE_TARGETS = ['message', 'sender', 'domain'] as const

/** An operator's reason code. Defaults are in OWN_DEFAULTS. */
export interface OwnRule extends Shown {
  readonly code: OwnCode
  readonly when: string
  readonly action?: Action
  readonly mode?: Mode
  /** Weight of the finding in the score of an alert, 0 to 1. */
  readonly weight?: number
  /** Target of states raised by repeated messages. */
  readonly target?: (typeof RULE_TARGETS)[number]
  readonly says: Says
  readonly because: string
}

export type Says = Readonly<Record<'en' | 'zh-CN', string>>

/** Consequences allowed in an operator's `composites`. */
export const OWN_CONSEQUENCES = CONSEQUENCES.filter((then) => then !== 'report')

export interface OwnComposite extends Shown {
  /** Its name in evidence; absent: `own-<index, from 1>`. */
  readonly name?: string
  /** Absent: all codes that have a shipped row with this consequence. */
  readonly codes?: readonly string[]
  readonly when: string
  readonly then: Consequence
  readonly because: string
}

export interface OwnRulesFile {
  readonly change?: Change
  readonly words?: Readonly<Record<string, WordGroup>>
  readonly rules?: readonly OwnRule[]
  readonly composites?: readonly OwnComposite[]
}
