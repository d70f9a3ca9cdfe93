import type { AlertType } from './alert.ts'
import type { Code } from './codes.ts'
import type { Action, Mode } from './decision.ts'
import type { ErrorCode } from './errors.ts'
import type { Label } from './labels.ts'

/** Stages whose time is measured, in the order of the flow. */
export const TIMED_STAGES = ['intake', 'classify', 'detect', 'rate', 'decide', 'sink'] as const
export type TimedStage = (typeof TIMED_STAGES)[number]

/**
 * Everything that happens and that somebody may want to know, by name: each becomes a log line, a metric, or both
 * (src/telemetry). Emitted once a batch; no field ever holds a signature, a number, a domain or a text.
 */
export type Event =
  | {
      readonly name: 'batch_processed'
      readonly records: number
      readonly messages: number
      readonly bytes: number
      readonly blocked: number
      readonly partial: number
      readonly joinedParts: number
    }
  | { readonly name: 'stage_timed'; readonly stage: TimedStage; readonly seconds: number }
  | { readonly name: 'labels_counted'; readonly counts: Readonly<Partial<Record<Label, number>>> }
  | {
      readonly name: 'codes_counted'
      readonly mode: Mode
      readonly counts: Readonly<Partial<Record<Code, number>>>
    }
  | {
      readonly name: 'alerts_emitted'
      readonly type: AlertType
      readonly code: Code
      readonly action: Action
      readonly mode: Mode
      readonly count: number
    }
  | { readonly name: 'verdicts_counted'; readonly counts: Readonly<Partial<Record<Action | 'pass', number>>> }
  | { readonly name: 'dead_lettered'; readonly error: ErrorCode; readonly count: number }
  /** Seconds from the broker's append to the acknowledgement of the alert, one a message alert. */
  | { readonly name: 'alert_latency'; readonly seconds: readonly number[] }
  | {
      readonly name: 'partition_progress'
      readonly topic: string
      readonly partition: number
      readonly lag: number | undefined
      readonly eventTime: number
    }
  | { readonly name: 'watermark_moved'; readonly eventTime: number }
  /** Partitions that hold the watermark back: read but behind, or read by nobody. */
  | { readonly name: 'watermark_held'; readonly lagging: number; readonly ownerless: number }
  | { readonly name: 'states_open'; readonly counts: Readonly<Partial<Record<Code, number>>> }
  | { readonly name: 'outbox_pending'; readonly count: number }
  | { readonly name: 'features_degraded'; readonly reason: string }
  | { readonly name: 'features_recovered'; readonly seconds: number }
  | { readonly name: 'counting_reset'; readonly topic: string; readonly partition: number }
  | { readonly name: 'model_loaded'; readonly id: string; readonly backend: string }
  | { readonly name: 'policy_loaded'; readonly hash: string }
  | {
      readonly name: 'registry_loaded'
      readonly hash: string
      readonly brands: number
      readonly signatures: number
      readonly ports: number
    }
  | {
      readonly name: 'reload_refused'
      readonly what: 'model' | 'policy' | 'registry'
      readonly reason: string
    }
  | {
      readonly name: 'side_input_rows'
      readonly input: SideInput
      readonly accepted: number
      readonly refused: number
    }
  | { readonly name: 'partitions_assigned'; readonly count: number }
  | { readonly name: 'partitions_revoked'; readonly count: number }
  | { readonly name: 'consumer_stalled'; readonly seconds: number }
  /** `seconds`: how long nothing went on. */
  | { readonly name: 'consumer_resumed'; readonly seconds: number }
  | { readonly name: 'connection_lost'; readonly service: 'kafka' | 'redis'; readonly reason: string }
  | { readonly name: 'connection_restored'; readonly service: 'kafka' | 'redis' }
  | { readonly name: 'warning'; readonly message: string }
  | { readonly name: 'started'; readonly version: string; readonly mode: 'service' | 'embedded' }
  | { readonly name: 'stopping'; readonly reason: string }
  | { readonly name: 'stopped' }
  | { readonly name: 'failed'; readonly code: ErrorCode; readonly reason: string }

export const SIDE_INPUTS = ['registry', 'consents', 'replies', 'complaints', 'feedback'] as const
export type SideInput = (typeof SIDE_INPUTS)[number]

export type Emit = (event: Event) => void
