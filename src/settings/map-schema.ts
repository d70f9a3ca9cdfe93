import { isTimePattern } from '../domain/local-time.ts'
import { compileSchema, type Fault, strict } from './files/operator-schema.ts'

/** Source and form of a field. Has exactly one of `pointer`, `key`, `header`, `value` and, for `id`, `join` or `position`. */
export interface FieldRule {
  /** JSON pointer (RFC 6901) into the operator's record. */
  readonly pointer?: string
  readonly key?: true
  /** A header of the record. */
  readonly header?: string
  /** Constant value. */
  readonly value?: string | number
  /** For `ts`: epoch-s, epoch-ms, epoch-us, iso, iso-basic, or a pattern of local time. Else text, hex, base64 or bytes. */
  readonly form?: string
  /** Offset from UTC, for a pattern of local time and for a basic ISO time without one. */
  readonly zone?: string
  /** Character encoding of bytes (header, key, hex, base64, bytes), or where the record names it. */
  readonly encoding?: Encoding | EncodingRule
  /** Translation of values: from the operator's to those of sigwatch. */
  readonly values?: Readonly<Record<string, string>>
  /** For `text`: the bytes start with a user data header, which is removed and fills `part`. */
  readonly udh?: true
  /** For `id`: these fields, joined by `with`; absent ones are skipped. */
  readonly join?: readonly FieldSource[]
  readonly with?: string
  /** For `id`: `<topic>-<partition>-<offset>`, followed by `.<n>` for item n of a list, from 0. */
  readonly position?: true
}

export const ENCODINGS = ['utf-8', 'gbk', 'ucs2'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** Where a record names its own encoding; `values` translates the names. */
export type EncodingRule = Pick<FieldRule, 'pointer' | 'key' | 'header' | 'values'>

/** A rule, or only a JSON pointer. */
export type FieldSource = FieldRule | string

export const MAPPED_FIELDS = [
  'id',
  'ts',
  'from',
  'to',
  'text',
  'signature',
  'sp',
  'carrier',
  'province',
  'template',
  'submission',
  'tenant',
  'disposition',
] as const
export type MappedField = (typeof MAPPED_FIELDS)[number]
export const REQUIRED_FIELDS: readonly MappedField[] = ['id', 'ts', 'from', 'to', 'text']

/** `input.map`: where the fields of an input record are in the operator's record. */
export type InputMap = { readonly [F in MappedField]?: FieldSource } & {
  /** Character encoding of the whole record. */
  readonly encoding?: Encoding
  /** Pointer to a list whose items are messages; pointers that begin with `./` start at the item. */
  readonly split?: string
  /** As in the rule of `text`. */
  readonly udh?: true
  readonly ext?: Readonly<Record<string, FieldSource>>
  readonly part?: { readonly ref: FieldSource; readonly index: FieldSource; readonly count: FieldSource }
}

const PLACES = {
  pointer: { type: 'string', format: 'place' },
  key: { type: 'boolean', const: true },
  header: { type: 'string', minLength: 1, maxLength: 249 },
}
const values = { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } }

/** Schema of a FieldSource; `form`: schema of its `form`. */
const sourceOf = (form: object, more: object = {}) => ({
  type: ['string', 'object'],
  format: 'place',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    ...PLACES,
    value: { type: ['string', 'number'] },
    form,
    zone: { type: 'string', format: 'zone' },
    encoding: {
      type: ['string', 'object'],
      additionalProperties: false,
      properties: {
        ...PLACES,
        values: { ...values, additionalProperties: { type: 'string', enum: ENCODINGS } },
      },
    },
    values,
    ...more,
  },
})

const TIME_FORMS = ['epoch-s', 'epoch-ms', 'epoch-us', 'iso', 'iso-basic']
const TEXT_FORM = { type: 'string', enum: ['text', 'hex', 'base64', 'bytes'] }
const flag = { type: 'boolean', const: true }
const source = sourceOf(TEXT_FORM)
/** Sources of a field and of a time, for any map. */
export const sourceSchema: object = source
export const TIME_SOURCE: object = sourceOf({ type: 'string', minLength: 1, maxLength: 64 })
/** Additional properties of `id`. */
const JOINED = {
  join: { type: 'array', minItems: 1, maxItems: 8, items: source },
  with: { type: 'string', maxLength: 8 },
  position: flag,
}

/** Schema of an InputMap; `mapRelations` has the checks that a schema cannot express. */
export const MAP_SCHEMA = strict(
  {
    ...Object.fromEntries(MAPPED_FIELDS.map((field) => [field, source])),
    id: sourceOf(TEXT_FORM, JOINED),
    ts: TIME_SOURCE,
    text: sourceOf(TEXT_FORM, { udh: flag }),
    encoding: { type: 'string', enum: ENCODINGS },
    split: { type: 'string', format: 'list' },
    udh: flag,
    ext: { type: 'object', maxProperties: 16, additionalProperties: source },
    part: strict({ ref: source, index: source, count: source }, ['ref', 'index', 'count']),
  },
  REQUIRED_FIELDS,
)

const check = compileSchema(MAP_SCHEMA)

/** Validates a map as configured. */
export function mapFaults(map: unknown): readonly Fault[] {
  const faults = check(map)
  return faults.length > 0 ? faults : mapRelations(map as InputMap)
}

/** Checks beyond the schema: which keys of a rule go together, and whether a pattern of local time is valid. */
export function mapRelations(map: InputMap): readonly Fault[] {
  const { encoding: _, split, udh, ext = {}, part = {}, ...fields } = map
  const rules: (readonly [FieldSource, readonly string[]])[] = [
    ...Object.entries<FieldSource>(fields).map(([field, from]) => [from, [field]] as const),
    ...Object.entries(ext).map(([field, from]) => [from, ['ext', field]] as const),
    ...Object.entries<FieldSource>(part).map(([field, from]) => [from, ['part', field]] as const),
  ]
  return [
    ...rules.flatMap(([from, path]) => ruleFaults(from, path)),
    ...(split === undefined ? rules.flatMap(([from, path]) => itemFaults(from, path)) : []),
    ...(udh ? udhFaults(map.text, ['udh']) : []),
  ]
}

function ruleFaults(from: FieldSource, path: readonly string[]): Fault[] {
  if (typeof from === 'string') return []
  const faults = placeFaults(from, ['pointer', 'key', 'header', 'value', ...(MADE_OF[path[0]!] ?? [])], path)
  const { form, zone, encoding, key, header, join, udh } = from
  if (path[0] === 'ts' || path[0] === 'until') faults.push(...timeFaults(form, zone, path))
  if (udh) faults.push(...udhFaults(from, [...path, 'udh']))
  if (from.with !== undefined && join === undefined)
    faults.push({ path: [...path, 'with'], message: 'requires join' })
  for (const [i, member] of (join ?? []).entries())
    faults.push(...ruleFaults(member, [...path, 'join', String(i)]))
  const ofBytes =
    form === 'hex' || form === 'base64' || form === 'bytes' || key !== undefined || header !== undefined
  const where = [...path, 'encoding']
  if (encoding !== undefined && !ofBytes) {
    faults.push({ path: where, message: 'requires form: hex, form: base64, form: bytes, key or header' })
  } else if (typeof encoding === 'string' && !ENCODINGS.includes(encoding)) {
    faults.push({
      path: where,
      message: `must be one of ${ENCODINGS.join(', ')}, or its place in the record as {pointer}, {key} or {header}`,
    })
  } else if (typeof encoding === 'object') {
    faults.push(...placeFaults(encoding, ['pointer', 'key', 'header'], where))
  }
  return faults
}

/** Additional sources of a field besides those in the record. */
const MADE_OF: Readonly<Record<string, readonly ('join' | 'position')[]>> = { id: ['join', 'position'] }

/** Pointers that begin with `./`, in a map without `split`. */
function itemFaults(from: FieldSource, path: readonly string[]): Fault[] {
  const rule: FieldRule = typeof from === 'string' ? { pointer: from } : from
  const { pointer, encoding, join = [] } = rule
  const faults = join.flatMap((member, i) => itemFaults(member, [...path, 'join', String(i)]))
  if (pointer?.startsWith('.') || (typeof encoding === 'object' && encoding.pointer?.startsWith('.')))
    faults.push({ path, message: 'a pointer that begins with ./ requires split' })
  return faults
}

function udhFaults(text: FieldSource | undefined, path: readonly string[]): Fault[] {
  const form = typeof text === 'object' ? text.form : undefined
  if (form === 'hex' || form === 'base64' || form === 'bytes') return []
  return [{ path, message: 'requires a text with form: hex, form: base64 or form: bytes' }]
}

function placeFaults(
  rule: FieldRule,
  places: readonly ('pointer' | 'key' | 'header' | 'value' | 'join' | 'position')[],
  path: readonly string[],
): Fault[] {
  if (places.filter((place) => rule[place] !== undefined).length === 1) return []
  return [{ path, message: `needs exactly one of ${places.slice(0, -1).join(', ')} and ${places.at(-1)}` }]
}

function timeFaults(form: string | undefined, zone: string | undefined, path: readonly string[]): Fault[] {
  if (form === undefined || TIME_FORMS.includes(form)) return []
  if (!isTimePattern(form)) {
    const allowed = `${TIME_FORMS.join(', ')}, or a pattern of yyyy, MM, dd, HH, mm, ss, for example yyyyMMddHHmmss`
    return [{ path: [...path, 'form'], message: `must be one of ${allowed}` }]
  }
  if (zone === undefined) {
    return [{ path, message: 'a local time needs its zone, for example zone: "+08:00"' }]
  }
  return []
}
