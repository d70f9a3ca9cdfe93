import { blockRow, outboxEntry } from '../../detection/alerts/state-alert.ts'
import { alertRecord } from '../../domain/alert-record.ts'
import type { Action } from '../../domain/decision.ts'
import { addTo } from '../../domain/maps.ts'
import type { OutputRecord, Sink } from '../../domain/ports.ts'
import { type RefusedRecord, SinkRefused } from '../../domain/sink-refused.ts'
import type { OutboxEntry, StateStore } from '../../domain/state-store.ts'

export interface PublisherParts {
  readonly store: Pick<StateStore, 'get' | 'pending' | 'acknowledge'>
  readonly sink: Pick<Sink, 'has' | 'write'>
  readonly blocksFrom: Action
  /** Aborts all waiting for the sink. */
  readonly signal?: AbortSignal
  /** Called for every entry with a record that the sink refuses for good; that record is dropped. */
  readonly refused?: (entry: OutboxEntry, error: SinkRefused) => void
  /** Called for fully acknowledged entries. */
  readonly published?: (entries: readonly OutboxEntry[]) => void
}

/**
 * Moves state events from the outbox to the sink: written, acknowledged, then deleted. A crash at any point may repeat
 * an event under the same id but loses none.
 */
export class StatePublisher {
  readonly #parts: PublisherParts
  /** Written to the outbox by this instance and not sent yet. */
  #waiting: OutboxEntry[] = []
  readonly #inFlight = new Set<string>()
  readonly #sending = new Set<Promise<void>>()

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /** Adds an event that was written to the outbox, for the next `publish`. */
  add(entry: OutboxEntry): void {
    this.#waiting.push(entry)
  }

  /**
   * Resolves when all added events are acknowledged by the sink and deleted from the outbox. Outages of the sink are
   * waited out until the signal is aborted. Unsent events stay in the outbox for `resend`.
   */
  async publish(signal = this.#parts.signal): Promise<void> {
    const others = [...this.#sending]
    const entries = this.#waiting
    this.#waiting = []
    if (entries.length > 0) await this.#publish(entries, signal)
    if (others.length > 0) await this.#untilStopped(Promise.allSettled(others))
  }

  /** Publishes entries older than `olderThanMs`, whose writer died. Returns their number. */
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
    // A tombstone carries what it ends: rows on other partitions of the alerts topic may arrive earlier.
    const { episode, revision } = alert.data.state!
    const headers = { 'sigwatch-episode': String(episode), 'sigwatch-revision': String(revision) }
    return [{ channel: 'blocks', ...block, headers }]
  }

  #recordsOf(entry: OutboxEntry): OutputRecord[] {
    const alert = alertRecord(entry.alert)
    const blocks = this.#blockRecords(entry)
    return this.#parts.sink.has(alert.channel) ? [alert, ...blocks] : blocks
  }

  /** Resolves with the entries that have a record refused for good; all other records were delivered. */
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

  /** Work started by another caller with its own signal is also waited for only until this process stops. */
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
   * The block table keeps the last row written, and two instances may write rows of the same state out of order. Every
   * writer reads the state again after writing and writes a newer row if there is one: the last writer sees the final
   * state, so the table converges.
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
