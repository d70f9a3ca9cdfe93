import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long, ms, work goes on before timers, sockets and other work have their turn. */
const TURN = 8

/** Divides long work into short turns of the event loop. */
export class Turns {
  #began = performance.now()

  /** To be asked every few hundred steps: whether `next` is due. */
  get isOver(): boolean {
    return performance.now() - this.#began >= TURN
  }

  async next(): Promise<void> {
    await nextTurn()
    this.#began = performance.now()
  }
}
