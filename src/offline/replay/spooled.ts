import type { RawRecord, RecordHeaders } from '../../domain/message.ts'
import type { Compared } from './difference.ts'

/** A verdict as it was written, and when it was decided, epoch ms. */
export interface WrittenVerdict extends Compared {
  readonly decidedAt: number
}

/** An input record on its way through the sorting. */
export interface Spooled extends Pick<RawRecord, 'timestamp' | 'value' | 'key' | 'headers'> {
  /** Number of its topic among those that are read. */
  readonly topic: number
  readonly partition: number
  readonly offset: number
  /** Of a topic: event time of its partition with this record; of a file: its `ts`. */
  readonly eventTime: number
  /** Number of the item, where the record is split; absent: the first, or all of it. */
  readonly item?: number
  /** Belongs to the range, not to the warm-up before it. */
  readonly compared: boolean
  /** JSON of a WrittenVerdict; empty: there is none. */
  readonly verdict: Buffer
}

/** Partitions of one topic, at most, in a number that tells all partitions apart. */
const PARTITIONS = 2_048

/** Tells the partitions of all topics apart. */
export function slotOf({ topic, partition }: Pick<Spooled, 'topic' | 'partition'>): number {
  return topic * PARTITIONS + partition
}

const HEAD = 47
const NONE = Buffer.alloc(0)
/** Length of a key that is not there: an empty one is. */
const NO_KEY = -1

export function encodeSpooled(record: Omit<Spooled, 'verdict'>, verdict: Buffer = NONE): Buffer {
  const { key, headers } = record
  const named = headers === undefined ? NONE : Buffer.from(JSON.stringify([...headers.entries()].map(inHex)))
  const head = Buffer.allocUnsafe(HEAD)
  head.writeInt32LE(record.partition, 0)
  head.writeDoubleLE(record.offset, 4)
  head.writeDoubleLE(record.timestamp, 12)
  head.writeDoubleLE(record.eventTime, 20)
  head.writeUInt8(record.compared ? 1 : 0, 28)
  head.writeUInt32LE(verdict.length, 29)
  head.writeInt32LE(record.topic, 33)
  head.writeInt32LE(key?.length ?? NO_KEY, 37)
  head.writeUInt32LE(named.length, 41)
  head.writeUInt16LE(record.item ?? 0, 45)
  return Buffer.concat([head, verdict, key ?? NONE, named, record.value])
}

export function decodeSpooled(bytes: Buffer): Spooled {
  const keyLength = bytes.readInt32LE(37)
  const key = HEAD + bytes.readUInt32LE(29)
  const headers = key + Math.max(0, keyLength)
  const value = headers + bytes.readUInt32LE(41)
  const item = bytes.readUInt16LE(45)
  return {
    partition: bytes.readInt32LE(0),
    offset: bytes.readDoubleLE(4),
    timestamp: bytes.readDoubleLE(12),
    eventTime: bytes.readDoubleLE(20),
    compared: bytes.readUInt8(28) === 1,
    topic: bytes.readInt32LE(33),
    verdict: bytes.subarray(HEAD, key),
    ...(item === 0 ? {} : { item }),
    ...(keyLength === NO_KEY ? {} : { key: bytes.subarray(key, headers) }),
    ...(value === headers ? {} : { headers: headersOf(bytes.subarray(headers, value)) }),
    value: bytes.subarray(value),
  }
}

/** Headers are bytes, or absent. */
function inHex([name, value]: [string, Buffer | string | undefined]): [string, string | null] {
  return [name, value === undefined ? null : Buffer.from(value as string).toString('hex')]
}

function headersOf(bytes: Buffer): RecordHeaders {
  const pairs = JSON.parse(bytes.toString()) as [string, string | null][]
  return new Map(pairs.map(([name, value]) => [name, value === null ? undefined : Buffer.from(value, 'hex')]))
}

/** A line or record of verdicts; undefined: it is none. Members that are not compared are left behind. */
export function readVerdict(value: Buffer): WrittenVerdict | undefined {
  let json: Partial<Record<keyof WrittenVerdict, unknown>>
  try {
    json = JSON.parse(value.toString()) as typeof json
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const { id, action, label, reasons, states, degraded, late, campaign } = json
  const decidedAt = Date.parse(String(json.decidedAt))
  const isVerdict =
    typeof id === 'string' &&
    typeof action === 'string' &&
    typeof label === 'string' &&
    areStrings(reasons) &&
    areStrings(states) &&
    !Number.isNaN(decidedAt)
  if (!isVerdict) return undefined
  return {
    ...({ id, action, label, reasons, states, decidedAt } as WrittenVerdict),
    ...(degraded === true ? { degraded } : {}),
    ...(late === true ? { late } : {}),
    ...(typeof campaign === 'string' ? { campaign } : {}),
  }
}

function areStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
