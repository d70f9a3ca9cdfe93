import type { Config } from '../../settings/config.ts'
import type { RangeWish } from './ranges.ts'

/** What to replay, and with which versions. */
export interface ReplayOptions {
  /** Files of input records; undefined to read the configured topic. */
  readonly files?: readonly string[]
  /** The input to read, if several are configured. */
  readonly topic?: string
  readonly range: RangeWish
  /** Stored verdicts to compare with: a file, or the configured topic. undefined for a second run under `now`. */
  readonly against: { readonly file: string } | 'kafka' | undefined
  /** Configuration with the model, policy, registry and side inputs to judge with. */
  readonly config: Config
  /** The current configuration. */
  readonly now: Config
  /** Clock for records from files, epoch ms; undefined for the wall clock. */
  readonly clock?: number
  /** Limit in records per second; undefined for none. */
  readonly rate?: number
  readonly resume?: string
  readonly verdicts?: string
  readonly alerts?: string
  readonly publish?: string
  readonly reviewCases: number
  readonly seed: number
  /** Share of the senders to judge, above 0; absent for all. */
  readonly sample?: number
}
