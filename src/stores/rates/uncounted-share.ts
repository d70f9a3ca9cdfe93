import { SECOND } from '../../domain/time.ts'

/** Period of the share, seconds. */
const SECONDS = 10

/** The share of messages in the last ten seconds that were not fully counted. */
export class UncountedShare {
  /** By second. */
  readonly #counts = new Map<number, { messages: number; uncounted: number }>()

  note(messages: number, uncounted: number): void {
    const second = Math.floor(performance.now() / SECOND)
    const counts = this.#counts.get(second)
    if (counts) {
      counts.messages += messages
      counts.uncounted += uncounted
      return
    }
    this.#counts.set(second, { messages, uncounted })
    for (const old of this.#counts.keys()) if (old <= second - SECONDS) this.#counts.delete(old)
  }

  /** Between 0 and 1; 0 without messages. */
  get value(): number {
    const since = Math.floor(performance.now() / SECOND) - SECONDS
    let messages = 0
    let uncounted = 0
    for (const [second, counts] of this.#counts) {
      if (second <= since) continue
      messages += counts.messages
      uncounted += counts.uncounted
    }
    return messages === 0 ? 0 : uncounted / messages
  }
}
