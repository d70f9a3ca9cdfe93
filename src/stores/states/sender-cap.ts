import type { Signal } from '../../domain/decision.ts'
import type { OpenStates } from './open-states.ts'

/** Maximum number of open sender states on one port: legitimate ports carry few names. */
const MAX_STATES_OF_PORT = 100

/**
 * Limits the states that one call raises to the maximum of open sender states per port: otherwise each name that a port
 * invents would raise another one.
 */
export class SenderCap {
  readonly #open: Pick<OpenStates, 'get' | 'sendersOn'>
  readonly #raising = new Map<string, number>()
  #refused = 0

  constructor(open: Pick<OpenStates, 'get' | 'sendersOn'>) {
    this.#open = open
  }

  get refused(): number {
    return this.#refused
  }

  /** Whether a signal may not raise its state with this id. */
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
