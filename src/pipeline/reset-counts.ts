import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { PartitionId } from '../domain/ports.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'

/** Between two attempts, ms. */
const PAUSE = 1_000

export interface ResetCountsParts {
  /** Absent: nothing is counted by sender. */
  readonly senderMinutes: Pick<SenderMinutes, 'reset'> | undefined
  readonly emit: Emit
  /** Ends the attempts. */
  readonly signal: AbortSignal
}

/** Counting begins again for partitions whose log was recreated. Resolves after the first attempt; never rejects. */
export type ResetCounts = (partitions: readonly PartitionId[]) => Promise<void>

/**
 * Lets the counts of senders begin again together with the rates. While the store is away this is tried again in the
 * background: until then the statistics lack the partitions, and nothing else does.
 */
export function resetCountsOf({ senderMinutes, emit, signal }: ResetCountsParts): ResetCounts {
  /** True: there is nothing left to try. */
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
