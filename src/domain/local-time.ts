import { DAY, MINUTE } from './time.ts'

/** Number of digits by token of a pattern such as `yyyyMMddHHmmss` or `dd/MM/yyyy HH:mm:ss.SSS`. */
const TOKENS = {
  yyyy: '(?<year>\\d{4})',
  yy: '(?<shortYear>\\d{2})',
  MM: '(?<month>\\d{2})',
  dd: '(?<day>\\d{2})',
  HH: '(?<hour>\\d{2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<milli>\\d{3})',
} as const

const TOKEN = /yyyy|yy|MM|dd|HH|mm|ss|SSS/g
const NEEDED = ['MM', 'dd', 'HH', 'mm'] as const
/** How far ahead a gateway's clock or a wrong zone may be on New Year's Eve, ms. */
const CLOCKS_APART = DAY

/** Reads a local time. `reference`, epoch ms, provides the year if the pattern has none. NaN if the text does not match. */
export type ReadLocalTime = (text: string, reference: number) => number

/** Whether a pattern names month, day, hour and minute, each token once. */
export function isTimePattern(pattern: string): boolean {
  const tokens: readonly string[] = pattern.match(TOKEN) ?? []
  return new Set(tokens).size === tokens.length && NEEDED.every((token) => tokens.includes(token))
}

/** Compiles a pattern of the tokens yyyy, yy, MM, dd, HH, mm, ss, SSS; other characters are literal. */
export function localTimeReader(pattern: string, zoneMinutes: number): ReadLocalTime {
  const source = pattern
    .split(/(yyyy|yy|MM|dd|HH|mm|ss|SSS)/)
    .map((piece) => TOKENS[piece as keyof typeof TOKENS] ?? piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('')
  const form = new RegExp(`^${source}$`)
  return (text, reference) => {
    const parts = form.exec(text.trim())?.groups
    if (!parts) return Number.NaN
    if (parts.year !== undefined) return epochOf(Number(parts.year), parts, zoneMinutes)
    if (parts.shortYear !== undefined) return epochOf(2000 + Number(parts.shortYear), parts, zoneMinutes)
    return latestYear(parts, zoneMinutes, reference)
  }
}

type Parts = Readonly<Record<string, string | undefined>>

function epochOf(year: number, parts: Parts, zoneMinutes: number): number {
  const { month, day, hour, minute, second = '0', milli = '0' } = parts
  const date = new Date(Date.UTC(year, Number(month) - 1, Number(day)))
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!real || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  const ofDay = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(milli)
  return date.getTime() + ofDay - zoneMinutes * MINUTE
}

/** The latest year in which the time is at most a day ahead: gateways of CMPP, SGIP and SMGP write no year. */
function latestYear(parts: Parts, zoneMinutes: number, reference: number): number {
  const now = Number.isFinite(reference) ? reference : Date.now()
  const year = new Date(now).getUTCFullYear()
  for (const candidate of [year + 1, year]) {
    const ts = epochOf(candidate, parts, zoneMinutes)
    if (ts <= now + CLOCKS_APART) return ts
  }
  return epochOf(year - 1, parts, zoneMinutes)
}
