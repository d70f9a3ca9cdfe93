import type { Emit } from '../../domain/events.ts'
import type { PartitionId } from '../../domain/ports.ts'
import type { KafkaConnection } from '../kafka/client.ts'

/** How a member of the consumer group reads. */
export interface MemberOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly topics: readonly string[]
  readonly emit: Emit
  readonly heartbeatInterval: number
  readonly sessionTimeout: number
  readonly chunk: number
  /** Called with timestamps that brokers set, epoch ms, as their records are read. */
  readonly appended?: ((timestamp: number) => void) | undefined
  /** How long a rebalance is held up by what is in flight, ms; the broker allows 60 s. */
  readonly giveUpWithin: number
  /** How long a commit may take while partitions are given up, ms. */
  readonly commitWithin: number
  /**
   * Before it is asked what is committed of the partitions of an assignment: takes care that no other member commits
   * any more. Returns those of which that is sure; those left are not read, and it is asked for them again. Rejects when
   * there are none. Present: somebody else commits, in transactions.
   */
  readonly takeOver?:
    | ((partitions: readonly PartitionId[], epoch: number) => Promise<readonly PartitionId[]>)
    | undefined
}
