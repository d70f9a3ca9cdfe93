import { SigwatchError } from './errors.ts'
import type { Emit } from './events.ts'
import { addTo } from './maps.ts'
import type { Channel, OutputRecord, Sink } from './ports.ts'

/** A record that can never be delivered. */
export interface RefusedRecord {
  readonly index: number
  readonly channel: Channel
  readonly reason: string
  readonly record: OutputRecord
}

const NAMED = 5

/** SINK_REFUSED: these records can never be written; every other record of the write was delivered. */
export class SinkRefused extends SigwatchError {
  readonly refused: readonly RefusedRecord[]
  constructor(refused: readonly RefusedRecord[], options?: { cause?: unknown }) {
    const named = refused.slice(0, NAMED).map((r) => `${r.channel} record ${r.index}: ${r.reason}`)
    const more = refused.length - named.length
    super('SINK_REFUSED', named.join('; ') + (more > 0 ? ` and ${more} more` : ''), options)
    this.refused = refused
  }
}

/** Writes records; those refused for good are reported. Resolves with the number of records written. */
export async function writeReporting(
  sink: Pick<Sink, 'write'>,
  records: readonly OutputRecord[],
  emit: Emit,
  signal?: AbortSignal,
): Promise<number> {
  try {
    await sink.write(records, signal)
    return records.length
  } catch (error) {
    if (!(error instanceof SinkRefused)) throw error
    reportRefused(emit, error)
    return records.length - error.refused.length
  }
}

export function reportRefused(emit: Emit, { refused }: SinkRefused): void {
  const reasons = new Map<Channel, string[]>()
  for (const { channel, reason } of refused) addTo(reasons, channel, reason)
  for (const [channel, [reason, ...others]] of reasons)
    emit({ name: 'outputs_refused', channel, count: 1 + others.length, reason: reason! })
}
