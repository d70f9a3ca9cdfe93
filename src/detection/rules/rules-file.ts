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
 * code's plain score, `raise-threshold` asks for twice the certainty, `may-block` lets it block and `at-most-review` does
 * not, even where another row lets it.
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
