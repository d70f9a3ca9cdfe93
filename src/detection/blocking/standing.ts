import { type Action, stronger } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import type { Asking, Verdict } from './records.ts'

export interface Throttle {
  readonly state: string
  readonly perMinute: number
}

/** The actions requested for a message, before throttles are counted. */
export interface Standing {
  /** The strongest action that needs no counting. */
  readonly action: Exclude<Action, 'throttle'>
  /** Each must have capacity left; empty under a block. */
  readonly throttles: readonly Throttle[]
  /** A verdict or an alert requests a throttle, but no state gives the rate. */
  readonly throttledBare: boolean
  /** Ids of the states that match, or may match. */
  readonly states: readonly string[]
  readonly codes: readonly CodeAsking[]
  /** The state that requests `action`. */
  readonly by?: string
  /** The alert on the message that requests `action`. */
  readonly alert?: string
}

/** A code and its action; undefined: a weaker one than it is listed with. */
export interface CodeAsking {
  readonly code: string
  readonly action: Action | undefined
}

/** Codes by name, starting with those that request this action. */
export function codesFor(codes: readonly CodeAsking[], action: Action): readonly string[] {
  const [first, rest] = [true, false].map((asks) => codes.filter((one) => (one.action === action) === asks))
  return [...new Set([...first!, ...rest!].map(({ code }) => code))]
}

export class Found {
  #action: Standing['action'] = 'none'
  #by: string | undefined
  #throttledBare = false
  readonly #throttles: Throttle[] = []
  readonly #states: string[] = []
  readonly #codes: CodeAsking[] = []
  /** The alert with the strongest action. */
  #alert: { readonly id: string; readonly action: Action } | undefined

  alert(id: string, { action, codes, asking }: Asking): void {
    this.#message(action)
    if (!this.#alert || stronger(this.#alert.action, action) !== this.#alert.action)
      this.#alert = { id, action }
    for (const [i, code] of codes.entries())
      this.#codes.push({ code, action: i < asking ? action : undefined })
  }

  /** Called after the alerts: they state the action of each code, a verdict does not. */
  verdict({ action, codes }: Verdict): void {
    this.#message(action)
    if (action === 'none') return
    const asked = this.#alert?.action === action ? undefined : action
    for (const code of codes) this.#codes.push({ code, action: asked })
  }

  #message(action: Action): void {
    if (action === 'throttle') this.#throttledBare = true
    else this.#action = stronger(this.#action, action) as Standing['action']
  }

  state(id: string, { codes, perMinute }: Asking, action: Action): void {
    this.#states.push(id)
    for (const code of codes) this.#codes.push({ code, action })
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
    const alert = this.#alert?.action === action ? this.#alert.id : undefined
    return {
      action,
      throttles: action === 'block' ? [] : this.#throttles,
      throttledBare: this.#throttledBare && action !== 'block' && this.#throttles.length === 0,
      states: this.#states,
      codes: this.#codes,
      ...given({ by: this.#by, alert }),
    }
  }
}
