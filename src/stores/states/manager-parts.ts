import type { AlertOptions } from '../../detection/alerts/alert-options.ts'
import type { Feedback } from '../../detection/alerts/state-alert.ts'
import type { ClearCause } from '../../domain/alert.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { StateCore } from '../../domain/state.ts'
import type { OutboxEntry, StateRecord, StateStore } from '../../domain/state-store.ts'
import type { VersionsInForce } from '../../domain/versions.ts'
import type { FormerTokens } from './former-tokens.ts'
import type { LifecycleLimits } from './lifecycle.ts'

export interface StateManagerParts {
  readonly store: StateStore
  readonly versions: VersionsInForce
  readonly alerts: AlertOptions
  /** Takes every event that was written to the outbox; it goes out when it is published. */
  readonly outbox: { add(entry: OutboxEntry): void }
  readonly clock: BoundedClock
  /** Called with the number of signals that raised nothing: their port has too many open states. */
  readonly capped?: (signals: number) => void
  /** Events past their `expiresAt` by the clock are shadow and `late`: with Kafka and `alerts.maxAge` > 0. */
  readonly lateAfterExpiry: boolean
  /** Whether what people order lasts by the clock (the default), or by event time as in the embedded mode. */
  readonly ordersLastBy?: 'clock' | 'event'
  readonly limits?: LifecycleLimits
  /** Recipients as the token keys of before named them. */
  readonly formerTokens?: FormerTokens
}

/** What is written next for a state, and whether it is published. */
export interface Write {
  readonly next: StateRecord
  readonly isEvent: boolean
}

/** What becomes of an open state; undefined: it stays as it is. */
export type Step = (
  current: StateRecord,
) => { readonly next: StateCore; readonly cause?: ClearCause; readonly feedback?: Feedback } | undefined
