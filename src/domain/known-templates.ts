import type { AnalysedMessage } from './message.ts'
import type { Met } from './templates.ts'

/** Templates as detectors see them. Synchronous: what others learned was fetched before. */
export interface KnownTemplates {
  readonly size: number
  /** Undefined: none in force at the time of the message is like it. */
  nearest(message: AnalysedMessage): Met | undefined
}
