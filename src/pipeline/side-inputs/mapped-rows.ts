import type { TableRow } from '../../adapters/sources/table.ts'
import type { SideInput } from '../../domain/input-events.ts'
import { parseExact } from '../../domain/json.ts'
import type { Config } from '../../settings/config.ts'
import { listIn, type RowMap } from '../../settings/files/row-file.ts'
import type { FieldSource } from '../../settings/map-schema.ts'
import type { DeleteRule, SideMap } from '../../settings/side-map-schema.ts'
import { fieldReader, type MappableRecord, named, type SeenPlace } from '../field-map.ts'
import { MappingError } from '../field-values.ts'
import { at, stepsOf } from '../json-pointer.ts'
import { jsonValueOf } from './json-value.ts'
import { lackedColumns, type MapWatch, neededPlaces } from './map-watch.ts'

/** Returns the row in sigwatch's format, or why the operator's record cannot be mapped. */
export type MapRow = (row: TableRow) => TableRow | { readonly message: string }

/** Fields with numeric values; others are texts even if they look like numbers. */
const NUMBERS = new Set(['perMinute', 'sharedBy'])

/**
 * Maps an operator's records to side-input rows: the value becomes that of the row, the key the one it has in a
 * compacted topic. A record that deletes, as from Debezium, becomes a tombstone for the row's key: fields that the map
 * reads below `after` are then read below `before`. `watch` is shown what the rows have.
 */
export function mapRows(input: SideInput, map: SideMap, watch?: MapWatch): MapRow {
  const mapBody = bodyMapper(input, map)
  return (row) => {
    // The tombstone that Debezium writes to a compacted topic after a deletion.
    if (row.value === null) return { ...row, key: '' }
    const json = jsonValueOf(row.value, parseExact)
    if ('message' in json) return json
    const { value: body } = json
    const { timestamp, value, position } = row
    const record = { timestamp, value, key: Buffer.from(row.key), position }
    const mapped = mapBody(body, record)
    show(watch, { record, body }, mapped)
    if ('message' in mapped) return mapped
    return { ...row, key: mapped.key, value: mapped.value && Buffer.from(JSON.stringify(mapped.value)) }
  }
}

/** The map for the file of a side input, if one is configured. `watch` is shown what its rows have. */
export function fileMap(
  { sideFileMaps }: Pick<Config, 'sideFileMaps'>,
  input: SideInput,
  watch?: MapWatch,
): RowMap | undefined {
  const map = sideFileMaps?.[input]
  if (!map) return undefined
  const mapBody = bodyMapper(input, map)
  const record = { timestamp: 0, value: Buffer.alloc(0) }
  const read = (body: unknown) => {
    const mapped = mapBody(body, record)
    show(watch, { record, body }, mapped)
    return mapped
  }
  const header = (columns: readonly string[]) => {
    watch?.header(columns)
    return lackedColumns(neededPlaces(input, map), columns)
  }
  return Object.assign(read, { header })
}

/** A row that deletes has only its key. */
function show(watch: MapWatch | undefined, place: SeenPlace, mapped: ReturnType<RowMap>): void {
  if (!('value' in mapped && mapped.value === null)) watch?.see(place)
}

function bodyMapper(
  input: SideInput,
  { delete: deletes, ...fields }: SideMap,
): (body: unknown, record: MappableRecord) => ReturnType<RowMap> {
  const readers = readersOf(input, fields as Readonly<Record<string, FieldSource>>)
  const before = readersOf(input, earlier(fields as Readonly<Record<string, FieldSource>>))
  const rule = deletes as DeleteRule | undefined
  const steps = rule && stepsOf(rule.pointer)
  return (body, record) => {
    const isDeleted = steps !== undefined && String(at(body, steps)) === rule!.is
    try {
      // Only the key of a deleted row matters, and the record may contain nothing else.
      if (isDeleted)
        return { key: keyOf(input, (field) => neededOf(before, field, record, body)), value: null }
      const found: Record<string, unknown> = {}
      for (const [field, { read }] of readers) {
        const value = read(record, body)
        if (value !== undefined) found[field] = value
      }
      return { key: keyOf(input, (field) => found[field]), value: found }
    } catch (error) {
      if (error instanceof MappingError) return { message: error.message }
      throw error
    }
  }
}

type FieldReaders = ReadonlyMap<
  string,
  { readonly read: ReturnType<typeof fieldReader>; readonly name: string }
>

function readersOf(input: SideInput, fields: Readonly<Record<string, FieldSource>>): FieldReaders {
  const readers = Object.entries(fields).map(([field, source]) => {
    const read = fieldReader(source, field, field === 'ts' || field === 'until')
    const isText = input !== 'registry' && !NUMBERS.has(field)
    const whole: typeof read = (record, body) => {
      const value = read(record, body)
      if (typeof value === 'string') return listIn(field, value) ?? value
      const isNumber = typeof value === 'number' && field !== 'ts' && field !== 'until'
      return isText && isNumber ? String(value) : value
    }
    return [field, { read: whole, name: named(field, source) }] as const
  })
  return new Map(readers)
}

/** Throws MappingError if the value is missing, or the map does not name the field. */
function neededOf(readers: FieldReaders, field: string, record: MappableRecord, body: unknown): unknown {
  const reader = readers.get(field)
  const value = reader?.read(record, body)
  if (value === undefined) throw new MappingError(`${reader?.name ?? field}: nothing is there`)
  return value
}

/** The same locations in the row before its deletion. */
function earlier(fields: Readonly<Record<string, FieldSource>>): Record<string, FieldSource> {
  const moved = (pointer: string) => pointer.replace(/(^|\/)after(\/|$)/, '$1before$2')
  return Object.fromEntries(
    Object.entries(fields).map(([field, source]) => {
      if (typeof source === 'string') return [field, moved(source)]
      return [field, source.pointer === undefined ? source : { ...source, pointer: moved(source.pointer) }]
    }),
  )
}

/** The key of a row in a compacted topic; other inputs have none. */
function keyOf(input: SideInput, fieldOf: (field: string) => unknown): string {
  if (input === 'consents') return `${String(fieldOf('signature'))}|${String(fieldOf('to'))}`
  if (input !== 'registry') return ''
  const kind = String(fieldOf('kind'))
  return `${kind}:${String(fieldOf(kind === 'brand' ? 'id' : kind === 'port' ? 'port' : 'name'))}`
}
