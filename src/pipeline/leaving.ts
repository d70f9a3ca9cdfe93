import { setTimeout as sleep } from 'node:timers/promises'

/** Share of the time limit in which work may still begin. */
const BEGIN_SHARE = 0.2

/**
 * Assignments that are given up. Work in flight is settled within a time limit, and work that has not begun early in it
 * is left to the next owner: writing it later would delay the next owner, who writes it again.
 */
export class Leaving {
  readonly #within: number
  #leftUpTo = Number.NEGATIVE_INFINITY

  /** `within` is the time limit for settling, ms. */
  constructor(within: number) {
    this.#within = within
  }

  /** The items whose work may still begin. */
  kept<T extends { readonly epoch: number }>(items: T[]): T[] {
    const isKept = ({ epoch }: T) => epoch > this.#leftUpTo
    return items.every(isKept) ? items : items.filter(isKept)
  }

  /** Work of this and earlier assignments no longer begins. */
  leave(epoch: number): void {
    this.#leftUpTo = Math.max(this.#leftUpTo, epoch)
  }

  /**
   * Resolves when the work in flight of the assignment is settled, or at the time limit, when the rest is dropped.
   * `drain` resolves when everything is settled.
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
