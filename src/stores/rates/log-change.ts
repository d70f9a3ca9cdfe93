import type { LogId } from '../../domain/feature-store.ts'

/** What is stored of how far a partition was counted. */
export interface CountedLog {
  /** Last counted offset; -1: none. */
  readonly offset: number
  /** Topic whose records they are; undefined: not known. */
  readonly topicId: string | undefined
}

/** What is to be stored instead. */
export interface LogChange {
  /** -1: none. */
  readonly offset: number
  /** What was counted was of another log: counting starts over. */
  readonly isAnew: boolean
}

/**
 * What the log of a partition, as it was after `counted` was read, says of what is counted of it; undefined: counting goes
 * on from there. A log that ends below what was counted of it has lost its end, when it is known to be of the same topic;
 * else it was recreated.
 */
export function logChangeOf(counted: CountedLog, log: LogId): LogChange | undefined {
  const { offset, topicId } = counted
  const areKnown = topicId !== undefined && log.topicId !== undefined
  if (areKnown && topicId !== log.topicId) return { offset: -1, isAnew: offset >= 0 }
  if (log.endOffset !== undefined && offset >= log.endOffset)
    return areKnown ? { offset: log.endOffset - 1, isAnew: false } : { offset: -1, isAnew: true }
  // The id alone is to be stored.
  return log.topicId !== undefined && topicId === undefined ? { offset, isAnew: false } : undefined
}
