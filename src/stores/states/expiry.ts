import type { AlertOptions } from '../../detection/alerts/alert-options.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import { expiryOf, type StateInput } from '../../domain/state.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { lagBehind, MINUTE } from '../../domain/time.ts'
import { type Due, due, dueByHand, type LifecycleLimits, type Reception } from './lifecycle.ts'

/** Tolerance for clocks of readers, which drop an event at its `expiresAt`, ms. */
const EXPIRY_GRACE = MINUTE

export interface ExpiryParts {
  readonly clock: BoundedClock
  readonly lateAfterExpiry: boolean
  readonly alerts: Pick<AlertOptions, 'maxLag'>
  readonly ordersLastBy?: 'clock' | 'event'
}

/** Relates the event time of states to the clock of their readers. */
export class Expiry {
  readonly #parts: ExpiryParts

  constructor(parts: ExpiryParts) {
    this.#parts = parts
  }

  /** The reception of a signal; without a message, the state keeps its lag. */
  receptionOf({ message }: StateInput, current: StateRecord | undefined): Reception {
    const { lateAfterExpiry, clock, alerts } = this.#parts
    return {
      late: (expiry) => lateAfterExpiry && clock.earliest() > expiry,
      lag: (at) => (message ? lagBehind(message.receivedAt, at, alerts.maxLag ?? 0) : (current?.lag ?? 0)),
    }
  }

  /** The action due on an open state, by the watermark and, if it is enforced, by the clock. */
  asks(state: StateRecord, watermark: number | undefined, limits: LifecycleLimits): Due | undefined {
    const { lateAfterExpiry, clock, ordersLastBy } = this.#parts
    if (state.byHand) {
      const now = ordersLastBy === 'event' ? watermark : clock.now()
      return now === undefined ? undefined : dueByHand(state, now, limits)
    }
    const { lag = 0 } = state
    // The watermark may be set by other gateways, which are ahead of the lagging one.
    const reached =
      watermark === undefined || lag === 0 ? watermark : Math.min(watermark, clock.earliest() - lag)
    const asks = reached === undefined ? undefined : due(state, reached, limits)
    const isOver = (expiry: number) => state.enforced && lateAfterExpiry && clock.passed(expiry)
    const isTooLate = asks?.kind === 'renew' && isOver(asks.at + limits.validity + lag)
    if (asks && !isTooLate) return asks
    if (!isOver(expiryOf(state) + EXPIRY_GRACE)) return undefined
    return { kind: 'clear', at: state.expiresAt, cause: 'expired' }
  }
}
