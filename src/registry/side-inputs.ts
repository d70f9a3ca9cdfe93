import { isUtf8 } from 'node:buffer'
import type { Problem } from '../domain/errors.ts'
import type { ConsentRow } from '../domain/ports.ts'
import { readJsonLines } from '../operator/operator-file.ts'
import { show, suggestion } from '../operator/operator-schema.ts'
import { FORMS, parseTime } from '../operator/value-forms.ts'

/** An inbound reply: the subscriber `from` wrote to the port `to`; both in canonical form, `ts` epoch ms. */
export interface Reply {
  readonly id?: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
}

export interface Complaint {
  readonly id?: string
  readonly ts: number
  /** Port or number complained of, canonical. */
  readonly from?: string
  readonly signature?: string
  /** Who complains: canonical number or token. */
  readonly to?: string
  readonly text?: string
  /** `12321`, or who else passed it on. */
  readonly source: string
  readonly category?: string
}

/** An analyst's word on a state or a message; exactly one of the two ids. */
export interface Feedback {
  readonly stateId?: string
  readonly messageId?: string
  readonly verdict: 'confirmed' | 'false_positive' | 'release'
  /** Epoch ms; 24 h after `ts` when the row says nothing. */
  readonly until: number
  readonly by: string
  readonly note?: string
  readonly ts: number
}

export interface SideRows {
  readonly consents: ConsentRow
  readonly replies: Reply
  readonly complaints: Complaint
  readonly feedback: Feedback
}
export type RowInput = keyof SideRows

export type SideLine<I extends RowInput> =
  | { readonly line: number; readonly row: SideRows[I] }
  | { readonly line: number; readonly problem: Problem }

/** A number in the one form of the contract, section 1; what is no number stays as it is. */
export type Canonical = (number: string) => string

const EARLIEST = Date.UTC(2000, 0, 1)
const DAY = 86_400_000

/** What is wrong with one field; never holds a recipient or a text. */
class FieldFault extends Error {
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** Reads the fields of one row. A field that is null is absent; fields that are not asked for are left alone. */
class Fields {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #canonical: Canonical
  constructor(value: unknown, canonical: Canonical) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldFault('', 'must be a JSON object')
    }
    this.#value = value as Readonly<Record<string, unknown>>
    this.#canonical = canonical
  }

  has(field: string): boolean {
    return this.#value[field] !== undefined && this.#value[field] !== null
  }

  text(field: string, max: number): string {
    const value = this.#value[field]
    if (value === undefined || value === null)
      throw new FieldFault(field, `is missing (allowed: text of 1 to ${max} characters)`)
    if (typeof value !== 'string')
      throw new FieldFault(field, `must be text, is a ${typeof value}: put it in quotes`)
    if (value === '' || value.length > max * 2) {
      throw new FieldFault(field, `has ${value.length} characters (allowed: 1 to ${max})`)
    }
    return value
  }

  number(field: string): string {
    return this.#canonical(this.text(field, 64))
  }

  /** Without brackets and spaces around. */
  signature(field: string): string {
    const name = this.text(field, 40).replace(/^[\s【]+|[\s】]+$/gu, '')
    if (name === '') throw new FieldFault(field, 'holds no name (allowed: the signature without brackets)')
    return name
  }

  time(field: string): number {
    const value = this.#value[field]
    const allowed = `(allowed: epoch milliseconds, or ${FORMS.time})`
    if (value === undefined || value === null) throw new FieldFault(field, `is missing ${allowed}`)
    const ms =
      typeof value === 'string' ? parseTime(value) : Number.isInteger(value) ? Number(value) : undefined
    if (ms === undefined) throw new FieldFault(field, `${show(value)} is not allowed ${allowed}`)
    if (ms < EARLIEST)
      throw new FieldFault(field, `${show(value)} lies before the year 2000: are these seconds? ${allowed}`)
    return ms
  }

  choice<const T extends string>(field: string, values: readonly T[]): T {
    const value = this.#value[field]
    const found = values.find((item) => item === value)
    if (found !== undefined) return found
    const near = typeof value === 'string' ? suggestion(value, values) : ''
    const said =
      value === undefined || value === null ? 'is missing' : `${show(value)} is not one of the values${near}`
    throw new FieldFault(field, `${said} (allowed: ${values.join(', ')})`)
  }

  /** A field that may be absent, as a part of a row. */
  maybe<K extends string, T>(field: K, read: (field: K) => T): { readonly [P in K]?: T } {
    return this.has(field) ? ({ [field]: read(field) } as { [P in K]?: T }) : {}
  }

  inner(field: string): Fields | undefined {
    return this.has(field) ? new Fields(this.#value[field], this.#canonical) : undefined
  }
}

const STATES = ['in', 'out'] as const

const READERS: { readonly [I in RowInput]: (fields: Fields) => SideRows[I] } = {
  consents: (f) => {
    const was = f.inner('was')
    const row: ConsentRow = {
      signature: f.signature('signature'),
      to: f.number('to'),
      state: f.choice('state', STATES),
      ts: f.time('ts'),
      ...f.maybe('proof', (field) => f.text(field, 1000)),
      ...(was ? { was: { state: was.choice('state', STATES), ts: was.time('ts') } } : {}),
    }
    if (row.was && row.was.ts > row.ts)
      throw new FieldFault('was', 'is later than ts: it is the change before')
    return row
  },
  replies: (f) => ({
    ...f.maybe('id', (field) => f.text(field, 128)),
    ts: f.time('ts'),
    from: f.number('from'),
    to: f.number('to'),
    text: f.text('text', 2000),
  }),
  complaints: (f) => ({
    ...f.maybe('id', (field) => f.text(field, 128)),
    ts: f.time('ts'),
    ...f.maybe('from', (field) => f.number(field)),
    ...f.maybe('signature', (field) => f.signature(field)),
    ...f.maybe('to', (field) => f.number(field)),
    ...f.maybe('text', (field) => f.text(field, 4000)),
    source: f.text('source', 64),
    ...f.maybe('category', (field) => f.text(field, 64)),
  }),
  feedback: (f) => {
    if (f.has('stateId') === f.has('messageId')) {
      throw new FieldFault('stateId', 'exactly one of stateId and messageId must be given')
    }
    const ts = f.time('ts')
    const until = f.has('until') ? f.time('until') : ts + DAY
    if (until <= ts) throw new FieldFault('until', 'is not after ts')
    return {
      ...f.maybe('stateId', (field) => f.text(field, 128)),
      ...f.maybe('messageId', (field) => f.text(field, 128)),
      verdict: f.choice('verdict', ['confirmed', 'false_positive', 'release']),
      until,
      by: f.text('by', 128),
      ...f.maybe('note', (field) => f.text(field, 2000)),
      ts,
    }
  },
}

/**
 * One row of a side input (contract, section 2) from its JSON value, or what is wrong with it. Unknown fields are left
 * alone: other systems write these rows.
 */
export function readSideRow<I extends RowInput>(
  input: I,
  value: unknown,
  canonical: Canonical,
): { readonly row: SideRows[I] } | { readonly key: string; readonly message: string } {
  try {
    return { row: READERS[input](new Fields(value, canonical)) }
  } catch (error) {
    if (error instanceof FieldFault) return { key: error.field, message: error.message }
    throw error
  }
}

/** The same from the bytes of a topic record; undefined for a tombstone. The message names the field. */
export function readSideValue<I extends RowInput>(
  input: I,
  bytes: Buffer | null,
  canonical: Canonical,
): { readonly row: SideRows[I] } | { readonly message: string } | undefined {
  if (bytes === null) return undefined
  if (!isUtf8(bytes)) return { message: 'is not valid UTF-8' }
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return { message: `is no valid JSON (${bytes.length} bytes)` }
  }
  const read = readSideRow(input, value, canonical)
  return 'row' in read ? read : { message: read.key === '' ? read.message : `${read.key}: ${read.message}` }
}

/** The rows of a JSONL file in order, each with its line, good ones and faulty ones. Reads as it goes. */
export function* readSideFile<I extends RowInput>(
  input: I,
  file: string,
  canonical: Canonical,
): Generator<SideLine<I>> {
  for (const { line, value, problem } of readJsonLines(file)) {
    if (problem) {
      yield { line, problem }
      continue
    }
    const read = readSideRow(input, value, canonical)
    if ('row' in read) yield { line, row: read.row }
    else
      yield {
        line,
        problem: { file, line, message: read.message, ...(read.key === '' ? {} : { key: read.key }) },
      }
  }
}
