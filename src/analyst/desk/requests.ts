import type { IncomingMessage } from 'node:http'
import { DAY, EARLIEST_TIME, LATEST_TIME } from '../../domain/time.ts'
import { hostOf } from '../archive/alert-hosts.ts'
import { SEARCH_FIELDS, type SearchField } from '../archive/reader.ts'
import { withoutBrackets } from '../archive/search-terms.ts'
import type { AskedSearch } from './sealed-searches.ts'

const COOKIE = 'sigwatch-desk'
/** Cookie of a login at the provider in progress. */
export const ATTEMPT = 'sigwatch-desk-login'
const MAX_FORM = 16_384
/** PostgreSQL cannot store NUL in a text, and queries with it fail. */
const NUL = '\u0000'

/** Converts pasted values to their stored form. */
const KEPT: Readonly<Partial<Record<SearchField, (value: string) => string>>> = {
  signature: withoutBrackets,
  domain: (value) => (value === '' ? '' : hostOf(value)),
  code: (value) => value.toUpperCase(),
}

/** The search in a form or in a dashboard's link. Without times it covers a day around now. */
export function searchOf(fields: URLSearchParams, now: number): AskedSearch {
  const field = SEARCH_FIELDS.find((name) => name === fields.get('field'))
  const value = fields.get('value')?.replaceAll(NUL, '').trim() ?? ''
  return {
    field,
    value: (field && KEPT[field]?.(value)) ?? value,
    from: timeOf(fields.get('from')) ?? now - DAY,
    to: timeOf(fields.get('to')) ?? now + DAY,
  }
}

export function rangeOf(from: number, to: number): string {
  return `${new Date(from).toISOString()}/${new Date(to).toISOString()}`
}

/** A search for the access log. The id of a message is written on its own, because the erasure of a person looks for it. */
export function searchedFor({ field, value, from, to }: AskedSearch): string {
  const what = field === undefined || value === '' ? 'all' : `${field}: ${value}`
  return what.startsWith('message: ') ? what : `${what}, ${rangeOf(from, to)}`
}

/** Decodes a part of a path; undefined if it is malformed or cannot be an id. */
export function decoded(text: string): string | undefined {
  try {
    const part = decodeURIComponent(text)
    return part.includes(NUL) ? undefined : part
  } catch {
    return undefined
  }
}

/** Parses a form's date and time (Beijing time), with or without seconds, or a link's epoch ms; undefined if missing or out of the range of records. */
export function timeOf(text: string | null): number | undefined {
  if (!text) return undefined
  const local = /T\d\d:\d\d:\d\d$/.test(text) ? text : `${text}:00`
  const ms = /^\d{13}$/.test(text) ? Number(text) : Date.parse(`${local}+08:00`)
  return ms >= EARLIEST_TIME && ms <= LATEST_TIME ? ms : undefined
}

interface CookieOptions {
  readonly name?: string
  /** Whether to set the Secure attribute. */
  readonly isSecure?: boolean | undefined
  readonly site?: 'Strict' | 'Lax'
  readonly path?: string
}

export function cookie(
  value: string,
  seconds: number,
  { name = COOKIE, isSecure = false, site = 'Strict', path = '/' }: CookieOptions = {},
): string {
  return `${name}=${value}; HttpOnly; SameSite=${site}; Path=${path}; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`
}

export function cookieOf({ headers }: IncomingMessage, name = COOKIE): string | undefined {
  const found = headers.cookie?.split(/; */).find((part) => part.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/** The fields of a form, or undefined if it is too large. */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk
    if (body.length > MAX_FORM) return undefined
  }
  return new URLSearchParams(body)
}
