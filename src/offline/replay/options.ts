import type { Config } from '../../settings/config.ts'
import type { RangeWish } from './ranges.ts'

/** What is replayed, and with what. */
export interface ReplayOptions {
  /** Files of input records; undefined: the topic of the configuration. */
  readonly files?: readonly string[]
  /** Of several inputs, the one that is read. */
  readonly topic?: string
  readonly range: RangeWish
  /** Verdicts as written: a file, or the topic of the configuration; undefined: a second run under `now`. */
  readonly against: { readonly file: string } | 'kafka' | undefined
  /** What judges: model, policy, registry and side inputs. */
  readonly config: Config
  /** What is configured now. */
  readonly now: Config
  /** Reference clock of files, epoch ms; undefined: the wall clock. */
  readonly clock?: number
  /** Records a second; undefined: no limit. */
  readonly rate?: number
  readonly resume?: string
  readonly verdicts?: string
  readonly alerts?: string
  readonly publish?: string
  readonly reviewCases: number
  readonly seed: number
  /** Share of the senders that is judged, above 0; absent: all. */
  readonly sample?: number
}
