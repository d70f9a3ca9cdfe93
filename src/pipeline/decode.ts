import { isUtf8 } from 'node:buffer'
import { type ErrorCode, RecordError } from '../domain/errors.ts'
import type { Part, RawRecord, RecordItem, SmsRecord } from '../domain/message.ts'
import { readTenant } from '../domain/tenant.ts'
import { EARLIEST_TIME, LATEST_TIME, parseIsoTime } from '../domain/time.ts'
import { whyNotJson, whyNotUtf8 } from './field-values.ts'

/** Why a record cannot be read. `detail` names the field and its allowed values, never its value. */
export interface Rejection {
  readonly error: ErrorCode
  readonly detail: string
}

export interface DecodeLimits {
  /** Maximum lead of a timestamp over the reference clock, ms; later ones are refused. */
  readonly futureReject: number
  /** Maximum size of a record, bytes. */
  readonly maxRecordBytes: number
}

const EXT_FIELDS = 16
const EXT_BYTES = 1024

/** The result for one record: a message, a dead letter, or several of both. */
export type Decoded = SmsRecord | Rejection | SplitRecord

/** The results for the items of a split record, in order; at least one. */
export interface SplitRecord {
  readonly items: readonly (SmsRecord | Rejection)[]
}

type Fields = Readonly<Record<string, unknown>>

/** Reads the fields of an input record, or of each of its items. Throws RecordError, as do the items. */
export type ReadFields = (raw: RawRecord) => Fields | readonly (() => Fields)[]

/** Whether a string has between `min` and `max` Unicode code points. */
export function hasLength(text: string, min: number, max: number): boolean {
  if (text.length <= max) return text.length >= min
  if (text.length > 2 * max) return false
  let points = 0
  for (const _ of text) points++
  return points <= max
}

function text(value: unknown, field: string, min: number, max: number): string {
  if (value === undefined || value === null) {
    throw new RecordError('RECORD_FIELD_MISSING', `${field}: required, a string of ${min}-${max} characters`)
  }
  if (typeof value !== 'string') {
    throw new RecordError('RECORD_FIELD_INVALID', `${field}: must be a string, is ${kindOf(value)}`)
  }
  if (!hasLength(value, min, max)) {
    throw new RecordError('RECORD_FIELD_INVALID', `${field}: must have ${min}-${max} characters`)
  }
  return value
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function time(value: unknown): number {
  if (value === undefined || value === null) {
    throw new RecordError(
      'RECORD_FIELD_MISSING',
      'ts: required, epoch milliseconds or ISO-8601 with an offset',
    )
  }
  const ts =
    typeof value === 'number' && Number.isInteger(value)
      ? value
      : typeof value === 'string'
        ? parseIsoTime(value)
        : Number.NaN
  if (Number.isNaN(ts)) {
    throw new RecordError(
      'RECORD_TS_INVALID',
      'ts: must be integer epoch milliseconds or ISO-8601 with an offset',
    )
  }
  if (ts < EARLIEST_TIME)
    throw new RecordError('RECORD_TS_INVALID', `ts: lies before the year 2000${unitDoubt(ts)}`)
  return ts
}

function clockOf({ timestampType }: RawRecord): string {
  return timestampType === 'CreateTime'
    ? 'the reference clock, the timestamp that its producer gave the record'
    : 'the reference clock'
}

/** Seconds, microseconds and nanoseconds taken for milliseconds. */
function unitDoubt(ts: number): string {
  const isTime = (ms: number) => ms >= EARLIEST_TIME && ms <= LATEST_TIME
  if (isTime(ts * 1e3)) return '; 1,000 times too small: is the unit right?'
  if (isTime(ts / 1e3)) return '; 1,000 times too large: is the unit right?'
  return isTime(ts / 1e6) ? '; 1,000,000 times too large: is the unit right?' : ''
}

function ext(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecordError('RECORD_FIELD_INVALID', `ext: must be an object of strings, is ${kindOf(value)}`)
  }
  const entries = Object.entries(value)
  if (entries.length > EXT_FIELDS)
    throw new RecordError('RECORD_FIELD_INVALID', `ext: at most ${EXT_FIELDS} fields`)
  let bytes = 0
  for (const [key, item] of entries) {
    if (typeof item !== 'string') {
      throw new RecordError('RECORD_FIELD_INVALID', `ext: values must be strings, one is ${kindOf(item)}`)
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(item)
  }
  if (bytes > EXT_BYTES) throw new RecordError('RECORD_FIELD_INVALID', `ext: at most ${EXT_BYTES} bytes`)
  return value as Record<string, string>
}

function part(value: unknown): Part {
  const form = 'part: must be {ref: string or integer, index: 1-count, count: 2-255}'
  if (typeof value !== 'object' || value === null) throw new RecordError('RECORD_FIELD_INVALID', form)
  const { ref, index, count } = value as Record<string, unknown>
  const validRef = (typeof ref === 'string' && hasLength(ref, 1, 128)) || Number.isSafeInteger(ref)
  const integer = (n: unknown, min: number, max: number) =>
    Number.isInteger(n) && Number(n) >= min && Number(n) <= max
  if (!validRef || !integer(count, 2, 255) || !integer(index, 1, Number(count))) {
    throw new RecordError('RECORD_FIELD_INVALID', form)
  }
  return { ref: String(ref), index: Number(index), count: Number(count) }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** An optional text. */
function hint(value: unknown, field: string, min: number, max: number): string | undefined {
  return isAbsent(value) ? undefined : text(value, field, min, max)
}

/** All fields are present, so that all records share one hidden class and none is extended after creation. */
type Shaped<T> = { readonly [K in keyof Required<T>]: T[K] | undefined }

const MAX_HINT = 256

/** The record is a JSON object with the fields of the reference. */
const jsonFields: ReadFields = ({ value }) => {
  if (!isUtf8(value)) throw new RecordError('RECORD_NOT_UTF8', `the value is ${whyNotUtf8(value)}`)
  let parsed: unknown
  try {
    parsed = JSON.parse(value.toString('utf8'))
  } catch (error) {
    throw new RecordError('RECORD_NOT_JSON', whyNotJson(value, error))
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RecordError('RECORD_NOT_OBJECT', `must be a JSON object, is ${kindOf(parsed)}`)
  }
  return parsed as Record<string, unknown>
}

/**
 * Decodes one input record; `read` finds its fields if it is not the JSON object of the reference. Unknown fields are
 * dropped, `null` in an optional field counts as absent, and a timestamp slightly ahead of the reference clock is
 * clamped to it.
 */
export function decode(
  raw: RawRecord,
  limits: DecodeLimits,
  read?: (raw: RawRecord) => Fields,
): SmsRecord | Rejection
export function decode(raw: RawRecord, limits: DecodeLimits, read: ReadFields): Decoded
export function decode(raw: RawRecord, limits: DecodeLimits, read: ReadFields = jsonFields): Decoded {
  const { value, truncated = value.length } = raw
  if (raw.truncated !== undefined || value.length > limits.maxRecordBytes) {
    return { error: 'RECORD_TOO_LARGE', detail: `${truncated} bytes, at most ${limits.maxRecordBytes}` }
  }
  return attempt(() => {
    const fields = read(raw)
    if (!isList(fields)) return readRecord(fields, raw, limits)
    const of = fields.length
    return {
      items: fields.map((item, index) => attempt(() => readRecord(item(), raw, limits, { index, of }))),
    }
  })
}

function isList(fields: ReturnType<ReadFields>): fields is readonly (() => Fields)[] {
  return Array.isArray(fields)
}

function attempt<T>(read: () => T): T | Rejection {
  try {
    return read()
  } catch (error) {
    if (error instanceof RecordError) return { error: error.code, detail: error.message }
    // A defect, reported without the content of the record.
    return { error: 'INTERNAL', detail: `decode failed with ${(error as Error).name}` }
  }
}

function readRecord(input: Fields, raw: RawRecord, limits: DecodeLimits, item?: RecordItem): SmsRecord {
  const reference = raw.timestamp
  const id = text(input.id, 'id', 1, 128)
  const ts = time(input.ts)
  if (ts > reference + limits.futureReject) {
    throw new RecordError(
      'RECORD_TS_FUTURE',
      `ts: ${Math.round((ts - reference) / 1000)} s ahead of ${clockOf(raw)}${unitDoubt(ts)}`,
    )
  }
  // The reference clock may be just as wrong: it is the producer's unless the topic timestamps records.
  if (ts > LATEST_TIME) throw new RecordError('RECORD_TS_INVALID', 'ts: lies after the year 2099')
  const { disposition } = input
  if (
    disposition !== undefined &&
    disposition !== null &&
    disposition !== 'accepted' &&
    disposition !== 'blocked'
  ) {
    throw new RecordError('RECORD_FIELD_INVALID', 'disposition: must be accepted or blocked')
  }
  const record: Shaped<SmsRecord> = {
    value: raw.value,
    id,
    ts: Math.min(ts, reference),
    from: text(input.from, 'from', 1, 21),
    to: text(input.to, 'to', 1, 64),
    text: text(input.text, 'text', 1, 2000),
    blocked: disposition === 'blocked',
    signature: hint(input.signature, 'signature', 1, 32),
    sp: hint(input.sp, 'sp', 0, MAX_HINT),
    carrier: hint(input.carrier, 'carrier', 0, MAX_HINT),
    province: hint(input.province, 'province', 0, MAX_HINT),
    template: hint(input.template, 'template', 0, MAX_HINT),
    submission: hint(input.submission, 'submission', 0, MAX_HINT),
    // A member of that name may predate its meaning here: an invalid one does not reject the message.
    tenant: readTenant(input.tenant),
    ext: isAbsent(input.ext) ? undefined : ext(input.ext),
    part: isAbsent(input.part) ? undefined : part(input.part),
    item,
  }
  return record as SmsRecord
}

export function isRejection(result: Decoded): result is Rejection {
  return 'error' in result
}

export function isSplit(result: Decoded): result is SplitRecord {
  return 'items' in result
}

export function itemsOf(result: Decoded): readonly (SmsRecord | Rejection)[] {
  return isSplit(result) ? result.items : [result]
}
