import { isUtf8 } from 'node:buffer'
import { RecordError } from '../domain/errors.ts'
import { localTimeReader } from '../domain/local-time.ts'
import { parseBasicTime, parseIsoTime } from '../domain/time.ts'
import { parseZone } from '../settings/files/value-forms.ts'
import type { Encoding, FieldRule } from '../settings/map-schema.ts'

/** The operator's record does not fit the map. The message names the field, its location and the rule, never a value. */
export class MappingError extends RecordError {
  constructor(message: string) {
    super('MAPPING', message)
  }
}

const DECODERS = {
  'utf-8': new TextDecoder('utf-8', { fatal: true }),
  gbk: new TextDecoder('gbk', { fatal: true }),
  ucs2: new TextDecoder('utf-16be', { fatal: true }),
} satisfies Record<Encoding, unknown>

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]
const HAN = /\p{Script=Han}/gu

/** What bytes that are not valid UTF-8 seem to be; never their content. */
export function whyNotUtf8(value: Buffer): string {
  const begins = (mark: Buffer) => value.subarray(0, mark.length).equals(mark)
  if (begins(GZIP)) return 'not valid UTF-8: begins like gzip'
  if (begins(ZSTD)) return 'not valid UTF-8: begins like zstd'
  if (UTF16_MARKS.some(begins) || value.subarray(0, 4).includes(0))
    return 'not valid UTF-8: looks like UTF-16'
  return looksLikeGbk(value) ? 'not valid UTF-8: looks like GBK' : 'not valid UTF-8'
}

/** Whether half of what is not ASCII is Chinese in GBK: other bytes give some, too. */
function looksLikeGbk(value: Buffer): boolean {
  let text: string
  try {
    text = DECODERS.gbk.decode(value)
  } catch {
    return false
  }
  const others = text.replace(/[\0-\x7f]/g, '')
  return 2 * (others.match(HAN)?.length ?? 0) >= others.length
}

/** Of `JSON.parse`; its other messages quote the text. */
const MORE = /after JSON at position \d+/

/** Why bytes are not JSON, if it can be seen from how they begin or from the `error` of `JSON.parse`. */
export function whyNotJson(value: Buffer, error: unknown, encoding = 'utf-8'): string {
  if (value.length === 0) return 'there is no value'
  const size = `(${value.length} bytes)`
  if (value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf)
    return `begins with a byte order mark ${size}`
  if (encoding === 'utf-8' && value.subarray(0, 4).includes(0)) return `looks like UTF-16, not UTF-8 ${size}`
  if (MORE.test(String(error))) return `more than one JSON value, or text after it ${size}`
  return `not one complete JSON value ${size}`
}

/** Decodes bytes of a record. Throws MappingError if they are not valid in that encoding. */
export function decodeBytes(bytes: Buffer, encoding: Encoding, what: string): string {
  if (encoding === 'utf-8' && isUtf8(bytes)) return bytes.toString('utf8')
  try {
    return DECODERS[encoding].decode(bytes)
  } catch {
    throw new MappingError(`${what}: not valid ${encoding}`)
  }
}

/** Decodes the bytes that a value represents. Throws MappingError. */
export function bytesReader(form: 'bytes' | 'hex' | 'base64', name: string): (value: unknown) => Buffer {
  if (form === 'bytes')
    return (value) => {
      if (!Buffer.isBuffer(value)) throw new MappingError(`${name}: must be bytes`)
      return value
    }
  return (value) => {
    if (typeof value !== 'string') throw new MappingError(`${name}: must be ${form} text`)
    const bytes = Buffer.from(value, form)
    const isWhole = form === 'hex' ? bytes.length === value.length / 2 : isBase64(value)
    if (!isWhole) throw new MappingError(`${name}: not valid ${form}`)
    return bytes
  }
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Also without padding, with line breaks, or in the alphabet of URLs. Node reads anything, and drops what is not base64. */
function isBase64(text: string): boolean {
  const packed = text.replace(/\s+/g, '')
  if (!BASE64.test(packed)) return false
  const digits = packed.length - (packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0)
  return digits % 4 !== 1
}

/** Reads a time in the given `form`; `reference` is the timestamp of the record, epoch ms. Throws MappingError. */
export function timeReader(
  { form, zone }: FieldRule,
  name: string,
): (value: unknown, reference: number) => unknown {
  if (form === 'epoch-s')
    return (value) => Math.round(numberOf(value, 'seconds since the epoch', name) * 1000)
  if (form === 'epoch-ms') return (value) => Math.round(numberOf(value, 'milliseconds since the epoch', name))
  if (form === 'epoch-us')
    return (value) => Math.round(numberOf(value, 'microseconds since the epoch', name) / 1000)
  if (form === undefined) return (value) => value
  const offset = zone === undefined ? undefined : parseZone(zone)
  const read =
    form === 'iso'
      ? parseIsoTime
      : form === 'iso-basic'
        ? (text: string) => parseBasicTime(text, offset)
        : localTimeReader(form, offset ?? 0)
  const shown = { iso: 'ISO-8601 with offset', 'iso-basic': 'ISO-8601 in the basic format, with offset' }[
    form
  ]
  return (value, reference) => {
    // Numbers have lost their leading zeros: 326080000 is 0326080000.
    const text = typeof value === 'number' ? String(value).padStart(form.length, '0') : String(value)
    const ts = read(text, reference)
    if (Number.isNaN(ts)) throw new MappingError(`${name}: no time of the form ${shown ?? form}`)
    return ts
  }
}

function numberOf(value: unknown, unit: string, name: string): number {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new MappingError(`${name}: must be ${unit}`)
  return number
}
