import type { Emit } from '../../domain/events.ts'
import type { PartitionId } from '../../domain/ports.ts'
import type { KafkaConnection } from '../kafka/client.ts'

export interface MemberOptions {
  readonly connection: KafkaConnection
  readonly groupId: string
  readonly topics: readonly string[]
  readonly emit: Emit
  readonly heartbeatInterval: number
  readonly sessionTimeout: number
  readonly chunk: number
  /** Called with the timestamps set by brokers, epoch ms, as their records are read. */
  readonly appended?: ((timestamp: number) => void) | undefined
  /** How long records in flight may delay a rebalance, ms; the broker allows 60 s. */
  readonly giveUpWithin: number
  /** How long a commit may take while partitions are given up, ms. */
  readonly commitWithin: number
  /**
   * Called before the committed offsets of an assignment are read: ensures that no other member commits them any more.
   * Returns the partitions for which that is certain; the others are not read, and the call is repeated for them.
   * Rejects if there are none. If present, offsets are committed in transactions and not by the member.
   */
  readonly takeOver?:
    | ((partitions: readonly PartitionId[], epoch: number) => Promise<readonly PartitionId[]>)
    | undefined
}
