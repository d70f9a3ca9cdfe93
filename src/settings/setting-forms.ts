import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { jsonOf } from '../domain/json.ts'
import { describeReadError, parseOperatorText } from './files/operator-file.ts'
import { type Fault, show, suggestion } from './files/operator-schema.ts'
import {
  FORMS,
  formatBytes,
  formatDuration,
  parseBytes,
  parseDuration,
  parseTime,
} from './files/value-forms.ts'
import { FileSecret, Secret } from './secret.ts'

/** How to read a raw value. `fromText`: text may represent numbers and lists. `folder`: base of relative paths. */
export interface Reading {
  readonly fromText: boolean
  readonly folder: string
  /** The file with the value, if a `_FILE` variable names one. */
  readonly file?: string
}

/** A kind of setting. `read` parses a raw value or throws a FormError, which never shows a secret. */
export interface Form<T> {
  /** Allowed values, for messages and the reference. */
  readonly allowed: string
  readonly secret: boolean
  /** Whether null is allowed: null in a file, empty text or `null` in the environment. */
  readonly nullable: boolean
  /** Unit of a number, for the reference. */
  readonly unit?: 'ms' | 'bytes'
  read(raw: unknown, reading: Reading): T
}

export class FormError extends Error {
  /** Faults within a structure; empty if the message says all. */
  readonly faults: readonly Fault[]
  constructor(wrong: string | readonly Fault[]) {
    super(typeof wrong === 'string' ? wrong : '')
    this.faults = typeof wrong === 'string' ? [] : wrong
  }
}

export function form<T>(
  allowed: string,
  read: (raw: unknown, reading: Reading) => T,
  secret = false,
): Form<T> {
  return { allowed, secret, nullable: false, read }
}

function refuse(raw: unknown, allowed: string, hint = ''): never {
  const said = raw === null ? 'has no value' : raw === '' ? 'is empty' : `${show(raw)} is not allowed`
  throw new FormError(`${said}${hint} (allowed: ${allowed})`)
}

function textOf(raw: unknown, allowed: string): string {
  if (typeof raw === 'number' || typeof raw === 'boolean') refuse(raw, allowed, ': put text in quotes')
  if (typeof raw !== 'string' || raw === '') refuse(raw, allowed)
  return raw
}

/** Anchored pattern or predicate for the whole text. */
type Valid = RegExp | ((value: string) => boolean)

export function text(allowed: string, valid: Valid = /^[^\u0000-\u001f]+$/): Form<string> {
  return form(allowed, (raw) => {
    const value = textOf(raw, allowed)
    return (typeof valid === 'function' ? valid(value) : valid.test(value)) ? value : refuse(value, allowed)
  })
}

/** A list in a file, separated by commas in the environment. */
export function list(allowed: string, valid: Valid): Form<readonly string[]> {
  const item = text(allowed, valid)
  return form(`${allowed}; a list, separated by commas in the environment`, (raw, reading) => {
    const items = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
    if (!Array.isArray(items) || items.length === 0) refuse(raw, `a list of ${allowed}`)
    const values = items.map((part) => item.read(part, reading))
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice !== undefined) throw new FormError(`${show(twice)} is listed twice: keep one`)
    return values
  })
}

export const hostPorts = list('host:port', /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$/)
export const shortName = text('1 to 64 letters, digits, dots, _ or -', /^[A-Za-z0-9._-]{1,64}$/)

export function int(min: number, max: number): Form<number> {
  return numeric(`a whole number from ${min} to ${max}`, /^-?\d{1,15}$/, (value) => {
    return Number.isInteger(value) && value >= min && value <= max
  })
}

/** From 0 to 1. */
export function fraction(): Form<number> {
  return numeric('a number from 0 to 1', /^\d(\.\d{1,9})?$/, (value) => value >= 0 && value <= 1)
}

/** A number; `digits`: pattern of its text in the environment. */
function numeric(allowed: string, digits: RegExp, valid: (value: number) => boolean): Form<number> {
  return form(allowed, (raw, { fromText }) => {
    const value = fromText && typeof raw === 'string' && digits.test(raw) ? Number(raw) : raw
    return typeof value === 'number' && valid(value) ? value : refuse(raw, allowed)
  })
}

export function flag(): Form<boolean> {
  const allowed = 'true, false'
  return form(allowed, (raw, { fromText }) => {
    if (typeof raw === 'boolean') return raw
    if (fromText && (raw === 'true' || raw === 'false')) return raw === 'true'
    return refuse(raw, allowed)
  })
}

export function choice<const T extends string>(values: readonly T[]): Form<T> {
  const allowed = values.join(', ')
  return form(allowed, (raw) => {
    const found = values.find((value) => value === raw)
    return found ?? refuse(raw, allowed, typeof raw === 'string' ? suggestion(raw, values) : '')
  })
}

/** Milliseconds. */
export function duration(min: number, max: number): Form<number> {
  const allowed = `${FORMS.duration}; from ${formatDuration(min)} to ${formatDuration(max)}`
  const inner = form(allowed, (raw) => {
    const value = raw === 0 ? 0 : typeof raw === 'string' ? parseDuration(raw) : undefined
    if (value === undefined || value < min || value > max) {
      refuse(raw, allowed, typeof raw === 'number' && raw !== 0 ? ': the unit is missing' : '')
    }
    return value
  })
  return { ...inner, unit: 'ms' }
}

/** Bytes. */
export function size(min: number, max: number): Form<number> {
  const allowed = `${FORMS.bytes}; from ${formatBytes(min)} to ${formatBytes(max)}`
  const inner = form(allowed, (raw) => {
    const value = typeof raw === 'string' ? parseBytes(raw) : undefined
    if (value === undefined || value < min || value > max) refuse(raw, allowed)
    return value
  })
  return { ...inner, unit: 'bytes' }
}

/** A path, resolved against `folder` of the reading. */
export function path(what: string): Form<string> {
  return form(what, (raw, { folder }) => {
    const value = textOf(raw, what)
    return isAbsolute(value) ? value : join(folder, value)
  })
}

const UNSHOWN = 'the value is not PEM text, and is not shown because it may be a key; as the path of a file: '

/** Whether text is certainly a file name and may be shown: bare base64 also has letters, digits, / and +, and may be a key. */
function isPlainlyPath(text: string): boolean {
  return text.length <= 200 && /^[\w./~ -]+\.(?:pem|crt|cer|cert|key)$/i.test(text)
}

/** PEM text, or the path of a PEM file. */
export function pem(): Form<Secret> {
  const allowed = 'PEM text that begins with -----BEGIN, or the path of a PEM file'
  return form(
    allowed,
    (raw, { folder, file: valueFile }) => {
      if (typeof raw !== 'string' || raw === '') throw new FormError(`must be text (allowed: ${allowed})`)
      if (raw.trimStart().startsWith('-----BEGIN')) return secretOf(raw, valueFile)
      if (raw.includes('\n')) throw new FormError(`is not PEM text (allowed: ${allowed})`)
      const file = isAbsolute(raw) ? raw : join(folder, raw)
      let content: string
      try {
        content = readFileSync(file, 'utf8')
      } catch (error) {
        const named = isPlainlyPath(raw) ? `${file}: ` : UNSHOWN
        throw new FormError(`${named}${describeReadError(error)} (allowed: ${allowed})`)
      }
      if (!content.includes('-----BEGIN')) throw new FormError(`${file} is not PEM (allowed: ${allowed})`)
      return new FileSecret(content, file)
    },
    true,
  )
}

const secretOf = (value: string, file: string | undefined) =>
  file === undefined ? new Secret(value) : new FileSecret(value, file)

/** Text that no message shows. */
export function secret(allowed: string, valid: (text: string) => boolean = () => true): Form<Secret> {
  return form(
    allowed,
    (raw, { file }) => {
      if (typeof raw === 'number') throw new FormError(`must be text: put it in quotes (allowed: ${allowed})`)
      if (typeof raw !== 'string' || raw === '' || !valid(raw)) {
        throw new FormError(`the value given is not allowed; it is not shown (allowed: ${allowed})`)
      }
      return secretOf(raw, file)
    },
    true,
  )
}

/** Start position of a new consumer group: an end of the log, or epoch ms. */
export function startFrom(): Form<'earliest' | 'latest' | number> {
  const allowed = `earliest, latest, or ${FORMS.time}`
  return form(allowed, (raw) => {
    if (raw === 'earliest' || raw === 'latest') return raw
    const ms = typeof raw === 'string' ? parseTime(raw) : undefined
    return ms ?? refuse(raw, allowed)
  })
}

/** Parses a structure that the environment has as YAML or JSON text. */
export function structured(raw: unknown, { fromText }: Reading): unknown {
  if (!fromText || typeof raw !== 'string') return raw
  const { document, problems } = parseOperatorText('value', raw)
  const [problem] = problems
  if (problem) throw new FormError(`${problem.message} (line ${problem.line ?? 1})`)
  return document?.value
}

/** A structure validated by `check` and converted by `take`. */
export function structure<W, T = W>(
  allowed: string,
  check: (value: unknown) => readonly Fault[],
  take: (written: W) => T = (written) => written as unknown as T,
): Form<T> {
  return form(allowed, (raw, reading) => takeChecked(structured(raw, reading), check, take))
}

/** Like `structure`, but no message shows any part of the value, even if it cannot be parsed. JSON in the environment. */
export function secretStructure<W, T>(
  allowed: string,
  check: (value: unknown) => readonly Fault[],
  take: (written: W) => T,
): Form<T> {
  const parsed = (json: string): unknown => {
    const value = jsonOf(json)
    if (value === undefined) throw new FormError(`is not valid JSON (allowed: ${allowed})`)
    return value
  }
  const read = (raw: unknown, { fromText }: Reading) =>
    takeChecked(fromText && typeof raw === 'string' ? parsed(raw) : raw, check, take)
  return form(allowed, read, true)
}

function takeChecked<W, T>(
  value: unknown,
  check: (value: unknown) => readonly Fault[],
  take: (written: W) => T,
): T {
  const faults = check(value)
  if (faults.length > 0) throw new FormError(faults)
  return take(value as W)
}

/** Makes a form accept null. */
export function optional<T>(inner: Form<T>): Form<T | null> {
  return {
    ...inner,
    nullable: true,
    read: (raw, reading) => {
      const off = raw === null || (reading.fromText && (raw === '' || raw === 'null'))
      return off ? null : inner.read(raw, reading)
    },
  }
}
