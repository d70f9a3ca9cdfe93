/** Of a record that the broker stamped when it was appended. */
const LOG_APPEND_TIME = 1

/**
 * The clock of the brokers, by which sigwatch and all blockers agree: known from the first record that is appended and read
 * while this one follows, and carried on by the monotonic clock. Until then, and where topics have CreateTime, that of
 * the host.
 */
export class BrokerClock {
  #offset: number | undefined

  /** Epoch ms. */
  now(): number {
    return this.#offset === undefined ? Date.now() : this.#offset + performance.now()
  }

  /** A record has come that was appended just now. */
  read(record: { readonly timestamp: string }): void {
    const { batchContext } = record as { readonly batchContext?: { readonly timestampType?: number } }
    if (batchContext?.timestampType === LOG_APPEND_TIME) this.appended(Number(record.timestamp))
  }

  /** A broker has appended a record at this time, epoch ms. The one that took least time on its way is the nearest. */
  appended(time: number): void {
    if (!(time > 0)) return
    this.#offset = Math.max(this.#offset ?? Number.NEGATIVE_INFINITY, time - performance.now())
  }
}
