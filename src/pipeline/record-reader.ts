import { isUtf8 } from 'node:buffer'
import { RecordError } from '../domain/errors.ts'
import { parseExact } from '../domain/json.ts'
import type { RawRecord, RecordHeaders } from '../domain/message.ts'
import { type FieldSource, type InputMap, MAPPED_FIELDS } from '../settings/map-schema.ts'
import { compileMap, type MappedItems, type MappedRecord, named, type SeenPlace } from './field-map.ts'
import { decodeBytes, MappingError, whyNotJson, whyNotUtf8 } from './field-values.ts'
import type { CountLeftOut } from './left-out.ts'

/** Reads the fields of input records from an operator's records, which are JSON unless `parsed` reads them. Throws RecordError. */
export function mappedFields(
  map: InputMap,
  parsed: (value: Buffer) => unknown = (value) => parse(value, map),
  leftOut?: CountLeftOut,
  watch?: (place: SeenPlace) => void,
): (raw: RawRecord) => MappedRecord | MappedItems {
  const read = compileMap(map, leftOut, watch)
  return (raw) => read(raw, parsed(raw.value))
}

function parse(value: Buffer, { encoding = 'utf-8' }: InputMap): unknown {
  if (encoding === 'utf-8' && !isUtf8(value))
    throw new RecordError(
      'RECORD_NOT_UTF8',
      `the value is ${whyNotUtf8(value)}; the map may name its encoding`,
    )
  const text = decodeBytes(value, encoding, 'the record')
  let parsed: unknown
  try {
    parsed = parseExact(text)
  } catch (error) {
    throw new RecordError('RECORD_NOT_JSON', whyNotJson(value, error, encoding))
  }
  if (typeof parsed !== 'object' || parsed === null) {
    throw new RecordError('RECORD_NOT_OBJECT', 'must be a JSON object or list, is a single value')
  }
  return parsed
}

/** Adds the location from the map to an error in the form `field: what`. */
export function withPlace(detail: string, map: InputMap): string {
  const field = MAPPED_FIELDS.find((name) => detail.startsWith(`${name}: `))
  const source = field && map[field]
  return source === undefined ? detail : `${named(field!, source)}${detail.slice(field!.length)}`
}

/** Whether records of this map need more than a line of a file: a key, headers, or bytes that may be LF. */
export function needsEnvelope(map: InputMap): boolean {
  if (map.encoding === 'ucs2') return true
  const { encoding: _, split: __, udh: ___, ext = {}, part = {}, ...fields } = map
  return [fields, ext, part].flatMap((group): FieldSource[] => Object.values(group)).some(isOutside)
}

/** Whether a field is in the key or headers of its record, or composed of such fields. */
function isOutside(source: FieldSource): boolean {
  if (typeof source === 'string') return false
  const { encoding, join = [] } = source
  const rules = typeof encoding === 'object' ? [source, encoding] : [source]
  return rules.some(({ key, header }) => key !== undefined || header !== undefined) || join.some(isOutside)
}

const ENVELOPE =
  'the line: must be a Kafka record as {"key": text, "headers": {name: text}, "value": text or JSON, or "base64": bytes}'

/** Reads a Kafka record from one line of a file, with its key and headers. Throws MappingError. */
export function openEnvelope(raw: RawRecord): RawRecord {
  let line: unknown
  try {
    line = parseExact(raw.value.toString('utf8'))
  } catch {
    throw new MappingError(ENVELOPE)
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) throw new MappingError(ENVELOPE)
  const { key, headers, value, base64 } = line as Record<string, unknown>
  const bytes =
    typeof base64 === 'string'
      ? Buffer.from(base64, 'base64')
      : value === undefined
        ? undefined
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  if (bytes === undefined) throw new MappingError(ENVELOPE)
  return {
    ...raw,
    value: bytes,
    ...(key === undefined || key === null ? {} : { key: Buffer.from(String(key)) }),
    ...(headers === undefined || headers === null ? {} : { headers: headersOf(headers) }),
  }
}

/** Also accepts the form of `kcat -J`: alternating names and values. */
function headersOf(headers: unknown): RecordHeaders {
  if (typeof headers !== 'object') throw new MappingError(ENVELOPE)
  const pairs: [string, unknown][] = Array.isArray(headers)
    ? headers.flatMap((name, i) => (i % 2 === 0 ? [[String(name), headers[i + 1]]] : []))
    : Object.entries(headers as object)
  return new Map(pairs.map(([name, value]) => [name, String(value)]))
}
