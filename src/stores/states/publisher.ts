import { blockRow, outboxEntry } from '../../detection/alerts/state-alert.ts'
import { alertRecord } from '../../domain/alert-record.ts'
import type { Action } from '../../domain/decision.ts'
import type { SigwatchError } from '../../domain/errors.ts'
import { addTo } from '../../domain/maps.ts'
import type { OutputRecord, Sink } from '../../domain/ports.ts'
import { type RefusedRecord, SinkRefused } from '../../domain/sink-refused.ts'
import type { OutboxEntry, StateStore } from '../../domain/state-store.ts'

export interface PublisherParts {
  readonly store: Pick<StateStore, 'get' | 'pending' | 'acknowledge'>
  readonly sink: Pick<Sink, 'has' | 'write'>
  /** The least action of the states that the block table holds. */
  readonly blocksFrom: Action
  /** Gives up all waiting for the sink. */
  readonly signal?: AbortSignal
  /** Called for every entry of which the sink refuses a record for good: that record is given up. */
  readonly refused?: (entry: OutboxEntry, error: SigwatchError) => void
  /** Called for what was acknowledged as a whole. */
  readonly published?: (entries: readonly OutboxEntry[]) => void
}

/**
 * Moves events of states from the outbox to the sink: written, acknowledged, then deleted, so a crash at any point
 * repeats an event under the same id and loses none.
 */
export class StatePublisher {
  readonly #parts: PublisherParts
  /** Written to the outbox by this instance and not yet sent. */
  #waiting: OutboxEntry[] = []
  readonly #inFlight = new Set<string>()
  readonly #sending = new Set<Promise<void>>()

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /** Takes in an event that was written to the outbox: it goes out with the next `publish`. */
  add(entry: OutboxEntry): void {
    this.#waiting.push(entry)
  }

  /**
   * Resolves when everything that was added is acknowledged by the sink and out of the outbox. Waits out outages of the
   * sink until the signal is aborted. What is not sent by then stays in the outbox for `resend`.
   */
  async publish(signal = this.#parts.signal): Promise<void> {
    const others = [...this.#sending]
    const entries = this.#waiting
    this.#waiting = []
    if (entries.length > 0) await this.#publish(entries, signal)
    if (others.length > 0) await this.#untilStopped(Promise.allSettled(others))
  }

  /** Publishes what has lain in the outbox for `olderThanMs`: events whose writer died. Returns how many. */
  async resend(olderThanMs: number, signal = this.#parts.signal): Promise<number> {
    const entries = await this.#parts.store.pending(olderThanMs)
    await this.#publish(entries, signal)
    return entries.length
  }

  async #publish(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void> {
    const mine = entries.filter((entry) => !this.#inFlight.has(entry.id))
    if (mine.length === 0) return
    for (const entry of mine) this.#inFlight.add(entry.id)
    const sending = this.#deliver(mine, signal)
    this.#sending.add(sending)
    try {
      await sending
    } finally {
      this.#sending.delete(sending)
      for (const entry of mine) this.#inFlight.delete(entry.id)
    }
  }

  async #deliver(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void> {
    const refused = await this.#send(entries, (entry) => this.#recordsOf(entry), signal)
    await this.#settleBlocks(entries, signal)
    await this.#parts.store.acknowledge(
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.alert.data.state!.id),
    )
    this.#parts.published?.(entries.filter((entry) => !refused.has(entry)))
  }

  #blockRecords(entry: OutboxEntry): OutputRecord[] {
    const { block, alert } = entry
    if (!block || !this.#parts.sink.has('blocks')) return []
    if (block.value !== null) return [{ channel: 'blocks', ...block }]
    // A tombstone says what it ends: rows of other partitions of the alerts may come before it.
    const { episode, revision } = alert.data.state!
    const headers = { 'sigwatch-episode': String(episode), 'sigwatch-revision': String(revision) }
    return [{ channel: 'blocks', ...block, headers }]
  }

  #recordsOf(entry: OutboxEntry): OutputRecord[] {
    const alert = alertRecord(entry.alert)
    const blocks = this.#blockRecords(entry)
    return this.#parts.sink.has(alert.channel) ? [alert, ...blocks] : blocks
  }

  /** Resolves with the entries of which a record is refused for good; every other record was delivered. */
  async #send(
    entries: readonly OutboxEntry[],
    toRecords: (entry: OutboxEntry) => readonly OutputRecord[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<OutboxEntry>> {
    const items = entries.flatMap((entry) => toRecords(entry).map((record) => ({ entry, record })))
    const refused = new Map<OutboxEntry, RefusedRecord[]>()
    if (items.length === 0) return new Set()
    try {
      await this.#parts.sink.write(
        items.map(({ record }) => record),
        signal,
      )
    } catch (error) {
      if (!(error instanceof SinkRefused)) throw error
      for (const one of error.refused) {
        const { entry } = items[one.index]!
        addTo(refused, entry, one)
      }
    }
    for (const [entry, some] of refused) this.#parts.refused?.(entry, new SinkRefused(some))
    return new Set(refused.keys())
  }

  /** Also what another caller sends, under a signal of its own, is waited for no longer than the process does. */
  async #untilStopped(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#parts
    if (!signal) return void (await work)
    const over = new AbortController()
    const stopped = new Promise((resolve) => {
      if (signal.aborted) resolve(undefined)
      signal.addEventListener('abort', resolve, { once: true, signal: over.signal })
    })
    await Promise.race([work, stopped])
    over.abort()
  }

  /**
   * The block table keeps the last row written, and two instances may write rows of one state out of order. Who has
   * written a row looks at the state afterwards and writes the newer row if there is one: the last writer sees the
   * last state, so the table ends right.
   */
  async #settleBlocks(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void> {
    const { sink, store, blocksFrom } = this.#parts
    if (!sink.has('blocks')) return
    const last = new Map<string, OutboxEntry>()
    for (const entry of entries) if (entry.block) last.set(entry.block.key, entry)
    let unsettled = [...last.values()]
    while (unsettled.length > 0) {
      const states = await store.get(unsettled.map((entry) => entry.block!.key))
      const newer: OutboxEntry[] = []
      for (const [i, entry] of unsettled.entries()) {
        const state = states[i]
        if (!state || blockRow(state, blocksFrom) === entry.block!.value) continue
        newer.push(outboxEntry(state, true, entry.at, blocksFrom))
      }
      await this.#send(newer, (entry) => this.#blockRecords(entry), signal)
      unsettled = newer
    }
  }
}
