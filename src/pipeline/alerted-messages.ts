import type { AlertedMessage } from '../domain/allowance.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { BatchBreaker } from './degradation.ts'

/** Maximum number of messages that wait for the store, as many as it keeps per hour. */
const MAX_WAITING = 32_000
/** Maximum number of waiting messages sent with a batch: all at once would exceed the time limit. */
const STEP = 1_000

/**
 * Stores the data behind alerted messages, which analysts may refer to. Messages that the store did not accept wait for
 * the next batches; above the limit the oldest are dropped.
 */
export class AlertedMessages {
  readonly #store: Pick<StateStore, 'rememberAlerted'>
  #waiting: AlertedMessage[] = []

  constructor(store: Pick<StateStore, 'rememberAlerted'>) {
    this.#store = store
  }

  /** Rejects with errors other than outages. */
  async remember(alerted: readonly AlertedMessage[], breaker: BatchBreaker): Promise<void> {
    const due = [...this.#waiting.splice(0, STEP), ...alerted]
    if (due.length === 0) return
    let isTaken = false
    try {
      isTaken = (await breaker.ask(() => this.#store.rememberAlerted(due).then(() => true))) ?? false
    } finally {
      if (!isTaken) this.#waiting = [...due, ...this.#waiting].slice(-MAX_WAITING)
    }
  }
}
