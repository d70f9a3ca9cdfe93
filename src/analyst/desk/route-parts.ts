import type { BrandNames } from './brand-names.ts'
import type { DeskOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { SealedSearches } from './sealed-searches.ts'
import type { Speech } from './words.ts'

/** What the pages of somebody who is logged in are made of. */
export interface RouteParts {
  readonly options: DeskOptions
  readonly speech: Speech
  readonly brands: BrandNames
  readonly seals: SealedSearches
  /** Absent: no user may give feedback. */
  readonly outbox: Outbox | undefined
}
