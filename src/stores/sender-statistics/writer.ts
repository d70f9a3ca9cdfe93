import type { Emit } from '../../domain/events.ts'
import type { Baselines, MeanRate } from '../../domain/feature-store.ts'
import { given } from '../../domain/given.ts'
import type { Clock, OutputRecord, Sink } from '../../domain/ports.ts'
import type { Registry } from '../../domain/registry.ts'
import type { DueMinute, SenderMinute, SenderMinutes } from '../../domain/sender-minutes.ts'
import { writeReporting } from '../../domain/sink-refused.ts'
import { MINUTE } from '../../domain/time.ts'
import type { VersionsInForce } from '../../domain/versions.ts'

/** A row of the topic `sms.stats`. */
export interface StatsRow {
  readonly signature: string
  readonly port: string
  readonly sp?: string
  readonly tenant?: string
  /** Start of the minute, epoch ms. */
  readonly ts: number
  readonly sent: SenderMinute['sent']
  readonly baseline?: MeanRate
  /** Messages per minute of a declared campaign of the signature. */
  readonly declared?: number
}

export interface StatsWriterParts {
  readonly minutes: SenderMinutes
  readonly baselines: Baselines
  readonly versions: VersionsInForce
  readonly sink: Pick<Sink, 'write'>
  readonly clock: Clock
  readonly emit: Emit
}

/** Interval between checks for due minutes, ms. */
const CHECK_EVERY = 5_000
const NO_SIGNATURE = '-'

/**
 * Writes the statistics of senders, one row per sender and minute. A row replaces earlier ones with the same key and
 * `ts`, written before a failure or before late messages were counted.
 */
export class StatsWriter {
  readonly #parts: StatsWriterParts
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(parts: StatsWriterParts) {
    this.#parts = parts
  }

  /**
   * Writes due minutes, at most once per interval and on one instance at a time. Rows that the sink refuses for good
   * are reported and skipped. Resolves with the number of rows written; rejects if the sink or the store fails, and the
   * minutes stay due.
   */
  async write(watermark: number | undefined, signal?: AbortSignal): Promise<number> {
    const { minutes, sink, clock, emit } = this.#parts
    if (performance.now() - this.#lookedAt < CHECK_EVERY) return 0
    this.#lookedAt = performance.now()
    let rows = 0
    for (const due of await minutes.due(watermark, clock.now())) {
      rows += await writeReporting(sink, await this.#recordsOf(due), emit, signal)
      await minutes.written([due], clock.now())
    }
    return rows
  }

  async #recordsOf({ minute, senders }: DueMinute): Promise<OutputRecord[]> {
    const { baselines, versions } = this.#parts
    const ts = minute * MINUTE
    const names = [...new Set(senders.map(({ signature }) => signature))].filter(
      (name) => name !== NO_SIGNATURE,
    )
    const means = await baselines.baselines(
      names.map((name) => `signature:${name}`),
      ts,
    )
    const byName = new Map(names.map((name, i) => [name, means[i]]))
    return senders.map((sender) => {
      const row = statsRow(sender, ts, byName.get(sender.signature), versions.current.registry)
      return { channel: 'stats', key: `${sender.signature}@${sender.port}`, value: JSON.stringify(row) }
    })
  }
}

function statsRow(
  { signature, port, sp, tenant, sent }: SenderMinute,
  ts: number,
  baseline: MeanRate | undefined,
  registry: Registry,
): StatsRow {
  const campaigns = registry.signature(signature)?.campaigns ?? []
  const declared = Math.max(0, ...campaigns.filter((c) => c.from <= ts && ts < c.to).map((c) => c.perMinute))
  return {
    signature,
    port,
    ...given({ sp, tenant }),
    ts,
    sent,
    ...given({
      baseline: baseline === undefined ? undefined : { mean: round(baseline.mean), sd: round(baseline.sd) },
      declared: declared > 0 ? declared : undefined,
    }),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
