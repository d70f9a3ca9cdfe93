import type { SideInput } from '../domain/input-events.ts'
import { compileSchema, type Fault, strict } from './files/operator-schema.ts'
import { isRowFile } from './files/row-file.ts'
import { type FieldSource, type InputMap, mapRelations, sourceSchema, TIME_SOURCE } from './map-schema.ts'

/** Where the fields of a side input row are in the operator's record. */
export interface SideMap {
  readonly [field: string]: FieldSource | DeleteRule
}

/** A record with this value at this place deletes its row. */
export interface DeleteRule {
  readonly pointer: string
  readonly is: string
}

const REGISTRY = [
  ...['kind', 'id', 'names', 'shortNames', 'domains', 'hotlines', 'verified', 'replaces'],
  ...['name', 'brand', 'sp', 'ports', 'scope', 'consent', 'campaigns', 'filings'],
  ...['port', 'sharedBy', 'signatureAdded'],
]
export const SIDE_FIELDS: Readonly<Record<SideInput, readonly string[]>> = {
  registry: REGISTRY,
  consents: ['signature', 'to', 'state', 'ts', 'proof'],
  replies: ['id', 'ts', 'from', 'to', 'text'],
  complaints: ['id', 'ts', 'from', 'signature', 'to', 'text', 'source', 'category'],
  feedback: [
    ...['stateId', 'messageId', 'target', 'codes', 'verdict', 'until', 'by', 'note', 'ts'],
    ...['feedbackId', 'batch', 'undo', 'label', 'action', 'perMinute', 'labels'],
  ],
}
/** Required fields. */
export const NEEDED_SIDE_FIELDS: Readonly<Record<SideInput, readonly string[]>> = {
  registry: ['kind'],
  consents: ['signature', 'to', 'state', 'ts'],
  replies: ['ts', 'from', 'to', 'text'],
  complaints: ['ts', 'source'],
  feedback: ['verdict', 'by', 'ts'],
}
/** Further required fields of registry rows, by kind. */
export const NEEDED_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  brand: ['id', 'names'],
  signature: ['name'],
  port: ['port'],
}
const DELETE = strict({ pointer: { type: 'string', format: 'place' }, is: { type: 'string' } }, [
  'pointer',
  'is',
])

/** Sources that only Kafka records have. */
const OF_RECORDS = ['key', 'header', 'position']

function schemaOf(input: SideInput, place: object) {
  const fields = SIDE_FIELDS[input].map((field) => [
    field,
    field === 'ts' || field === 'until' ? TIME_SOURCE : sourceSchema,
  ])
  return strict(
    {
      ...place,
      map: strict({ ...Object.fromEntries(fields), delete: DELETE }, NEEDED_SIDE_FIELDS[input]),
    },
    Object.keys(place),
  )
}

const PLACES = { topic: { type: 'string', format: 'topic' }, file: { type: 'string', minLength: 1 } }

export function sideFaults(input: SideInput, place: 'topic' | 'file', value: unknown): readonly Fault[] {
  const faults = compileSchema(schemaOf(input, { [place]: PLACES[place] }))(value)
  if (faults.length > 0) return faults
  const { file, map = {} } = value as { readonly file?: string; readonly map?: SideMap }
  const { delete: _, ...fields } = map
  const ofMap = mapRelations(fields as InputMap).map((fault) => ({ ...fault, path: ['map', ...fault.path] }))
  return ofMap.length > 0 || file === undefined ? ofMap : fileFaults(file, map)
}

/** Parts of a map that a file cannot have. */
function fileFaults(file: string, map: SideMap): Fault[] {
  if (Object.keys(map).length > 0 && !isRowFile(file))
    return [{ path: ['map'], message: 'requires a file of rows (allowed: .jsonl, .ndjson or .csv)' }]
  return Object.entries(map).flatMap(([field, source]) => {
    const place = OF_RECORDS.find((name) => typeof source === 'object' && name in source)
    const message = `reads the ${place} of a Kafka record, which a row of a file lacks: use a pointer, for example /${field}`
    return place === undefined ? [] : [{ path: ['map', field, place], message }]
  })
}
