import type { ErrorCode } from './errors.ts'

/** Why a map did not read a whole record: see `sigwatch_mapping_left_out_total`. */
export const LEFT_OUT_REASONS = ['recipients', 'udh', 'udh_as_text', 'tenant'] as const
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number]

export const SIDE_INPUTS = ['registry', 'consents', 'replies', 'complaints', 'feedback'] as const
export type SideInput = (typeof SIDE_INPUTS)[number]

export type InputEvent =
  | { readonly name: 'dead_lettered'; readonly error: ErrorCode; readonly count: number }
  /** The map left out part of a record, or read binary content as text. */
  /** By tenant: those the policy has rules for, and `other`. */
  | {
      readonly name: 'tenant_counted'
      readonly tenant: string
      readonly messages: number
      readonly alerts: number
    }
  | { readonly name: 'mapping_left_out'; readonly reason: LeftOutReason; readonly count: number }
  /** How far the event time of an input topic is behind the Kafka timestamps; `records`: those more than 5 minutes behind. */
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
