import type { Decision } from '../detection/judge.ts'
import { MINUTE } from '../domain/time.ts'

/** Senders that are counted at once: beyond, the one that was quiet longest starts over. */
const MAX_SENDERS = 10_000

/**
 * Lets so many message alerts of one sender a minute of event time go out: a sender that floods a port must not flood those
 * who read the alerts. What is left out has its verdict, and the states of its sender.
 */
export class AlertCap {
  readonly #most: number
  readonly #capped: (messages: number) => void
  readonly #counts = new Map<string, { readonly minute: number; count: number }>()

  /** `most`: 0 switches the cap off. `capped`: called with the number of messages of a batch that get no alert. */
  constructor(most: number, capped: (messages: number) => void) {
    this.#most = most
    this.#capped = capped
  }

  /** The decisions of a batch, without alerts where a sender has too many. */
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
