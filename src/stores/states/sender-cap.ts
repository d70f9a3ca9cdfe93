import type { Signal } from '../../domain/decision.ts'
import type { OpenStates } from './open-states.ts'

/** Open states of senders on one port: an honest port carries a few names. */
const MAX_STATES_OF_PORT = 100

/**
 * Keeps what one call raises within the open states that the senders of one port may have: each name that a port makes
 * up would raise another.
 */
export class SenderCap {
  readonly #open: Pick<OpenStates, 'get' | 'sendersOn'>
  /** States that the call may raise, by port. */
  readonly #raising = new Map<string, number>()
  #refused = 0

  constructor(open: Pick<OpenStates, 'get' | 'sendersOn'>) {
    this.#open = open
  }

  /** Signals that were refused. */
  get refused(): number {
    return this.#refused
  }

  /** Whether a signal may not raise its state, by id. */
  refuses(id: string, { target, match }: Signal): boolean {
    const port = target.kind === 'sender' ? match.ports?.[0] : undefined
    if (port === undefined || this.#open.get(id)) return false
    const more = this.#raising.get(port) ?? 0
    if (this.#open.sendersOn(port) + more >= MAX_STATES_OF_PORT) {
      this.#refused++
      return true
    }
    this.#raising.set(port, more + 1)
    return false
  }
}
