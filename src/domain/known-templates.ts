import type { AnalysedMessage } from './message.ts'
import type { Met } from './templates.ts'

/** Templates as seen by detectors. Synchronous: templates of other instances were fetched before. */
export interface KnownTemplates {
  readonly size: number
  /** The most similar template in force at the time of the message, if any. */
  nearest(message: AnalysedMessage): Met | undefined
}
