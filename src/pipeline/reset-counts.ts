import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { PartitionId } from '../domain/ports.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'

/** Interval between attempts, ms. */
const PAUSE = 1_000

export interface ResetCountsParts {
  /** Absent if senders are not counted. */
  readonly senderMinutes: Pick<SenderMinutes, 'reset'> | undefined
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Restarts the counts of partitions whose log was recreated. Resolves after the first attempt; never rejects. */
export type ResetCounts = (partitions: readonly PartitionId[]) => Promise<void>

/**
 * Restarts the counts of senders together with the rates. While the store is unreachable, this is retried in the
 * background; until it succeeds, only the statistics lack the partitions.
 */
export function resetCountsOf({ senderMinutes, emit, signal }: ResetCountsParts): ResetCounts {
  /** Returns true if there is nothing left to retry. */
  const attempt = async (partitions: readonly PartitionId[]): Promise<boolean> => {
    try {
      await senderMinutes?.reset(partitions)
    } catch (error) {
      if (error instanceof SigwatchError && error.retry) return false
      emit({ name: 'warning', message: `counts of senders are not reset: ${codeOf(error)}` })
    }
    return true
  }
  const retry = async (partitions: readonly PartitionId[]): Promise<void> => {
    while (!signal.aborted) {
      await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted || (await attempt(partitions))) return
    }
  }
  return async (partitions) => {
    for (const { topic, partition } of partitions) emit({ name: 'counting_reset', topic, partition })
    if (partitions.length > 0 && !(await attempt(partitions))) void retry(partitions)
  }
}
