import { setTimeout as sleep } from 'node:timers/promises'

/** Shorter waits are postponed to the next call, ms. */
const LEAST = 20

/** Limits work to a number of records per second. */
export class Pace {
  readonly #perSecond: number | undefined
  #began: number | undefined
  #done = 0

  /** undefined for no limit. */
  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond
  }

  /** Call after processing `records`; resolves when the next ones may follow. */
  async after(records: number, signal?: AbortSignal): Promise<void> {
    if (this.#perSecond === undefined) return
    this.#began ??= performance.now()
    this.#done += records
    const wait = this.#began + (this.#done / this.#perSecond) * 1000 - performance.now()
    if (wait >= LEAST) await sleep(wait, undefined, signal ? { signal } : {}).catch(() => undefined)
  }
}
