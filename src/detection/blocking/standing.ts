import { type Action, stronger } from '../../domain/decision.ts'
import type { Asking } from './records.ts'

/** A state that throttles, as far as counting goes. */
export interface Throttle {
  readonly state: string
  readonly perMinute: number
}

/** What is asked for of a message, before anything is counted. */
export interface Standing {
  /** The strongest of what needs no counting. */
  readonly action: Exclude<Action, 'throttle'>
  /** All of them must have room; none under a block. */
  readonly throttles: readonly Throttle[]
  /** A verdict or an alert asks for a throttle, and no state says how many. */
  readonly throttledBare: boolean
  /** Ids of the states that hold, or may hold. */
  readonly states: readonly string[]
  readonly why: readonly string[]
  /** The state that asks for `action`. */
  readonly by?: string
}

/** Gathers what is asked for. */
export class Found {
  #action: Standing['action'] = 'none'
  #by: string | undefined
  #throttledBare = false
  readonly #throttles: Throttle[] = []
  readonly #states: string[] = []
  readonly #why = new Set<string>()

  message(action: Action, codes: readonly string[]): void {
    if (action === 'throttle') this.#throttledBare = true
    else this.#action = stronger(this.#action, action) as Standing['action']
    if (action !== 'none') for (const code of codes) this.#why.add(code)
  }

  state(id: string, { codes, perMinute }: Asking, action: Action): void {
    this.#states.push(id)
    for (const code of codes) this.#why.add(code)
    if (action === 'throttle') {
      this.#throttles.push({ state: id, perMinute: perMinute! })
      return
    }
    if (action === 'none') return
    const strongest = stronger(this.#action, action) as Standing['action']
    if (strongest !== this.#action || (this.#by === undefined && action === strongest)) this.#by = id
    this.#action = strongest
  }

  standing(): Standing {
    const action = this.#action
    return {
      action,
      throttles: action === 'block' ? [] : this.#throttles,
      throttledBare: this.#throttledBare && action !== 'block' && this.#throttles.length === 0,
      states: this.#states,
      why: [...this.#why],
      ...(this.#by === undefined ? {} : { by: this.#by }),
    }
  }
}
