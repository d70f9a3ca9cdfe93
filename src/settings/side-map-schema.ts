import type { SideInput } from '../domain/input-events.ts'
import { compileSchema, type Fault, strict } from './files/operator-schema.ts'
import { isRowFile } from './files/row-file.ts'
import { type FieldSource, type InputMap, mapRelations, sourceSchema, TIME_SOURCE } from './map-schema.ts'

/** How the fields of a row of a side input are found in the operator's record. */
export interface SideMap {
  readonly [field: string]: FieldSource | DeleteRule
}

/** The record deletes its row where this place has this value. */
export interface DeleteRule {
  readonly pointer: string
  readonly is: string
}

const REGISTRY = [
  ...['kind', 'id', 'names', 'shortNames', 'domains', 'hotlines', 'verified', 'replaces'],
  ...['name', 'brand', 'sp', 'ports', 'scope', 'consent', 'campaigns', 'filings'],
  ...['port', 'sharedBy', 'signatureAdded'],
]
/** What a row of each input may have. */
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
/** What each row needs. */
export const NEEDED_SIDE_FIELDS: Readonly<Record<SideInput, readonly string[]>> = {
  registry: ['kind'],
  consents: ['signature', 'to', 'state', 'ts'],
  replies: ['ts', 'from', 'to', 'text'],
  complaints: ['ts', 'source'],
  feedback: ['verdict', 'by', 'ts'],
}
/** What each row of the registry needs, by its kind. */
export const NEEDED_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  brand: ['id', 'names'],
  signature: ['name'],
  port: ['port'],
}
const DELETE = strict({ pointer: { type: 'string', format: 'place' }, is: { type: 'string' } }, [
  'pointer',
  'is',
])

/** Places of a record of Kafka, which a row of a file has not. */
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

/** What is wrong with `{topic, map}` or `{file, map}` of a side input, each fault with its path. */
export function sideFaults(input: SideInput, place: 'topic' | 'file', value: unknown): readonly Fault[] {
  const faults = compileSchema(schemaOf(input, { [place]: PLACES[place] }))(value)
  if (faults.length > 0) return faults
  const { file, map = {} } = value as { readonly file?: string; readonly map?: SideMap }
  const { delete: _, ...fields } = map
  const ofMap = mapRelations(fields as InputMap).map((fault) => ({ ...fault, path: ['map', ...fault.path] }))
  return ofMap.length > 0 || file === undefined ? ofMap : fileFaults(file, map)
}

/** What of a map does not go with a file. */
function fileFaults(file: string, map: SideMap): Fault[] {
  if (Object.keys(map).length > 0 && !isRowFile(file))
    return [{ path: ['map'], message: 'goes with a row a line (allowed: .jsonl, .ndjson or .csv)' }]
  return Object.entries(map).flatMap(([field, source]) => {
    const place = OF_RECORDS.find((name) => typeof source === 'object' && name in source)
    const message = `reads the ${place} of a record: a row of a file has a pointer, as /${field}`
    return place === undefined ? [] : [{ path: ['map', field, place], message }]
  })
}
