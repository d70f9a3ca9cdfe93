import { setTimeout as sleep } from 'node:timers/promises'

/** Shorter waits are left to the next call, ms. */
const LEAST = 20

/** Holds work back to so many records a second. */
export class Pace {
  readonly #perSecond: number | undefined
  #began: number | undefined
  #done = 0

  /** Undefined: as fast as it goes. */
  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond
  }

  /** Resolves when the next records may come after so many more. */
  async after(records: number, signal?: AbortSignal): Promise<void> {
    if (this.#perSecond === undefined) return
    this.#began ??= performance.now()
    this.#done += records
    const wait = this.#began + (this.#done / this.#perSecond) * 1000 - performance.now()
    if (wait >= LEAST) await sleep(wait, undefined, signal ? { signal } : {}).catch(() => undefined)
  }
}
