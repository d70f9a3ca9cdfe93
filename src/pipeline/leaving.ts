import { setTimeout as sleep } from 'node:timers/promises'

/** Share of the time to settle in which work may still begin. */
const BEGIN_SHARE = 0.2

/**
 * Assignments that are given up: what is in flight is settled within a bound, and what has not begun early in it is left
 * to the next owner. Written later than that it would hold up the next owner, who writes it again.
 */
export class Leaving {
  readonly #within: number
  #leftUpTo = Number.NEGATIVE_INFINITY

  /** `within`: how long it may take to settle, ms. */
  constructor(within: number) {
    this.#within = within
  }

  /** Of these items, those whose work may still begin. */
  kept<T extends { readonly epoch: number }>(items: T[]): T[] {
    const isKept = ({ epoch }: T) => epoch > this.#leftUpTo
    return items.every(isKept) ? items : items.filter(isKept)
  }

  /** No work of this assignment, or of those before, begins any more. */
  leave(epoch: number): void {
    this.#leftUpTo = Math.max(this.#leftUpTo, epoch)
  }

  /**
   * Resolves when what is in flight of the assignment is settled, or after the bound; it is left then. `drain`: resolves when
   * all is settled.
   */
  async settle(epoch: number, drain: () => Promise<void>): Promise<void> {
    const over = new AbortController()
    const after = (share: number) =>
      sleep(share * this.#within, undefined, { signal: over.signal }).catch(() => undefined)
    const left = after(BEGIN_SHARE).then(() => this.leave(epoch))
    await Promise.race([drain().catch(() => undefined), after(1)])
    over.abort()
    await left
  }
}
