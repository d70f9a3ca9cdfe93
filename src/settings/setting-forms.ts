import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describeReadError } from './files/operator-file.ts'
import { type Fault, show, suggestion } from './files/operator-schema.ts'
import {
  FORMS,
  formatBytes,
  formatDuration,
  parseBytes,
  parseDuration,
  parseTime,
} from './files/value-forms.ts'
import { Secret, type TokenKeySetting } from './secret.ts'

/** How a raw value is read: text of the environment may stand for numbers and lists, paths are relative to a folder. */
export interface Reading {
  readonly fromText: boolean
  readonly folder: string
}

/** A kind of setting: reads a raw value or throws a FormError that says what is wrong; never shows a secret. */
export interface Form<T> {
  /** What may be given, for messages and the reference. */
  readonly allowed: string
  readonly secret: boolean
  /** Whether nothing may be given: null in a file, empty text or `null` in the environment. */
  readonly nullable: boolean
  /** What a number counts, for the reference. */
  readonly unit?: 'ms' | 'bytes'
  read(raw: unknown, reading: Reading): T
}

export class FormError extends Error {
  /** Where the value is a structure: what is wrong in it, and where. */
  readonly faults: readonly Fault[]
  constructor(message: string, faults: readonly Fault[] = []) {
    super(message)
    this.faults = faults
  }
}

function form<T>(allowed: string, read: (raw: unknown, reading: Reading) => T, secret = false): Form<T> {
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

/** Text that a pattern describes in full. */
export function text(allowed: string, pattern = /^[^\u0000-\u001f]+$/): Form<string> {
  return form(allowed, (raw) => {
    const value = textOf(raw, allowed)
    return pattern.test(value) ? value : refuse(value, allowed)
  })
}

/** A list in a file, separated by commas in the environment. */
export function list(allowed: string, pattern: RegExp): Form<readonly string[]> {
  const item = text(allowed, pattern)
  return form(`${allowed}; a list, separated by commas in the environment`, (raw, reading) => {
    const items = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
    if (!Array.isArray(items) || items.length === 0) refuse(raw, `a list of ${allowed}`)
    const values = items.map((part) => item.read(part, reading))
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice !== undefined) throw new FormError(`${show(twice)} is listed twice: keep one`)
    return values
  })
}

export function int(min: number, max: number): Form<number> {
  const allowed = `a whole number from ${min} to ${max}`
  return form(allowed, (raw, { fromText }) => {
    const value = fromText && typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : raw
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      refuse(raw, allowed)
    return value
  })
}

/** From 0 to 1. */
export function fraction(): Form<number> {
  const allowed = 'a number from 0 to 1'
  return form(allowed, (raw, { fromText }) => {
    const value = fromText && typeof raw === 'string' && /^\d(\.\d{1,9})?$/.test(raw) ? Number(raw) : raw
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) refuse(raw, allowed)
    return value
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

/** A path; relative ones in a file start at the folder of that file. */
export function path(what: string): Form<string> {
  return form(what, (raw, { folder }) => {
    const value = textOf(raw, what)
    return isAbsolute(value) ? value : join(folder, value)
  })
}

const UNSHOWN =
  'the value given is no PEM text, it is not shown because it may be a key, and as the path of a file it '

/** A name that only a file has: bare base64 has letters, digits, / and + too, and may be somebody's key. */
function isPlainlyPath(text: string): boolean {
  return text.length <= 200 && /^[\w./~ -]+\.(?:pem|crt|cer|cert|key)$/i.test(text)
}

/** PEM text, or the path of a file with it. */
export function pem(): Form<Secret> {
  const allowed = 'PEM text that begins with -----BEGIN, or the path of a PEM file'
  return form(
    allowed,
    (raw, { folder }) => {
      if (typeof raw !== 'string' || raw === '') throw new FormError(`must be text (allowed: ${allowed})`)
      if (raw.trimStart().startsWith('-----BEGIN')) return new Secret(raw)
      if (raw.includes('\n')) throw new FormError(`is no PEM (allowed: ${allowed})`)
      const file = isAbsolute(raw) ? raw : join(folder, raw)
      let content: string
      try {
        content = readFileSync(file, 'utf8')
      } catch (error) {
        const named = isPlainlyPath(raw) ? `${file}: ` : UNSHOWN
        throw new FormError(`${named}${describeReadError(error)} (allowed: ${allowed})`)
      }
      if (!content.includes('-----BEGIN')) throw new FormError(`${file} holds no PEM (allowed: ${allowed})`)
      return new Secret(content)
    },
    true,
  )
}

/** Text that is never shown. */
export function secret(allowed: string, valid: (text: string) => boolean = () => true): Form<Secret> {
  return form(
    allowed,
    (raw) => {
      if (typeof raw === 'number') throw new FormError(`must be text: put it in quotes (allowed: ${allowed})`)
      if (typeof raw !== 'string' || raw === '' || !valid(raw)) {
        throw new FormError(`the value given is not allowed; it is not shown (allowed: ${allowed})`)
      }
      return new Secret(raw)
    },
    true,
  )
}

const KEY_BYTES = 32
const MAKE_KEY = 'make one: openssl rand -hex 32'

/** `<key>` or `<keyId>:<key>`. */
export function tokenKey(): Form<TokenKeySetting> {
  const allowed = `<key> or <keyId>:<key>, the key of at least ${KEY_BYTES} bytes; ${MAKE_KEY}`
  return form(
    allowed,
    (raw) => {
      if (typeof raw === 'number') throw new FormError('must be text: put it in quotes')
      if (typeof raw !== 'string' || raw === '') throw new FormError(`is empty (allowed: ${allowed})`)
      const colon = raw.indexOf(':')
      const keyId = colon < 0 ? '1' : raw.slice(0, colon)
      const key = raw.slice(colon + 1)
      if (!/^[A-Za-z0-9_-]{1,32}$/.test(keyId)) {
        throw new FormError('the id before the colon must have 1 to 32 letters, digits, _ or -')
      }
      const bytes = Buffer.byteLength(key)
      if (bytes < KEY_BYTES) {
        throw new FormError(`the key has ${bytes} bytes, at least ${KEY_BYTES} are needed; ${MAKE_KEY}`)
      }
      return { keyId, key: new Secret(key) }
    },
    true,
  )
}

/** Several of them: a list in a file, separated by commas in the environment. */
export function tokenKeys(): Form<readonly TokenKeySetting[]> {
  const item = tokenKey()
  const allowed = `a list of ${item.allowed}; separated by commas in the environment`
  return form(
    allowed,
    (raw, reading) => {
      const items = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
      if (!Array.isArray(items) || items.length === 0)
        throw new FormError(`must be a list (allowed: ${allowed})`)
      return items.map((part) => item.read(part, reading))
    },
    true,
  )
}

/** Where a new group begins: the ends of the log, or epoch ms. */
export function startFrom(): Form<'earliest' | 'latest' | number> {
  const allowed = `earliest, latest, or ${FORMS.time}`
  return form(allowed, (raw) => {
    if (raw === 'earliest' || raw === 'latest') return raw
    const ms = typeof raw === 'string' ? parseTime(raw) : undefined
    return ms ?? refuse(raw, allowed)
  })
}

/** A form that also takes nothing: null. */
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
