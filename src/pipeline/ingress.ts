import type { Emit } from '../domain/events.ts'
import type { RawRecord, SmsRecord } from '../domain/message.ts'
import type { BoundedClock, PartitionId } from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { Arrived } from './admission.ts'
import { type Decoded, isRejection, itemsOf } from './decode.ts'
import { kindOf } from './outputs.ts'
import type { PartitionTracker } from './partition-tracker.ts'

export interface IngressParts {
  readonly decode: (raw: RawRecord) => Decoded
  readonly partitions: Pick<PartitionTracker, 'arrived'>
  readonly clock: BoundedClock
  readonly emit: Emit
  /** Timestamps are those of Kafka, and the lag of event time behind them is reported. */
  readonly timed: boolean
}

/** Clock difference between producers and instances that is not reported, ms. */
const CLOCKS_DIFFER = 5_000
/** A record whose `ts` is further behind its timestamp comes from a lagging gateway, ms. */
const LAGS_FROM = 300_000

/** Reads arriving records: decodes them and determines the event time of their partition. */
export class Ingress {
  readonly #parts: IngressParts

  constructor(parts: IngressParts) {
    this.#parts = parts
  }

  /** Records of one partition; everything in it before `from` was read. */
  read(partition: PartitionId, records: readonly RawRecord[], from: number): Arrived[] {
    let [expected, lagging, last] = [from, 0, Number.NaN]
    const arrived = this.#capTimestamps(records).map((raw): Arrived => {
      const record = this.#decoded(raw)
      // The items of a record were submitted together.
      const first = itemsOf(record).find((item): item is SmsRecord => !isRejection(item))
      const eventTime = this.#parts.partitions.arrived(partition, first)
      if (first && raw.timestamp - first.ts > LAGS_FROM) lagging++
      last = raw.timestamp - eventTime
      const bucket = Math.floor(eventTime / BUCKET_MS)
      const item = { raw, from: expected, record, eventTime, bucket, bytes: raw.value.length }
      expected = raw.position.offset + 1
      return item
    })
    if (this.#parts.timed && Number.isFinite(last))
      this.#parts.emit({ name: 'input_lag', topic: partition.topic, seconds: last / 1000, records: lagging })
    return arrived
  }

  /** Whether one of the records has a timestamp later than any clock can show, as far as is known. */
  isAhead(records: readonly RawRecord[]): boolean {
    const latest = this.#parts.clock.latest() + CLOCKS_DIFFER
    return records.some((raw) => !isStamped(raw) && raw.timestamp > latest)
  }

  /**
   * Timestamps set by producers may be ahead of all clocks, so they are capped at the latest possible time. Timestamps
   * set by brokers are the reference clock itself.
   */
  #capTimestamps(records: readonly RawRecord[]): readonly RawRecord[] {
    const now = this.#parts.clock.latest()
    let [ahead, furthest] = [0, 0]
    for (const raw of records) {
      if (isStamped(raw)) continue
      const { timestamp } = raw
      if (timestamp > now + CLOCKS_DIFFER) ahead++
      furthest = Math.max(furthest, timestamp - now)
    }
    if (furthest === 0) return records
    if (ahead > 0) this.#parts.emit({ name: 'clock_ahead', records: ahead, seconds: furthest / 1000 })
    return records.map((raw) => (!isStamped(raw) && raw.timestamp > now ? { ...raw, timestamp: now } : raw))
  }

  #decoded(raw: RawRecord): Decoded {
    if (raw.unreadable !== undefined) return { error: 'RECORD_UNREADABLE', detail: raw.unreadable }
    try {
      return this.#parts.decode(raw)
    } catch (error) {
      return { error: 'INTERNAL', detail: `decode failed with ${kindOf(error)}` }
    }
  }
}

/** Whether a broker set the timestamp of a record; otherwise it is only as reliable as its producer's clock. */
function isStamped({ timestampType }: RawRecord): boolean {
  return timestampType === 'LogAppendTime'
}
