import type { Ajv, AnySchemaObject, ErrorObject, KeywordCxt, ValidateFunction } from 'ajv'
import { CODE_NAMES } from '../../domain/codes.ts'
import type { Problem } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { libraries } from './libraries.ts'
import { nearest } from './nearest.ts'
import { formatPath, type OperatorDocument, type Path } from './operator-file.ts'
import { FORMS, type FormName, hasForm, MOMENT, momentFault } from './value-forms.ts'

/** A fault of a value, located by its path only. */
export interface Fault {
  readonly path: Path
  readonly message: string
}

/** `isPrivate`: treat every place as `private`, so that no fault shows a value or an unknown key. */
export type Checker = (value: unknown, isPrivate?: boolean) => readonly Fault[]

let ajv: Ajv | undefined

function compiler(): Ajv {
  const { _, Ajv } = libraries.ajv
  const made = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    messages: false,
  })
  for (const form of Object.keys(FORMS) as FormName[]) {
    made.addFormat(form, { type: 'string', validate: (text: string) => hasForm(form, text) })
  }
  made.addKeyword({ keyword: 'private', schemaType: 'boolean' })
  made.addKeyword({
    keyword: 'characters',
    type: 'string',
    schemaType: 'number',
    code: (cxt: KeywordCxt) => cxt.fail(_`${cxt.data} === "" || ${cxt.data}.length > ${2 * cxt.schema}`),
  })
  made.addKeyword({
    keyword: 'moment',
    type: ['number', 'string'],
    schemaType: 'boolean',
    errors: false,
    validate: (_on: boolean, value: string | number) => momentFault(value) === undefined,
  })
  return made
}

/**
 * Compiles a JSON Schema whose formats are the forms of `value-forms.ts`; faults state what is wrong, where, and what is
 * allowed. Custom keywords:
 * - `private: true`: the value may be a secret or personal data; its faults never show it, nor an unknown key of it. Applies
 *   to this place, not to those below.
 * - `characters: n`: text of 1 to n characters. Approximate: up to 2n UTF-16 code units pass.
 * - `moment: true`: a plausible point in time, in epoch ms or ISO-8601 (see `momentFault`).
 */
export function compileSchema(schema: AnySchemaObject): Checker {
  // Compiled at the first check: compiling takes longer than a short command, and most commands use few schemas.
  let compiled: ValidateFunction | undefined
  return (value, isPrivate = false) => {
    ajv ??= compiler()
    compiled ??= ajv.compile(schema)
    if (compiled(value)) return []
    const errors = (compiled.errors ?? []).map((error) =>
      isPrivate ? { ...error, parentSchema: { ...error.parentSchema, private: true } } : error,
    )
    return firstOfEach(errors.map(toFault))
  }
}

/** Schema of a mapping without other keys than `properties`. */
export const strict = <P extends object>(
  properties: P,
  required: readonly string[] = [],
  more: object = {},
) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
  ...more,
})

const line = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
/** Schema of `change` at the root of a file: see Change. */
export const CHANGE_SCHEMA = strict({ by: line(100), why: line(500), ref: line(200) }, ['by', 'why'])

/** One fault per place: a value of the wrong type breaks every other rule too. */
function firstOfEach(faults: readonly Fault[]): Fault[] {
  const seen = new Set<string>()
  return faults.filter((fault) => {
    const place = JSON.stringify(fault.path)
    return !seen.has(place) && seen.add(place)
  })
}

/** Adds lines to faults and sorts them by line. `prefix`: path from the root of the document to the checked value. */
export function toProblems(
  document: OperatorDocument,
  faults: readonly Fault[],
  prefix: Path = [],
): Problem[] {
  const problems = faults.map(({ path, message }) => {
    const whole = [...prefix, ...path]
    const line = document.line(whole)
    const key = formatPath(whole)
    return {
      file: document.file,
      message,
      ...given({ line, key: key === '' ? undefined : key }),
    }
  })
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

/** Formats a value for a message: one line of at most 60 characters. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** `; did you mean "x"?`, or nothing. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping of keys',
  array: 'a list',
  null: 'null',
}

function toFault(error: ErrorObject): Fault {
  const path = steps(error)
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty)
      const allowed = Object.keys((error.parentSchema?.properties ?? {}) as object)
      const message = `unknown key${suggestion(key, allowed)} (allowed: ${allowed.join(', ') || 'none'})`
      if (error.parentSchema?.private) return { path, message: `has an ${message}` }
      return { path: [...path, key], message }
    }
    case 'required': {
      const key = String(error.params.missingProperty)
      const schema = (error.parentSchema?.properties as Record<string, AnySchemaObject> | undefined)?.[key]
      return { path: [...path, key], message: `is missing${expected(schema)}` }
    }
    default:
      return { path, message: message(error) }
  }
}

function message(error: ErrorObject): string {
  const { data, params } = error
  const schema = error.parentSchema as AnySchemaObject
  const shown = (value: unknown) => (schema.private ? 'the value' : show(value))
  switch (error.keyword) {
    case 'type':
      return typeMessage(data, schema)
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String)
      const near = typeof data === 'string' && !schema.private ? suggestion(data, allowed) : ''
      return `${shown(data)} is not allowed${near} (allowed: ${allowed.join(', ')})`
    }
    case 'format':
      return `${shown(data)} is not allowed${nearCode(params.format, data)} (allowed: ${FORMS[params.format as FormName]})`
    case 'moment':
      return `${shown(data)} ${momentFault(data as string | number)} (allowed: ${MOMENT})`
    case 'characters':
      return `has ${(data as string).length} characters${expected(schema)}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${shown(data)} is out of range${expected(schema)}`
    case 'minLength':
    case 'maxLength':
      return `has ${[...String(data)].length} characters${expected(schema)}`
    case 'minItems':
      return (data as unknown[]).length === 0 ? 'is empty: list at least one' : `needs ${params.limit} items`
    case 'maxItems':
      return `has ${(data as unknown[]).length} items (allowed: at most ${params.limit})`
    case 'minProperties':
      return 'is empty: give at least one key, or leave it out'
    case 'uniqueItems':
      return `${shown((data as unknown[])[Number(params.i)])} is listed twice: keep one`
    default:
      return `${shown(data)} is not allowed (${error.keyword})`
  }
}

function typeMessage(data: unknown, schema: AnySchemaObject): string {
  const types = ([] as string[]).concat(schema.type as string | string[])
  const wanted = types.map((type) => TYPE_NAMES[type] ?? type).join(' or ')
  const scalar = typeof data === 'number' || typeof data === 'boolean'
  if (types.includes('string') && scalar && !schema.moment) {
    // Suggest quotes only if the quoted value would be valid.
    const fits = !schema.format || hasForm(schema.format as FormName, String(data))
    const is = schema.private ? `a ${typeof data}` : `the ${typeof data} ${data}`
    return `must be text, is ${is}${fits ? ': put it in quotes' : expected(schema)}`
  }
  if (data === null) return `has no value: must be ${wanted}${allowedTail(schema)}`
  const kind = Array.isArray(data)
    ? 'a list'
    : typeof data === 'object'
      ? 'a mapping of keys'
      : schema.private
        ? typeof data === 'string'
          ? 'text'
          : `a ${typeof data}`
        : show(data)
  const hint = types.includes('array') && kind === 'a mapping of keys' ? ': begin each item with a dash' : ''
  return `must be ${wanted}, is ${kind}${hint}${allowedTail(schema)}`
}

function allowedTail(schema: AnySchemaObject): string {
  const { format, moment, minimum, additionalProperties } = schema
  return schema.enum || format || moment || minimum !== undefined || additionalProperties === false
    ? expected(schema)
    : ''
}

function nearCode(form: string, data: unknown): string {
  return form === 'code' && typeof data === 'string' ? suggestion(data, CODE_NAMES) : ''
}

/** ` (allowed: …)` for a schema, or nothing. */
function expected(schema: AnySchemaObject | undefined): string {
  if (!schema) return ''
  if (schema.enum) return ` (allowed: ${(schema.enum as unknown[]).join(', ')})`
  if (schema.format) return ` (allowed: ${FORMS[schema.format as FormName]})`
  if (schema.moment) return ` (allowed: ${MOMENT})`
  if (schema.type === 'object' && schema.additionalProperties === false && !schema.private)
    return ` (allowed: ${Object.keys((schema.properties ?? {}) as object).join(', ')})`
  if (schema.characters) return ` (allowed: text of 1 to ${schema.characters} characters)`
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength } = schema
  if (minLength !== undefined || maxLength !== undefined) {
    return ` (allowed: ${minLength ?? 0} ${maxLength === undefined ? 'or more' : `to ${maxLength}`} characters)`
  }
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    exclusiveMaximum === undefined ? '' : `less than ${exclusiveMaximum}`,
  ].filter((bound) => bound !== '')
  const items = schema.items as AnySchemaObject | undefined
  if (bounds.length > 0) return ` (allowed: ${bounds.join(', ')})`
  if (items?.format) return ` (allowed: a list of ${FORMS[items.format as FormName]})`
  return ''
}

/** Path of an error from its JSON pointer; digits become indices. */
function steps(error: ErrorObject): (string | number)[] {
  if (error.instancePath === '') return []
  return error.instancePath
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^(?:0|[1-9]\d*)$/.test(step) ? Number(step) : step))
}
