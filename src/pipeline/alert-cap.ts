import type { Decision } from '../detection/judge.ts'
import { MINUTE } from '../domain/time.ts'

/** Maximum number of senders that are tracked; beyond it, the longest quiet one is dropped and starts over. */
const MAX_SENDERS = 10_000

/**
 * Limits the message alerts of one sender per minute of event time: a sender that floods a port must not flood the
 * readers of alerts. Messages without an alert still have their verdict, and their sender its states.
 */
export class AlertCap {
  readonly #most: number
  readonly #capped: (messages: number) => void
  readonly #counts = new Map<string, { readonly minute: number; count: number }>()

  /** `most` of 0 disables the cap. `capped` is called with the number of messages of a batch that get no alert. */
  constructor(most: number, capped: (messages: number) => void) {
    this.#most = most
    this.#capped = capped
  }

  /** The decisions of a batch, without alerts for senders above the limit. */
  limit(decisions: readonly Decision[]): readonly Decision[] {
    if (this.#most === 0) return decisions
    let capped = 0
    const limited = decisions.map((decision) => {
      const { message, enforced, shadow } = decision
      if (enforced.length + shadow.length === 0 || this.#admits(message.from, message.ts)) return decision
      capped++
      return { ...decision, enforced: [], shadow: [] }
    })
    if (capped > 0) this.#capped(capped)
    return limited
  }

  #admits(port: string, ts: number): boolean {
    const minute = Math.floor(ts / MINUTE)
    const known = this.#counts.get(port)
    if (known && known.minute >= minute) return ++known.count <= this.#most
    this.#counts.delete(port)
    this.#counts.set(port, { minute, count: 1 })
    if (this.#counts.size > MAX_SENDERS) this.#counts.delete(this.#counts.keys().next().value as string)
    return true
  }
}
