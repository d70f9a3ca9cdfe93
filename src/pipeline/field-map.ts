import type { RawRecord } from '../domain/message.ts'
import { readTenant } from '../domain/tenant.ts'
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
import { bytesReader, decodeBytes, MappingError, timeReader } from './field-values.ts'
import { at, stepsOf } from './json-pointer.ts'
import { type CountLeftOut, unreadRecipients } from './left-out.ts'
import { readUserDataHeader } from './user-data-header.ts'

/** The parts of a record that a map may use. */
export type MappableRecord = Pick<RawRecord, 'timestamp' | 'value' | 'key' | 'headers'> &
  Partial<Pick<RawRecord, 'position'>>

/** Fields of an input record, as passed to `decode` of src/pipeline/decode.ts. */
export type MappedRecord = Readonly<Record<string, unknown>>

/** Where fields are looked up: a parsed record or, if a map splits it, one of its items. */
export interface SeenPlace {
  readonly record: MappableRecord
  readonly body: unknown
  readonly item?: unknown
}

interface Place extends SeenPlace {
  /** Index of the item, from 0. */
  readonly index?: number
}

type ReadField = (place: Place) => unknown

/** Fields of the items of a record; each throws its own errors. */
export type MappedItems = readonly (() => MappedRecord)[]

export const MAX_ITEMS = 1_000

/**
 * Compiles a validated map. The result reads a parsed record of the operator into the fields of an input record, or of
 * one per item if the map splits it; fields that the map does not name are absent. It throws MappingError if the record
 * does not fit. `watch` is shown the places of each record first.
 */
export function compileMap(
  map: InputMap,
  leftOut: CountLeftOut = () => {},
  watch?: (place: SeenPlace) => void,
): (record: MappableRecord, body: unknown) => MappedRecord | MappedItems {
  const readFields = fieldsOf(map, leftOut)
  const { split } = map
  if (split === undefined) {
    const unread = unreadRecipients(map)
    return (record, body) => {
      const others = unread?.(body) ?? 0
      if (others > 0) leftOut('recipients', others)
      watch?.({ record, body })
      return readFields({ record, body })
    }
  }
  const steps = stepsOf(split)
  const list = `split (${split})`
  return (record, body) => {
    const items = at(body, steps)
    if (!Array.isArray(items)) throw new MappingError(`${list}: must be a list`)
    if (items.length === 0) throw new MappingError(`${list}: the list is empty`)
    if (items.length > MAX_ITEMS)
      throw new MappingError(`${list}: ${items.length} items, at most ${MAX_ITEMS} are taken`)
    if (watch) for (const item of items) watch({ record, body, item })
    return items.map((item, index) => () => readFields({ record, body, item, index }))
  }
}

function fieldsOf(map: InputMap, leftOut: CountLeftOut): (place: Place) => MappedRecord {
  const fields = MAPPED_FIELDS.flatMap((field): [MappedField, ReadField][] => {
    const source = map[field]
    return source === undefined || field === 'text' ? [] : [[field, readerOf(source, field)]]
  })
  const text = textReader(map, leftOut)
  const ext = Object.entries(map.ext ?? {}).map(
    ([name, source]) => [name, readerOf(source, `ext.${name}`)] as const,
  )
  const part = map.part && {
    ref: readerOf(map.part.ref, 'part.ref'),
    index: readerOf(map.part.index, 'part.index'),
    count: readerOf(map.part.count, 'part.count'),
  }
  return (place) => {
    const mapped: Record<string, unknown> = {}
    for (const [field, read] of fields) {
      const value = read(place)
      if (value !== undefined && field === 'tenant' && readTenant(value) === undefined) leftOut('tenant', 1)
      else if (value !== undefined) mapped[field] = value
      else if (REQUIRED_FIELDS.includes(field))
        throw new MappingError(`${named(field, map[field]!)}: nothing is there`)
    }
    const read = text(place)
    if (read === undefined) throw new MappingError(`${named('text', map.text!)}: nothing is there`)
    mapped.text = read.text
    const echoed = ext.flatMap(([name, read]) => {
      const value = read(place)
      return value === undefined ? [] : [[name, String(value)] as const]
    })
    if (echoed.length > 0) mapped.ext = Object.fromEntries(echoed)
    const segment = (part && partOf(part, place)) ?? read.part
    if (segment) mapped.part = segment
    return mapped
  }
}

/** Reads the text, and the part information of a user data header in front of it. */
function textReader(
  map: InputMap,
  leftOut: CountLeftOut,
): (place: Place) => { readonly text: unknown; readonly part?: object | undefined } | undefined {
  const source = map.text!
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  const form = rule.form
  if (form !== 'hex' && form !== 'base64' && form !== 'bytes') {
    const read = readerOf(source, 'text')
    return (place) => {
      const text = read(place)
      return text === undefined ? undefined : { text }
    }
  }
  const name = named('text', source)
  const find = foundBy(rule, name)
  const toBytes = bytesReader(form, name)
  const encodingIn = encodingOf(rule.encoding, name)
  const cuts = rule.udh === true || map.udh === true
  return (place) => {
    const found = find(place)
    if (found === undefined) return undefined
    const bytes = toBytes(found)
    const header = readUserDataHeader(bytes)
    if (header) leftOut(cuts ? 'udh' : 'udh_as_text', 1)
    const body = header && cuts ? bytes.subarray(header.length) : bytes
    const text = decodeBytes(body, encodingIn(place), name)
    return { text, part: cuts ? header?.part : undefined }
  }
}

/** `text (/content)`: a field with its location in the map. */
export function named(field: string, source: FieldSource): string {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  return `${field} (${placeOf(rule)})`
}

function placeOf({ pointer, key, header, join, position }: FieldRule): string {
  if (pointer !== undefined) return pointer
  if (key) return 'the key'
  if (header !== undefined) return `header ${header}`
  if (position) return 'the position of the record'
  if (!join) return 'the constant'
  return join.map((member) => placeOf(typeof member === 'string' ? { pointer: member } : member)).join(' + ')
}

/** Part information of a segment; absent if the record has none or is a single segment. */
function partOf(
  part: { readonly ref: ReadField; readonly index: ReadField; readonly count: ReadField },
  place: Place,
): object | undefined {
  const count = part.count(place)
  if (count === undefined || Number(count) <= 1) return undefined
  const ref = part.ref(place)
  return {
    ref: ref === undefined ? undefined : String(ref),
    index: Number(part.index(place)),
    count: Number(count),
  }
}

function readerOf(source: FieldSource, field: string): ReadField {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  const name = named(field, source)
  if (rule.position) return positionText(name)
  if (rule.join) return joinedText(rule.join, rule.with ?? '', field)
  const find = foundBy(rule, name)
  const convert = field === 'ts' ? timeOf(rule, name) : textOf(rule, name)
  return (place) => {
    const found = find(place)
    return found === undefined ? undefined : convert(found, place)
  }
}

/** Reads one field of any kind from a parsed record; undefined if it is missing. Throws MappingError. */
export function fieldReader(
  source: FieldSource,
  field: string,
  isTime: boolean,
): (record: MappableRecord, body: unknown) => unknown {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  const name = named(field, source)
  const find = foundBy(rule, name)
  const convert = isTime ? timeOf(rule, name) : rule.form === undefined ? undefined : textOf(rule, name)
  return (record, body) => {
    const found = find({ record, body })
    return found === undefined || !convert ? found : convert(found, { record, body })
  }
}

/** Reads the location of a rule and translates the value with `values`. */
function foundBy(rule: FieldRule, name: string): ReadField {
  const locate = locatorOf(rule, name)
  const { values } = rule
  return (place) => {
    const found = locate(place)
    if (found === undefined || found === null || found === '') return undefined
    return values && Object.hasOwn(values, String(found)) ? values[String(found)] : found
  }
}

function positionText(name: string): ReadField {
  return ({ record: { position }, index }) => {
    if (position === undefined) throw new MappingError(`${name}: the record has none`)
    const { topic, partition, offset } = position
    return `${topic}-${partition}-${offset}${index === undefined ? '' : `.${index}`}`
  }
}

function joinedText(members: readonly FieldSource[], between: string, field: string): ReadField {
  const readers = members.map((member) => readerOf(member, field))
  return (place) => {
    const found = readers.map((read) => read(place)).filter((value) => value !== undefined)
    return found.length === 0 ? undefined : found.join(between)
  }
}

function locatorOf(rule: FieldRule, name: string): ReadField {
  const { pointer, key, header, value, form } = rule
  if (pointer !== undefined) {
    const steps = stepsOf(pointer)
    return pointer.startsWith('.') ? ({ item }) => at(item, steps) : ({ body }) => at(body, steps)
  }
  if (!key && header === undefined) return () => value
  // With hex and base64, the encoding applies to the decoded bytes.
  const encoding =
    form === 'hex' || form === 'base64' ? () => 'utf-8' as const : encodingOf(rule.encoding, name)
  return (place) => {
    const { record } = place
    const found = header === undefined ? record.key : record.headers?.get(header)
    return Buffer.isBuffer(found) ? decodeBytes(found, encoding(place), name) : found
  }
}

/** The character encoding of a field: the same for all records, or taken from another field. */
function encodingOf(rule: Encoding | EncodingRule | undefined, name: string): (place: Place) => Encoding {
  if (typeof rule !== 'object') return () => rule ?? 'utf-8'
  const where = named('its encoding', rule)
  const locate = locatorOf(rule, where)
  const { values = {} } = rule
  return (place) => {
    const found = String(locate(place))
    const word = Object.hasOwn(values, found) ? values[found] : found
    const encoding = ENCODINGS.find((known) => known === word)
    if (encoding === undefined)
      throw new MappingError(
        `${name}: ${where} is none of ${[...Object.keys(values), ...ENCODINGS].join(', ')}`,
      )
    return encoding
  }
}

type Convert = (value: unknown, place: Place) => unknown

function textOf({ form, encoding }: FieldRule, name: string): Convert {
  if (form === 'bytes' || form === 'hex' || form === 'base64') {
    const encodingIn = encodingOf(encoding, name)
    const toBytes = bytesReader(form, name)
    return (value, place) => decodeBytes(toBytes(value), encodingIn(place), name)
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

function timeOf(rule: FieldRule, name: string): Convert {
  const read = timeReader(rule, name)
  return (value, { record: { timestamp } }) => read(value, timestamp)
}
