import type { Assigner } from 'kafkajs'
import { library } from './library.ts'

const { PartitionAssigners } = library

/**
 * Round robin. `protocol` is the one place where the client asks anything before it joins a group, on every path, and an
 * error of the type that a rebalance has makes it try the join again.
 */
export function gatedAssigner(mayJoin: () => boolean) {
  return (config: Parameters<typeof PartitionAssigners.roundRobin>[0]): Assigner => {
    const assigner = PartitionAssigners.roundRobin(config)
    return {
      ...assigner,
      protocol: (subscription) => {
        if (!mayJoin()) {
          throw Object.assign(new Error('partitions are still being settled'), {
            type: 'REBALANCE_IN_PROGRESS',
          })
        }
        return assigner.protocol(subscription)
      },
    }
  }
}
