import type { SideInput } from '../domain/input-events.ts'
import { compileSchema, type Fault } from './files/operator-schema.ts'
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
const REQUIRED: Readonly<Record<SideInput, readonly string[]>> = {
  registry: ['kind'],
  consents: ['signature', 'to', 'state', 'ts'],
  replies: ['ts', 'from', 'to', 'text'],
  complaints: ['ts', 'source'],
  feedback: ['verdict', 'by', 'ts'],
}
const DELETE = {
  type: 'object',
  additionalProperties: false,
  required: ['pointer', 'is'],
  properties: { pointer: { type: 'string', format: 'place' }, is: { type: 'string' } },
}

function schemaOf(input: SideInput) {
  const fields = SIDE_FIELDS[input].map((field) => [
    field,
    field === 'ts' || field === 'until' ? TIME_SOURCE : sourceSchema,
  ])
  return {
    type: 'object',
    additionalProperties: false,
    required: ['topic'],
    properties: {
      topic: { type: 'string', format: 'topic' },
      map: {
        type: 'object',
        additionalProperties: false,
        required: REQUIRED[input],
        properties: { ...Object.fromEntries(fields), delete: DELETE },
      },
    },
  }
}

/** What is wrong with `{topic, map}` of a side input, each fault with its path. */
export function sideTopicFaults(input: SideInput, value: unknown): readonly Fault[] {
  const faults = compileSchema(schemaOf(input))(value)
  if (faults.length > 0) return faults
  const { delete: _, ...fields } = (value as { readonly map?: SideMap }).map ?? {}
  return mapRelations(fields as InputMap).map((fault) => ({ ...fault, path: ['map', ...fault.path] }))
}
