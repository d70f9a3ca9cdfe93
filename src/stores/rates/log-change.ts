import type { LogId } from '../../domain/feature-store.ts'

export interface CountedLog {
  /** Last counted offset; -1 if there is none. */
  readonly offset: number
  /** Id of the topic of the counted records; undefined if unknown. */
  readonly topicId: string | undefined
}

/** The position to store instead. */
export interface LogChange {
  /** -1 for none. */
  readonly offset: number
  /** The counted records are of another log: counting starts over. */
  readonly isAnew: boolean
}

/**
 * Whether the log of a partition, read after `counted`, requires a change of the counting position; undefined if
 * counting continues from there. A log that ends below the counted offset has lost its end if it is known to be of the
 * same topic; otherwise it was recreated.
 */
export function logChangeOf(counted: CountedLog, log: LogId): LogChange | undefined {
  const { offset, topicId } = counted
  const areKnown = topicId !== undefined && log.topicId !== undefined
  if (areKnown && topicId !== log.topicId) return { offset: -1, isAnew: offset >= 0 }
  if (log.endOffset !== undefined && offset >= log.endOffset)
    return areKnown ? { offset: log.endOffset - 1, isAnew: false } : { offset: -1, isAnew: true }
  // Only the id must be stored.
  return log.topicId !== undefined && topicId === undefined ? { offset, isAnew: false } : undefined
}
