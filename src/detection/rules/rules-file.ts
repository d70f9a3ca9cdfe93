import type { Change } from '../../domain/change.ts'
import type { OwnCode } from '../../domain/codes.ts'
import type { Action, Mode } from '../../domain/decision.ts'

/** Words of one kind. */
export interface WordGroup {
  /** One sentence about what they have in common. */
  readonly says: string
  /** In normalised text; `转{出,账}` stands for 转出 and 转账. */
  readonly list?: readonly string[]
  /** Groups whose words belong to this one too. */
  readonly groups?: readonly string[]
  /** Longer words: what is listed does not count within them. */
  readonly except?: readonly string[]
}

/** A name for what other signs say together. */
export interface DerivedSign {
  readonly says: string
  readonly when: string
}

/**
 * What a row of `composites` does to the finding of its codes: `clear` drops it, `report` reports it at least at the
 * plain score of the code or the threshold of its label (a text also where a shipped row clears it), `raise-threshold`
 * asks for twice the certainty, `may-block` lets it block and `at-most-review` does not, even where another row lets it.
 */
export const CONSEQUENCES = ['clear', 'report', 'raise-threshold', 'may-block', 'at-most-review'] as const
export type Consequence = (typeof CONSEQUENCES)[number]

/** An exception to what the weights of the signs say. */
export interface Composite {
  readonly name: string
  readonly codes: readonly string[]
  readonly when: string
  readonly then: Consequence
  /** Why, in one sentence. */
  readonly because: string
}

/** What a file of rules holds. */
export interface RulesFile {
  readonly words: Readonly<Record<string, WordGroup>>
  readonly signs: Readonly<Record<string, DerivedSign>>
  readonly composites: readonly Composite[]
}

/** A message that shows what a row is for. */
export interface RuleExample {
  readonly text: string
  /** The sender; absent: unknown. */
  readonly from?: string
  /** A signature that is filed. */
  readonly filed?: string
  /** The port on which it is filed; absent: on the sender. */
  readonly port?: string
}

/** With a message to which a row applies, and a similar one to which it does not. */
export interface Shown {
  readonly example: RuleExample
  readonly nearMiss: RuleExample
}

export const RULE_TARGETS = ['message', 'sender', 'domain'] as const

/** A reason code of an operator. What it leaves out is in OWN_DEFAULTS. */
export interface OwnRule extends Shown {
  readonly code: OwnCode
  readonly when: string
  readonly action?: Action
  readonly mode?: Mode
  /** Share of the finding in the score of an alert, 0 to 1. */
  readonly weight?: number
  /** What repeated messages raise a state on. */
  readonly target?: (typeof RULE_TARGETS)[number]
  /** What alerts say of a message. */
  readonly says: Says
  readonly because: string
}

export type Says = Readonly<Record<'en' | 'zh-CN', string>>

/** What an operator's row of `composites` may do. */
export const OWN_CONSEQUENCES = CONSEQUENCES.filter((then) => then !== 'report')

/** An exception of an operator. */
export interface OwnComposite extends Shown {
  /** What evidence calls it; absent: `own-<its place, from 1>`. */
  readonly name?: string
  /** Absent: all codes of which a shipped row does the same. */
  readonly codes?: readonly string[]
  readonly when: string
  readonly then: Consequence
  readonly because: string
}

/** A file of an operator's own rules. */
export interface OwnRulesFile {
  readonly change?: Change
  readonly words?: Readonly<Record<string, WordGroup>>
  readonly rules?: readonly OwnRule[]
  readonly composites?: readonly OwnComposite[]
}
