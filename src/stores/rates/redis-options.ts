import type { SigwatchError } from '../../domain/errors.ts'
import type { LostCounts } from '../../domain/feature-store.ts'
import type { PartitionId } from '../../domain/ports.ts'
import type { KeyScope } from './layout.ts'

export interface RedisFeatureOptions extends KeyScope {
  /** The token key of the deployment, then former ones: names of numbers that may be a person's; none: in clear. */
  readonly tokenKeys?: readonly string[]
  /** Budget of one round trip of `count` for each 2,048 observations, ms; default 100. */
  readonly budgetMs?: number
  /** Partitions found to be recreated after `assign` had returned, because Redis was away then. */
  readonly onReset?: (partitions: readonly PartitionId[]) => void
  /** Called when Redis is found to have lost what was counted; nothing is judged by what is left. */
  readonly onLost?: (lost: LostCounts) => void
  /** Called for a script that failed: what it was to count is marked as missing. */
  readonly onRefused?: (error: SigwatchError) => void
}
