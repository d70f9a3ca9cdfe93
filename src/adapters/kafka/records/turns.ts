import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest turn before timers, sockets and other work may run, ms. */
const TURN = 8

/** Splits long work into short turns of the event loop. */
export class Turns {
  #began = performance.now()

  /** Whether `next` is due; check it every few hundred steps. */
  get isOver(): boolean {
    return performance.now() - this.#began >= TURN
  }

  async next(): Promise<void> {
    await nextTurn()
    this.#began = performance.now()
  }
}
