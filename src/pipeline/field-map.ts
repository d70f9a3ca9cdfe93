import { isUtf8 } from 'node:buffer'
import { RecordError } from '../domain/errors.ts'
import { localTimeReader } from '../domain/local-time.ts'
import type { RawRecord } from '../domain/message.ts'
import { parseIsoTime } from '../domain/time.ts'
import { parseZone } from '../settings/files/value-forms.ts'
import {
  ENCODINGS,
  type Encoding,
  type EncodingRule,
  type FieldRule,
  type FieldSource,
  type InputMap,
  MAPPED_FIELDS,
  type MappedField,
  REQUIRED_FIELDS,
} from '../settings/map-schema.ts'

/** What of a record a map may use. */
export type MappableRecord = Pick<RawRecord, 'timestamp' | 'value' | 'key' | 'headers'>

/** The operator's record does not fit the map. The message names the field, its place and the rule, never a value. */
export class MappingError extends RecordError {
  constructor(message: string) {
    super('MAPPING', message)
  }
}

/** Fields of an input record, as `decode` of src/pipeline/decode.ts takes them. */
export type MappedRecord = Readonly<Record<string, unknown>>

type ReadField = (record: MappableRecord, body: unknown) => unknown

const DECODERS = {
  'utf-8': new TextDecoder('utf-8', { fatal: true }),
  gbk: new TextDecoder('gbk', { fatal: true }),
  ucs2: new TextDecoder('utf-16be', { fatal: true }),
} satisfies Record<Encoding, unknown>

/** Decodes bytes of a record. Throws MappingError where they are no text of that encoding. */
export function decodeBytes(bytes: Buffer, encoding: Encoding, what: string): string {
  if (encoding === 'utf-8' && isUtf8(bytes)) return bytes.toString('utf8')
  try {
    return DECODERS[encoding].decode(bytes)
  } catch {
    throw new MappingError(`${what}: not valid ${encoding}`)
  }
}

/**
 * Compiles a checked map. The result reads one parsed record of the operator into the fields of an input record; fields
 * that the map does not name are absent. It throws MappingError for what does not fit.
 */
export function compileMap(map: InputMap): (record: MappableRecord, body: unknown) => MappedRecord {
  const fields = MAPPED_FIELDS.flatMap((field): [MappedField, ReadField][] => {
    const source = map[field]
    return source === undefined ? [] : [[field, readerOf(source, field)]]
  })
  const ext = Object.entries(map.ext ?? {}).map(
    ([name, source]) => [name, readerOf(source, `ext.${name}`)] as const,
  )
  const part = map.part && {
    ref: readerOf(map.part.ref, 'part.ref'),
    index: readerOf(map.part.index, 'part.index'),
    count: readerOf(map.part.count, 'part.count'),
  }
  return (record, body) => {
    const mapped: Record<string, unknown> = {}
    for (const [field, read] of fields) {
      const value = read(record, body)
      if (value !== undefined) mapped[field] = value
      else if (REQUIRED_FIELDS.includes(field))
        throw new MappingError(`${named(field, map[field]!)}: nothing is there`)
    }
    const echoed = ext.flatMap(([name, read]) => {
      const value = read(record, body)
      return value === undefined ? [] : [[name, String(value)] as const]
    })
    if (echoed.length > 0) mapped.ext = Object.fromEntries(echoed)
    const segment = part && partOf(part, record, body)
    if (segment) mapped.part = segment
    return mapped
  }
}

/** `text (/content)`: a field with the place where the map looks for it. */
export function named(field: string, source: FieldSource): string {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  const { pointer, key, header } = rule
  const place = pointer ?? (key ? 'the key' : header === undefined ? 'the constant' : `header ${header}`)
  return `${field} (${place})`
}

/** The place of a segment; absent where the record has none, or is one of one. */
function partOf(
  part: { readonly ref: ReadField; readonly index: ReadField; readonly count: ReadField },
  record: MappableRecord,
  body: unknown,
): object | undefined {
  const count = part.count(record, body)
  if (count === undefined || Number(count) <= 1) return undefined
  const ref = part.ref(record, body)
  return {
    ref: ref === undefined ? undefined : String(ref),
    index: Number(part.index(record, body)),
    count: Number(count),
  }
}

function readerOf(source: FieldSource, field: string): ReadField {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  const name = named(field, source)
  const locate = locatorOf(rule, name)
  const convert = field === 'ts' ? timeOf(rule, name) : textOf(rule, name)
  const { values } = rule
  return (record, body) => {
    const found = locate(record, body)
    if (found === undefined || found === null || found === '') return undefined
    const translated = values && Object.hasOwn(values, String(found)) ? values[String(found)] : found
    return convert(translated, record, body)
  }
}

function locatorOf(rule: FieldRule, name: string): ReadField {
  const { pointer, key, header, value, form } = rule
  if (pointer !== undefined) {
    const steps = pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    return (_record, body) => at(body, steps)
  }
  if (!key && header === undefined) return () => value
  // Of hex and base64 the encoding is that of the bytes behind it.
  const encoding =
    form === 'hex' || form === 'base64' ? () => 'utf-8' as const : encodingOf(rule.encoding, name)
  return (record, body) => {
    const found = header === undefined ? record.key : record.headers?.get(header)
    return Buffer.isBuffer(found) ? decodeBytes(found, encoding(record, body), name) : found
  }
}

function at(body: unknown, steps: readonly string[]): unknown {
  let value = body
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** Which characters the bytes of a field are: the same for all records, or as a field of the record says. */
function encodingOf(
  rule: Encoding | EncodingRule | undefined,
  name: string,
): (record: MappableRecord, body: unknown) => Encoding {
  if (typeof rule !== 'object') return () => rule ?? 'utf-8'
  const place = named('its encoding', rule)
  const locate = locatorOf(rule, place)
  const { values = {} } = rule
  return (record, body) => {
    const found = String(locate(record, body))
    const word = Object.hasOwn(values, found) ? values[found] : found
    const encoding = ENCODINGS.find((known) => known === word)
    if (encoding === undefined)
      throw new MappingError(
        `${name}: ${place} is none of ${[...Object.keys(values), ...ENCODINGS].join(', ')}`,
      )
    return encoding
  }
}

type Convert = (value: unknown, record: MappableRecord, body: unknown) => unknown

function textOf({ form, encoding }: FieldRule, name: string): Convert {
  if (form === 'bytes') {
    const encodingIn = encodingOf(encoding, name)
    return (value, record, body) => {
      if (!Buffer.isBuffer(value)) throw new MappingError(`${name}: must be bytes`)
      return decodeBytes(value, encodingIn(record, body), name)
    }
  }
  if (form === 'hex' || form === 'base64') {
    const encodingIn = encodingOf(encoding, name)
    return (value, record, body) => {
      if (typeof value !== 'string') throw new MappingError(`${name}: must be ${form} text`)
      const bytes = Buffer.from(value, form)
      const whole = form === 'hex' ? value.length / 2 : bytes.length
      if (bytes.length !== whole) throw new MappingError(`${name}: not valid hex`)
      return decodeBytes(bytes, encodingIn(record, body), name)
    }
  }
  return (value) => {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
      return String(value)
    const kind = Buffer.isBuffer(value)
      ? 'bytes; see form: bytes'
      : Array.isArray(value)
        ? 'a list'
        : 'an object'
    throw new MappingError(`${name}: must be text or a number, is ${kind}`)
  }
}

function timeOf({ form, zone }: FieldRule, name: string): Convert {
  if (form === 'epoch-s') return (value) => Math.round(numberOf(value, 'seconds since 1970', name) * 1000)
  if (form === 'epoch-ms') return (value) => Math.round(numberOf(value, 'milliseconds since 1970', name))
  if (form === 'epoch-us')
    return (value) => Math.round(numberOf(value, 'microseconds since 1970', name) / 1000)
  if (form === undefined) return (value) => value
  const read = form === 'iso' ? parseIsoTime : localTimeReader(form, parseZone(zone ?? '') ?? 0)
  return (value, { timestamp }) => {
    // A number has lost its leading zeros: 326080000 is 0326080000.
    const text = typeof value === 'number' ? String(value).padStart(form.length, '0') : String(value)
    const ts = read(text, timestamp)
    if (Number.isNaN(ts)) {
      throw new MappingError(`${name}: no time of the form ${form === 'iso' ? 'ISO-8601 with offset' : form}`)
    }
    return ts
  }
}

function numberOf(value: unknown, unit: string, name: string): number {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new MappingError(`${name}: must be ${unit}`)
  return number
}
