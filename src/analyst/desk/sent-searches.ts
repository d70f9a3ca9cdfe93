import type { Answer } from './answers.ts'

/** A stored search ends this long after it was stored, so that colleagues see the same results, ms. */
export const AHEAD = 60_000

/**
 * Answers to the searches that were sent last, in memory: a search that is sent again while it still takes in new alerts is stored
 * once. Times are monotonic, ms.
 */
export class SentSearches {
  readonly #sent = new Map<string, { readonly answer: Promise<Answer>; readonly at: number }>()

  /** `same`: the search with its session. Rejects as `store` does; only redirects are kept. */
  once(same: string, now: number, store: () => Promise<Answer>): Promise<Answer> {
    for (const [key, { at }] of this.#sent) if (at <= now - AHEAD) this.#sent.delete(key)
    const sent = this.#sent.get(same)
    if (sent) return sent.answer
    const answer = store()
    this.#sent.set(same, { answer, at: now })
    const forget = () => this.#sent.delete(same)
    answer.then(({ status }) => status === 303 || forget(), forget)
    return answer
  }
}
