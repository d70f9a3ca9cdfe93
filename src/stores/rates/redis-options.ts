import type { SigwatchError } from '../../domain/errors.ts'
import type { LostCounts } from '../../domain/feature-store.ts'
import type { PartitionId } from '../../domain/ports.ts'
import type { KeyScope } from './layout.ts'

export interface RedisFeatureOptions extends KeyScope {
  /**
   * The token key of the deployment, then former ones, for the names of possibly personal numbers; without keys they
   * are stored in clear.
   */
  readonly tokenKeys?: readonly string[]
  /** Budget of a `count` round trip per 2,048 observations, ms; default 100. */
  readonly budgetMs?: number
  /** Partitions found to be recreated after `assign` had returned, because Redis was unreachable then. */
  readonly onReset?: (partitions: readonly PartitionId[]) => void
  /** Called when Redis is found to have lost counts; the remaining ones are not used for judging. */
  readonly onLost?: (lost: LostCounts) => void
  /** Called for a script that failed: its counts are marked as missing. */
  readonly onRefused?: (error: SigwatchError) => void
}
