import type { Emit } from '../domain/events.ts'
import type { RawRecord, SmsRecord } from '../domain/message.ts'
import type { Clock, PartitionId } from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import { isRejection, type Rejection } from '../stages/decode.ts'
import type { Arrived } from './admission.ts'
import type { PartitionTracker } from './partition-tracker.ts'

export interface IngressParts {
  readonly decode: (raw: RawRecord) => SmsRecord | Rejection
  readonly partitions: Pick<PartitionTracker, 'arrived'>
  readonly clock: Clock
  readonly emit: Emit
}

/** Clocks of brokers and instances may differ by so much, ms, without a report. */
const CLOCKS_DIFFER = 5_000

/** Reads records as they arrive: their fields, their time, and the event time of their partition with them. */
export class Ingress {
  readonly #parts: IngressParts

  constructor(parts: IngressParts) {
    this.#parts = parts
  }

  /** Records of one partition; everything of it before `from` was read. */
  read(partition: PartitionId, records: readonly RawRecord[], from: number): Arrived[] {
    let expected = from
    return this.#capTimestamps(records).map((raw): Arrived => {
      const record = this.#decoded(raw)
      const eventTime = this.#parts.partitions.arrived(partition, isRejection(record) ? undefined : record)
      const bucket = Math.floor(eventTime / BUCKET_MS)
      const item = { raw, from: expected, record, eventTime, bucket, bytes: raw.value.length }
      expected = raw.position.offset + 1
      return item
    })
  }

  /**
   * A timestamp that a producer has set may lie ahead of all clocks: what is taken for the time of the record is never
   * later than the clock here.
   */
  #capTimestamps(records: readonly RawRecord[]): readonly RawRecord[] {
    const now = this.#parts.clock.now()
    let [ahead, furthest] = [0, 0]
    for (const { timestamp } of records) {
      if (timestamp > now + CLOCKS_DIFFER) ahead++
      furthest = Math.max(furthest, timestamp - now)
    }
    if (furthest === 0) return records
    if (ahead > 0) this.#parts.emit({ name: 'clock_ahead', records: ahead, seconds: furthest / 1000 })
    return records.map((raw) => (raw.timestamp > now ? { ...raw, timestamp: now } : raw))
  }

  #decoded(raw: RawRecord): SmsRecord | Rejection {
    if (raw.unreadable !== undefined) return { error: 'RECORD_UNREADABLE', detail: raw.unreadable }
    try {
      return this.#parts.decode(raw)
    } catch (error) {
      return {
        error: 'INTERNAL',
        detail: `decode failed with ${error instanceof Error ? error.name : typeof error}`,
      }
    }
  }
}
