import type { AlertedMessage } from '../domain/allowance.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { Reach } from './degradation.ts'

/** Messages that wait for the store, at most: as many as it remembers of an hour. */
const MAX_WAITING = 32_000

/**
 * Remembers what messages were alerted for, since an analyst may name them. What the store does not take waits for the
 * next batch; beyond the limit the oldest are given up.
 */
export class AlertedMessages {
  readonly #store: Pick<StateStore, 'rememberAlerted'>
  #waiting: AlertedMessage[] = []

  constructor(store: Pick<StateStore, 'rememberAlerted'>) {
    this.#store = store
  }

  /** Rejects with what is no outage. */
  async remember(alerted: readonly AlertedMessage[], reach: Reach): Promise<void> {
    const due = [...this.#waiting, ...alerted]
    if (due.length === 0) return
    this.#waiting = []
    let isTaken = false
    try {
      isTaken = (await reach.ask(() => this.#store.rememberAlerted(due).then(() => true))) ?? false
    } finally {
      if (!isTaken) this.#waiting = [...due, ...this.#waiting].slice(-MAX_WAITING)
    }
  }
}
