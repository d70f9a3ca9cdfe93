import type { Action, Signal } from './decision.ts'
import type { AnalysedMessage, Position } from './message.ts'
import type { StateRecord } from './state-store.ts'

/** A state without its last event, as used by the lifecycle rules. */
export type StateCore = Omit<StateRecord, 'alert'>

/** When readers of a state drop it by their own clocks, epoch ms: event time may come from a gateway that lags. */
export function expiryOf({ expiresAt, lag = 0 }: Pick<StateCore, 'expiresAt' | 'lag'>): number {
  return expiresAt + lag
}

export interface MatchingState {
  readonly id: string
  readonly action: Action
  readonly campaign?: string
}

/** A signal with the messages behind it; the last one triggered it. */
export interface BackedSignal {
  readonly signal: Signal
  readonly messages: readonly AnalysedMessage[]
}

export interface StateInput {
  readonly signal: Signal
  /** The message that triggered it; absent if none did (complaints). */
  readonly message?: AnalysedMessage
  /** Further messages; up to 5 are shown. */
  readonly samples?: readonly AnalysedMessage[]
  /** The record given as the origin of the event. */
  readonly position: Position
  readonly degraded?: boolean
}
