import type { Action, Signal } from './decision.ts'
import type { AnalysedMessage, Position } from './message.ts'
import type { StateRecord } from './state-store.ts'

/** A state without its last event: what the rules of time work on. */
export type StateCore = Omit<StateRecord, 'alert'>

/** When the readers of a state drop it, on their clocks: its event time may be that of a gateway that lags. Epoch ms. */
export function expiryOf({ expiresAt, lag = 0 }: Pick<StateCore, 'expiresAt' | 'lag'>): number {
  return expiresAt + lag
}

/** An open enforced state that matches a message. */
export interface MatchingState {
  readonly id: string
  readonly action: Action
  readonly campaign?: string
}

/** A signal with the messages behind it, the one that tipped it last. */
export interface BackedSignal {
  readonly signal: Signal
  readonly messages: readonly AnalysedMessage[]
}

/** What a signal brings to its state. */
export interface StateInput {
  readonly signal: Signal
  /** The message that tipped it; absent where none did (complaints). */
  readonly message?: AnalysedMessage
  /** Further messages, of which up to 5 are shown. */
  readonly samples?: readonly AnalysedMessage[]
  /** The record that the event is traced to. */
  readonly position: Position
  readonly degraded?: boolean
}
