import type { ErrorCode } from './errors.ts'

/** Why a map did not read all of a record: see `sigwatch_mapping_left_out_total`. */
export const LEFT_OUT_REASONS = ['recipients', 'udh', 'udh_as_text', 'tenant'] as const
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number]

export const SIDE_INPUTS = ['registry', 'consents', 'replies', 'complaints', 'feedback'] as const
export type SideInput = (typeof SIDE_INPUTS)[number]

/** What happens to records and rows as they are read. */
export type InputEvent =
  | { readonly name: 'dead_lettered'; readonly error: ErrorCode; readonly count: number }
  /** The map left something of a record out, or read something that is no text as text. */
  /** By tenant: those that the policy has rules for, and `other`. */
  | {
      readonly name: 'tenant_counted'
      readonly tenant: string
      readonly messages: number
      readonly alerts: number
    }
  | { readonly name: 'mapping_left_out'; readonly reason: LeftOutReason; readonly count: number }
  /**
   * How far the event time of an input topic lies behind the Kafka timestamps; `records`: those whose own time lies more
   * than 5 minutes behind.
   */
  | {
      readonly name: 'input_lag'
      readonly topic: string
      readonly seconds: number
      readonly records: number
    }
  | {
      readonly name: 'side_input_rows'
      readonly input: SideInput
      readonly accepted: number
      readonly refused: number
    }
