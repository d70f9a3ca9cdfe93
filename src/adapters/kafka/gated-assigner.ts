import type { Assigner } from 'kafkajs'
import { library } from './library.ts'

const { PartitionAssigners } = library

/**
 * Round-robin assignment that checks `mayJoin` first. `protocol` is the one function that the client calls before every
 * join, and an error with the type of a rebalance makes it retry the join.
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
