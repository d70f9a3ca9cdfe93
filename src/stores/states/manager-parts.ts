import type { AlertOptions } from '../../detection/alerts/alert-options.ts'
import { changeOf, type Feedback } from '../../detection/alerts/state-alert.ts'
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
  /** Receives every event written to the outbox, for publication. */
  readonly outbox: { add(entry: OutboxEntry): void }
  readonly clock: BoundedClock
  /** Called with the number of signals that were ignored because their port has too many open states. */
  readonly capped?: (signals: number) => void
  /** Whether events past their `expiresAt` by the clock become shadow and `late`: with Kafka and `alerts.maxAge` > 0. */
  readonly lateAfterExpiry: boolean
  /** Whether manual orders expire by the clock (the default), or by event time as in the embedded mode. */
  readonly ordersLastBy?: 'clock' | 'event'
  readonly limits?: LifecycleLimits
  readonly formerTokens?: FormerTokens
}

export interface Write {
  readonly next: StateRecord
  readonly isEvent: boolean
}

/** Writes a state with its event; undefined if another instance wrote first. */
export async function written(
  { store, clock, outbox, alerts }: Pick<StateManagerParts, 'store' | 'clock' | 'outbox' | 'alerts'>,
  write: Write,
  current: StateRecord | undefined,
): Promise<StateRecord | undefined> {
  const { next, entry } = changeOf(write, current, clock.now(), alerts.blocksFrom)
  if (!(await store.put(next, current?.version ?? 0, entry))) return undefined
  if (entry) outbox.add(entry)
  return next
}

/** The change to an open state, or undefined to leave it unchanged. */
export type Step = (
  current: StateRecord,
) => { readonly next: StateCore; readonly cause?: ClearCause; readonly feedback?: Feedback } | undefined
