import type { AlertedMessage } from '../domain/allowance.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { Reach } from './degradation.ts'

/** Messages that wait for the store, at most: as many as it remembers of an hour. */
const MAX_WAITING = 32_000
/** Of those, how many go with a batch: all at once would not be answered in time. */
const STEP = 1_000

/**
 * Remembers what messages were alerted for, since an analyst may name them. What the store does not take waits for the
 * next batches; beyond the limit the oldest are given up.
 */
export class AlertedMessages {
  readonly #store: Pick<StateStore, 'rememberAlerted'>
  #waiting: AlertedMessage[] = []

  constructor(store: Pick<StateStore, 'rememberAlerted'>) {
    this.#store = store
  }

  /** Rejects with what is no outage. */
  async remember(alerted: readonly AlertedMessage[], reach: Reach): Promise<void> {
    const due = [...this.#waiting.splice(0, STEP), ...alerted]
    if (due.length === 0) return
    let isTaken = false
    try {
      isTaken = (await reach.ask(() => this.#store.rememberAlerted(due).then(() => true))) ?? false
    } finally {
      if (!isTaken) this.#waiting = [...due, ...this.#waiting].slice(-MAX_WAITING)
    }
  }
}
