import { slimAlert } from '../detection/alerts/slim.ts'
import type { Alert } from '../domain/alert.ts'
import { alertRecord } from '../domain/alert-record.ts'
import type { Channel, OutputRecord, Sink } from '../domain/ports.ts'
import { SinkRefused } from '../domain/sink-refused.ts'

/**
 * The single output: everything that batches and states write passes here. An alert that the sink refuses is written
 * again without its texts, samples, contacts and evidence: the size of an alert must not keep a block from its readers.
 */
export class Outlet implements Sink {
  readonly #sink: Sink

  constructor(sink: Sink) {
    this.#sink = sink
  }

  has(channel: Channel): boolean {
    return this.#sink.has(channel)
  }

  /** See Sink. SINK_REFUSED lists the records refused for good, by index in `records`. */
  async write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void> {
    try {
      await this.#sink.write(records, signal)
    } catch (error) {
      if (!(error instanceof SinkRefused)) throw error
      const slimmed = error.refused.map((refused) => ({ ...refused, record: slimmer(refused.record) }))
      const again = slimmed.flatMap(({ record, index }) => (record ? [{ record, index }] : []))
      if (again.length === 0) throw error
      const places = await this.#refusedOf(again, signal)
      const refused = error.refused.filter(({ index }, i) => !slimmed[i]!.record || places.has(index))
      if (refused.length > 0) throw new SinkRefused(refused, { cause: error.cause })
    }
  }

  unready(): readonly string[] {
    return this.#sink.unready()
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  async #refusedOf(
    items: readonly { readonly record: OutputRecord; readonly index: number }[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<number>> {
    try {
      await this.#sink.write(
        items.map(({ record }) => record),
        signal,
      )
      return new Set()
    } catch (error) {
      if (!(error instanceof SinkRefused)) throw error
      return new Set(error.refused.map(({ index }) => items[index]!.index))
    }
  }
}

/** The alert with less content; undefined if nothing can be removed. */
export function slimmer({ channel, value, origin }: OutputRecord): OutputRecord | undefined {
  if ((channel !== 'alerts' && channel !== 'shadowAlerts') || value === null) return undefined
  const slim = alertRecord(slimAlert(JSON.parse(String(value)) as Alert))
  return origin === undefined ? slim : { ...slim, origin }
}
