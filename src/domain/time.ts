/** Durations, ms. */
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** For stores that count in seconds. */
export const DAY_SECONDS = DAY / SECOND

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/
/** Days present in every month. */
const SHORTEST_MONTH = 28

/** Epoch ms of an ISO-8601 time with offset, or NaN. */
export function parseIsoTime(value: string): number {
  if (!ISO.test(value)) return Number.NaN
  // Date.parse reads 30 February as 2 March.
  const day = Number(value.slice(8, 10))
  if (day > SHORTEST_MONTH && day > daysOfMonth(Number(value.slice(0, 4)), Number(value.slice(5, 7))))
    return Number.NaN
  return Date.parse(value)
}

const ISO_BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/

/**
 * Epoch ms of an ISO-8601 time in the basic format (`20261111T093000+0800`), or NaN. Without an offset it is in `zone` (minutes
 * from UTC); NaN if that is not given.
 */
export function parseBasicTime(value: string, zone?: number): number {
  const [, year, month, day, hour, minute, second = '00', fraction, offset] = ISO_BASIC.exec(value) ?? []
  if (year === undefined || (offset === undefined && zone === undefined)) return Number.NaN
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`
  if (offset === undefined) return parseIsoTime(`${time}Z`) - zone! * MINUTE
  return parseIsoTime(`${time}${offset.length === 3 ? `${offset}:00` : offset}`)
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Bounds of plausible event times, epoch ms: times outside are in another unit or from a broken clock. */
export const EARLIEST_TIME = Date.UTC(2000, 0, 1)
export const LATEST_TIME = Date.UTC(2100, 0, 1) - 1

/**
 * Parses a time given on the command line: ISO-8601 with offset, or epoch milliseconds in digits, up to LATEST_TIME. Returns
 * epoch ms or NaN.
 */
export function parseMoment(value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) : parseIsoTime(value)
  return ms <= LATEST_TIME ? ms : Number.NaN
}

/** Resolution of event time for counting and judging, ms. */
export const BUCKET_MS = 10_000

/** End of the bucket that contains an event time, epoch ms. */
export function bucketEnd(ts: number): number {
  return Math.floor(ts / BUCKET_MS) * BUCKET_MS + BUCKET_MS
}

/** UTC offset of China, minutes; pages and sheets use it unless a calendar names another zone. */
export const BEIJING = 8 * 60

/** Formats a time (epoch ms) in a zone (minutes from UTC), `2026-11-11 10:00:00`. */
export function clockTime(ms: number, zone = BEIJING): string {
  return new Date(ms + zone * MINUTE).toISOString().slice(0, 19).replace('T', ' ')
}

/** Differences up to this, ms, are normal between correct clocks and due to transit. */
const NO_LAG = MINUTE

/**
 * How far an event time is behind the Kafka timestamp of its record, ms: in whole minutes, rounded up, so that it is the same for
 * several messages. 0 below one minute, and above `most`, where the cause is not a slow gateway.
 */
export function lagBehind(receivedAt: number, eventTime: number, most: number): number {
  const lag = receivedAt - eventTime
  return lag < NO_LAG || lag > most ? 0 : Math.ceil(lag / NO_LAG) * NO_LAG
}

/** ISO-8601 in UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString()
