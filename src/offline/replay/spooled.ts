import { jsonOf } from '../../domain/json.ts'
import type { RawRecord, RecordHeaders } from '../../domain/message.ts'
import type { Compared } from './difference.ts'

/** A stored verdict with the time it was decided, epoch ms. */
export interface WrittenVerdict extends Compared {
  readonly decidedAt: number
}

/** An input record in the form in which it is sorted. */
export interface Spooled extends Pick<RawRecord, 'timestamp' | 'value' | 'key' | 'headers'> {
  /** Index of its topic. */
  readonly topic: number
  readonly partition: number
  readonly offset: number
  /** For topics, the event time of the partition at this record; for files, its `ts`. */
  readonly eventTime: number
  /** Index of the item in a split record; absent for 0. */
  readonly item?: number
  /** Whether it belongs to the range, not to the warm-up. */
  readonly compared: boolean
  /** JSON of a WrittenVerdict; empty if there is none. */
  readonly verdict: Buffer
}

/** Maximum number of partitions per topic, so that one number identifies a partition of any topic. */
const PARTITIONS = 2_048

/** A number that identifies a partition among all topics. */
export function slotOf({ topic, partition }: Pick<Spooled, 'topic' | 'partition'>): number {
  return topic * PARTITIONS + partition
}

const HEAD = 47
const NONE = Buffer.alloc(0)
/** Length written for a missing key, because a key can be empty. */
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

/** Header values are bytes or absent. */
function inHex([name, value]: [string, Buffer | string | undefined]): [string, string | null] {
  return [name, value === undefined ? null : Buffer.from(value as string).toString('hex')]
}

function headersOf(bytes: Buffer): RecordHeaders {
  const pairs = JSON.parse(bytes.toString()) as [string, string | null][]
  return new Map(pairs.map(([name, value]) => [name, value === null ? undefined : Buffer.from(value, 'hex')]))
}

/** Parses a stored verdict without the members that are not compared; undefined if it is not a verdict. */
export function readVerdict(value: Buffer): WrittenVerdict | undefined {
  const json = jsonOf<Partial<Record<keyof WrittenVerdict, unknown>> | null>(value)
  if (!json) return undefined
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
