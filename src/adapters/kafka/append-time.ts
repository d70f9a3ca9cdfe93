import type { TrustedClock } from '../../domain/trusted-clock.ts'

export type ProducerClock = Pick<TrustedClock, 'now' | 'observe'>

/**
 * The timestamp of all records of one write; without a clock the client sets it. Records of a request that have different timestamps
 * are left to the encoder of the client, which is several times slower.
 */
export function stampOf(clock: Pick<ProducerClock, 'now'> | undefined): { readonly timestamp?: string } {
  return clock ? { timestamp: String(clock.now()) } : {}
}

/** The client's result for a partition that accepted records. */
interface Acknowledged {
  readonly topicName: string
  readonly partition: number
  /** Epoch ms as a string; -1 if producers set the timestamps. */
  readonly logAppendTime?: string
}

/** Feeds the clock with the append times of records that were sent at `sent` (monotonic, ms). */
export function observeAppends(
  clock: ProducerClock,
  acknowledged: readonly Acknowledged[],
  sent: number,
): void {
  const before = performance.now()
  for (const { topicName, partition, logAppendTime } of acknowledged) {
    const time = Number(logAppendTime)
    if (time > 0) clock.observe('kafka', time, { after: sent, before, member: `${topicName}/${partition}` })
  }
}

export interface RequiredTopics {
  readonly create?: boolean
  readonly compacted?: readonly string[]
  readonly stamped?: readonly string[]
}

const COMPACTED = { name: 'cleanup.policy', value: 'compact' }
/** Brokers set the timestamps: a clock to compare those of hosts with. */
export const STAMPED = { name: 'message.timestamp.type', value: 'LogAppendTime' }

export function settingsOf(topic: string, { compacted = [], stamped = [] }: RequiredTopics) {
  return [...(compacted.includes(topic) ? [COMPACTED] : []), ...(stamped.includes(topic) ? [STAMPED] : [])]
}
