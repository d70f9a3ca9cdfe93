import type { DeskOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Speech } from './words.ts'

/** What the pages of somebody who is logged in are made of. */
export interface RouteParts {
  readonly options: DeskOptions
  readonly speech: Speech
  /** Absent: no user may give feedback. */
  readonly outbox: Outbox | undefined
}
