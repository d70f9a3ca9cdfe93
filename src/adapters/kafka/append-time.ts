import type { TrustedClock } from '../../domain/trusted-clock.ts'

/** A clock that is told what those of the brokers show. */
export type ProducerClock = Pick<TrustedClock, 'now' | 'observe'>

/** What the client says of the records that a partition has taken. */
interface Acknowledged {
  readonly topicName: string
  readonly partition: number
  /** Epoch ms in digits; -1 where producers set the timestamps. */
  readonly logAppendTime?: string
}

/** Takes note of the time at which brokers appended records, which were sent at `sent` by the monotonic clock, ms. */
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

/** What is done about topics that do not exist. */
export interface RequiredTopics {
  readonly create?: boolean
  /** Those that are made compacted. */
  readonly compacted?: readonly string[]
  /** Those whose records are stamped by the brokers. */
  readonly stamped?: readonly string[]
}

const COMPACTED = { name: 'cleanup.policy', value: 'compact' }
/** `message.timestamp.type` of a topic whose brokers set the timestamps: a clock that hosts can be compared with. */
export const STAMPED = { name: 'message.timestamp.type', value: 'LogAppendTime' }

/** The settings with which a topic is made. */
export function settingsOf(topic: string, { compacted = [], stamped = [] }: RequiredTopics) {
  return [...(compacted.includes(topic) ? [COMPACTED] : []), ...(stamped.includes(topic) ? [STAMPED] : [])]
}
