import type { BrandNames } from '../archive/brand-names.ts'
import type { Answer, Asked } from './answers.ts'
import type { DeskOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { SealedSearches } from './sealed-searches.ts'
import type { Speech, Word } from './words.ts'

/** Shared by the routes for logged-in users. */
export interface RouteParts {
  readonly options: DeskOptions
  readonly speech: Speech
  readonly brands: BrandNames
  readonly seals: SealedSearches
  /** undefined if feedback cannot be given. */
  readonly outbox: Outbox | undefined
  /** A page that says why there is no other answer. */
  readonly refuse: (asked: Pick<Asked, 'session'>, status: number, word: Word) => Answer
}
