import { alertRecord } from '../domain/alert-record.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { OutboxEntry, OutputRecord, Sink, StateStore } from '../domain/ports.ts'
import { blockRow, outboxEntry } from './alert.ts'

export interface PublisherOptions {
  readonly store: StateStore
  readonly sink: Pick<Sink, 'has' | 'write'>
  /** Told of every entry that the sink refuses for good: it is given up. */
  readonly refused?: (entry: OutboxEntry, error: SigwatchError) => void
  /** Told of what was acknowledged. */
  readonly published?: (entries: readonly OutboxEntry[]) => void
}

export interface StatePublisher {
  /** Resolves when the entries are acknowledged by the sink and out of the outbox. Waits out outages of the sink. */
  publish(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void>
  /** Publishes what has lain in the outbox for `olderThanMs`: events whose writer died. Returns how many. */
  resend(olderThanMs: number, signal?: AbortSignal): Promise<number>
}

/**
 * Moves events of states from the outbox to the sink: written, acknowledged, then deleted, so a crash at any point
 * repeats an event under the same id and loses none.
 */
export function createPublisher({ store, sink, refused, published }: PublisherOptions): StatePublisher {
  const inFlight = new Set<string>()

  function blockRecords(entry: OutboxEntry): OutputRecord[] {
    return entry.block && sink.has('blocks') ? [{ channel: 'blocks', ...entry.block }] : []
  }

  function recordsOf(entry: OutboxEntry): OutputRecord[] {
    const alert = alertRecord(entry.alert)
    return sink.has(alert.channel) ? [alert, ...blockRecords(entry)] : blockRecords(entry)
  }

  async function send(
    entries: readonly OutboxEntry[],
    toRecords: (entry: OutboxEntry) => readonly OutputRecord[],
    signal?: AbortSignal,
  ): Promise<void> {
    const records = entries.flatMap(toRecords)
    if (records.length === 0) return
    try {
      await sink.write(records, signal)
    } catch (error) {
      if (!(error instanceof SigwatchError) || error.code !== 'SINK_REFUSED') throw error
      if (entries.length === 1) refused?.(entries[0]!, error)
      // One record spoilt the batch: the others still go out.
      else for (const entry of entries) await send([entry], toRecords, signal)
    }
  }

  /**
   * The block table keeps the last row written, and two instances may write rows of one state out of order. Who has
   * written a row looks at the state afterwards and writes the newer row if there is one: the last writer sees the
   * last state, so the table ends right.
   */
  async function settleBlocks(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void> {
    if (!sink.has('blocks')) return
    const last = new Map<string, OutboxEntry>()
    for (const entry of entries) if (entry.block) last.set(entry.block.key, entry)
    let unsettled = [...last.values()]
    while (unsettled.length > 0) {
      const states = await store.get(unsettled.map((entry) => entry.block!.key))
      const newer: OutboxEntry[] = []
      for (const [i, entry] of unsettled.entries()) {
        const state = states[i]
        if (!state || blockRow(state) === entry.block!.value) continue
        newer.push(outboxEntry(state, true, entry.at))
      }
      await send(newer, blockRecords, signal)
      unsettled = newer
    }
  }

  async function publish(entries: readonly OutboxEntry[], signal?: AbortSignal): Promise<void> {
    const mine = entries.filter((entry) => !inFlight.has(entry.id))
    if (mine.length === 0) return
    for (const entry of mine) inFlight.add(entry.id)
    try {
      await send(mine, recordsOf, signal)
      await settleBlocks(mine, signal)
      await store.acknowledge(
        mine.map((entry) => entry.id),
        mine.map((entry) => entry.alert.data.state!.id),
      )
      published?.(mine)
    } finally {
      for (const entry of mine) inFlight.delete(entry.id)
    }
  }

  return {
    publish,
    async resend(olderThanMs, signal) {
      const entries = await store.pending(olderThanMs)
      await publish(entries, signal)
      return entries.length
    },
  }
}
