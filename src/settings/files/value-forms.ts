import { isCode, isOwnCode, parseTarget, TARGET_KINDS } from '../../domain/codes.ts'
import { EARLIEST_TIME, LATEST_TIME, parseIsoTime, parseMoment } from '../../domain/time.ts'

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SPAN = /^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/
const ZONE = /^([+-])(0\d|1[0-4]):([0-5]\d)$/
const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/
const BYTES = /^(\d{1,9})(B|kB|MB|GB)$/
const UNIT_BYTES = { B: 1, kB: 1000, MB: 1_000_000, GB: 1_000_000_000 } as const
/** Topic names that Kafka accepts. */
export const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/
const HOST = /^(?=.{4,253}$)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u

/** Description of each form, for messages and the reference. */
export const FORMS = {
  time: 'an ISO-8601 time with offset, for example 2026-11-01T00:00+08:00',
  duration: '0, or a number with ms, s, m, h or d, for example 10m',
  span: 'a span of the day, for example 21:00-08:00',
  zone: 'an offset from UTC, for example +08:00',
  port: 'digits without country code, or digits and one * at the end, for example 1069012345*',
  hotline: 'digits, hyphens between them allowed, for example 950618 or 400-610-1360',
  host: 'a domain or host in lower case without scheme, path or *, for example jd.com',
  signature: '1 to 32 characters without the brackets 【】 and without spaces around',
  id: '1 to 64 letters, digits, dots, _ or -',
  bytes: 'a number with B, kB, MB or GB, for example 4MB',
  name: 'a signature, with or without the brackets 【】',
  target: `<kind>:<id>, kind one of ${TARGET_KINDS.join(', ')}`,
  topic: 'a topic name: 1 to 249 letters, digits, dots, _ or -',
  user: '1 to 64 letters, digits, spaces, dots, _ or -',
  place: 'a JSON pointer, which begins with a slash, for example /hdr/msgid',
  list: 'a JSON pointer to a list, for example /dst, or "" for a record that is a list',
  'own-code': 'OP_ and 1 to 57 capitals, digits or _, for example OP_LOAN_ADS',
  code: 'a reason code of docs/reasons.md, or one of your own rules, which begins with OP_',
} as const
export type FormName = keyof typeof FORMS

/** Milliseconds; `0` needs no unit. Undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = DURATION.exec(text)
  return match ? Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]) : undefined
}

/** Epoch ms of a time, or of a duration counted from `now`; undefined if the text is neither. */
export function momentOrSpan(text: string, now: number): number | undefined {
  const span = parseDuration(text)
  const moment = span === undefined ? parseMoment(text) : now + span
  return Number.isNaN(moment) ? undefined : moment
}

/** Formats a duration: 86400000 is `24h`, 172800000 is `2d`, 600000 is `10m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0'
  if (ms > UNIT_MS.d && ms % UNIT_MS.d === 0) return `${ms / UNIT_MS.d}d`
  const unit = (['h', 'm', 's', 'ms'] as const).find((name) => ms % UNIT_MS[name] === 0) ?? 'ms'
  return `${ms / UNIT_MS[unit]}${unit}`
}

/** Bytes, in decimal units (1 kB is 1000 B). Undefined if the text is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = BYTES.exec(text)
  return match ? Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES] : undefined
}

/** Epoch ms of an ISO-8601 time; undefined without an offset, as it would depend on the machine. */
export function parseTime(text: string): number | undefined {
  const ms = parseIsoTime(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** Form of a point in time in records. */
export const MOMENT = `epoch milliseconds, or ${FORMS.time}`

/** Epoch ms of a point in time for which `momentFault` is undefined. */
export function momentOf(value: string | number): number {
  return typeof value === 'number' ? value : parseIsoTime(value)
}

/** What is wrong with a point in time in epoch ms or ISO-8601; undefined if it is valid. */
export function momentFault(value: string | number): string | undefined {
  const ms = momentOf(value)
  if (!Number.isInteger(ms)) return 'is not allowed'
  if (ms < EARLIEST_TIME) return 'lies before the year 2000: are these seconds?'
  return ms > LATEST_TIME ? 'lies after the year 2099' : undefined
}

/** Formats a number of bytes in the largest unit that divides it. */
export function formatBytes(bytes: number): string {
  const unit = (['GB', 'MB', 'kB', 'B'] as const).find((name) => bytes % UNIT_BYTES[name] === 0) ?? 'B'
  return `${bytes / UNIT_BYTES[unit]}${unit}`
}

/** Minutes from midnight; if `to` is less than `from`, the span crosses midnight. */
export function parseSpan(text: string): { from: number; to: number } | undefined {
  const match = SPAN.exec(text)
  if (!match) return undefined
  const from = Number(match[1]) * 60 + Number(match[2])
  const to = Number(match[3]) * 60 + Number(match[4])
  return from > 1440 || to > 1440 || from === to ? undefined : { from, to }
}

/** Offset from UTC in minutes. */
export function parseZone(text: string): number | undefined {
  const match = ZONE.exec(text)
  if (!match) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

const FITS: Readonly<Record<FormName, (text: string) => boolean>> = {
  time: (text) => parseTime(text) !== undefined,
  duration: (text) => parseDuration(text) !== undefined,
  span: (text) => parseSpan(text) !== undefined,
  zone: (text) => parseZone(text) !== undefined,
  port: (text) => /^\d{1,21}\*?$/.test(text) && !/^(?:00|86106|861\d{10}$)/.test(text),
  hotline: (text) => text.length <= 24 && /^\d+(?:-\d+)*$/.test(text),
  host: (text) => HOST.test(text) && text === text.toLowerCase(),
  signature: isSignature,
  id: (text) => /^[A-Za-z0-9._-]{1,64}$/.test(text),
  bytes: (text) => parseBytes(text) !== undefined,
  name: (text) => !/^[\s【]*[\s】]*$/u.test(text),
  target: (text) => parseTarget(text) !== undefined,
  topic: (text) => TOPIC_NAME.test(text),
  user: (text) => /^[\p{L}\p{N}._ -]{1,64}$/u.test(text),
  place: (text) => text === '.' || POINTER.test(text.startsWith('./') ? text.slice(1) : text),
  list: (text) => text === '' || POINTER.test(text),
  'own-code': isOwnCode,
  code: isCode,
}

/** Whether the text has a form. */
export function hasForm(form: FormName, text: string): boolean {
  return FITS[form](text)
}

function isSignature(text: string): boolean {
  return (
    text === text.trim() && text.length > 0 && [...text].length <= 32 && !/[【】\u0000-\u001f]/.test(text)
  )
}
